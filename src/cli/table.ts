import cliui from "cliui";

/** A column: its title, and whether it may be narrowed by wrapping its text. */
export interface Column {
  readonly title: string;
  readonly flexible?: boolean;
}

const GAP = 2;
const NARROWEST = 12;
const PADDING: [top: number, right: number, bottom: number, left: number] = [0, GAP, 0, 0];

/**
 * Lays rows out under their titles within a width. Columns with nothing in them are left out; flexible
 * ones are narrowed, the widest first.
 */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string {
  const used = columns
    .map((column, index) => ({ column, cells: rows.map((row) => row[index] ?? "") }))
    .filter(({ cells }) => cells.some((cell) => cell !== ""));
  const widths = used.map(({ column, cells }) => Math.max(column.title.length, ...cells.map((cell) => cell.length)) + GAP);
  const total = (): number => widths.reduce((sum, value) => sum + value, 0);
  while (total() > width) {
    const widest = used.reduce(
      (best, { column }, index) =>
        column.flexible === true && (best === -1 || (widths[index] ?? 0) > (widths[best] ?? 0)) ? index : best,
      -1,
    );
    const current = widths[widest] ?? 0;
    if (current <= NARROWEST) break;
    widths[widest] = Math.max(NARROWEST, current - (total() - width));
  }
  const ui = cliui({ width: Math.max(width, total()), wrap: true });
  for (const line of [columnTitles(used), ...rows.map((_, row) => used.map(({ cells }) => cells[row] ?? ""))]) {
    ui.div(...line.map((text, index) => ({ text, width: widths[index] ?? NARROWEST, padding: PADDING })));
  }
  return ui
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

function columnTitles(used: readonly { column: Column }[]): string[] {
  return used.map(({ column }) => column.title);
}
