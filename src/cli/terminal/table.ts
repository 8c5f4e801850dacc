import { plain } from "../../core/text/plain-text.ts";
import { padded, widthOf, wrap } from "./text-wrap.ts";

/** A column: its title, whether it may be narrowed by wrapping its text, and whether it may be left out. */
export interface Column {
  readonly title: string;
  readonly flexible?: boolean;
  /** Left out where the width is not enough for all; those with the lowest number first. */
  readonly optional?: number;
}

const GAP = 2;
const NARROWEST = 12;
const LEGIBLE = 18;

/**
 * Lays rows out under their titles within a width. Columns with nothing in them are left out; where that
 * is not enough, optional ones; then flexible ones are narrowed, the widest first.
 */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string {
  const used = fitting(
    columns
      .map((column, index) => ({ column, cells: rows.map((row) => plain(row[index] ?? "")) }))
      .filter(({ cells }) => cells.some((cell) => cell !== "")),
    width,
  );
  const widths = used.map(naturalWidth);
  const total = (): number => widths.reduce((sum, value) => sum + value, 0);
  const narrowest = used.map(({ column }) => Math.max(NARROWEST, column.title.length + GAP));
  while (total() - GAP > width) {
    const widest = used.reduce((best, { column }, index) => {
      const canShrink = column.flexible === true && (widths[index] ?? 0) > (narrowest[index] ?? 0);
      return canShrink && (best === -1 || (widths[index] ?? 0) > (widths[best] ?? 0)) ? index : best;
    }, -1);
    if (widest === -1) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return [columnTitles(used), ...rows.map((_, row) => used.map(({ cells }) => cells[row] ?? ""))]
    .flatMap((texts) => layOut(texts, widths))
    .join("\n");
}

/** A row, on as many lines as its highest cell. */
function layOut(texts: readonly string[], widths: readonly number[]): string[] {
  const cells = texts.map((text, index) => wrap(text, (widths[index] ?? NARROWEST) - GAP));
  const height = cells.reduce((most, lines) => Math.max(most, lines.length), 0);
  return Array.from({ length: height }, (_, line) =>
    cells.map((lines, index) => padded(lines[line] ?? "", widths[index] ?? NARROWEST)).join("").trimEnd(),
  );
}

interface FilledColumn {
  readonly column: Column;
  readonly cells: readonly string[];
}

function fitting(columns: readonly FilledColumn[], width: number): readonly FilledColumn[] {
  const total = columns.reduce((sum, column) => sum + legibleWidth(column), 0);
  const optional = columns.map(({ column }) => column.optional).filter((rank) => rank !== undefined);
  if (total - GAP <= width || optional.length === 0) return columns;
  const lowest = Math.min(...optional);
  return fitting(
    columns.filter(({ column }) => column.optional !== lowest),
    width,
  );
}

/** A column is rather wrapped than another one left out, as long as it stays as wide as this. */
function legibleWidth(filled: FilledColumn): number {
  const natural = naturalWidth(filled);
  return filled.column.flexible === true ? Math.min(natural, LEGIBLE + GAP) : natural;
}

function naturalWidth({ column, cells }: FilledColumn): number {
  return cells.reduce((most, cell) => Math.max(most, widthOf(cell)), column.title.length) + GAP;
}

function columnTitles(used: readonly FilledColumn[]): string[] {
  return used.map(({ column }) => column.title);
}
