/** Ini as Python's configparser reads it: `pip.conf`, `.pypirc`, `keyringrc.cfg`. Pure. */
import { Failure } from "../../core/failure.ts";
import { linesOf, type Line } from "../plaintext/text-lines.ts";

export interface IniEntry {
  readonly section: string;
  /** In lower case. */
  readonly key: string;
  /** Of a value on several lines, with line breaks between them. */
  readonly value: string;
  /** From that of the key on, as far as the value goes. */
  readonly lines: readonly Line[];
}

const SECTION = /^\[(.+)\]/;
const OPTION = /^([^=:]*?)\s*[=:]\s*(.*)$/;

/** @throws Failure `unavailable` with the line, where Python would refuse the file */
export function readPythonIni(text: string): IniEntry[] {
  const entries: { section: string; key: string; values: string[]; lines: Line[]; indent: number }[] = [];
  let section: string | undefined;
  let open: (typeof entries)[number] | undefined;
  for (const line of linesOf(text)) {
    const content = line.text.trim();
    if (content === "" || /^[#;]/.test(content)) continue;
    const indent = line.text.length - line.text.trimStart().length;
    if (open !== undefined && indent > open.indent) {
      open.values.push(content);
      open.lines.push(line);
      continue;
    }
    open = undefined;
    const heading = SECTION.exec(content)?.[1];
    if (heading !== undefined) {
      section = heading;
      continue;
    }
    const [, key = "", value = ""] = OPTION.exec(content) ?? [];
    if (section === undefined || key === "")
      throw new Failure("unavailable", `line ${line.number}, column ${indent + 1}: it is neither a section nor a setting`);
    open = { section, key: key.toLowerCase(), values: [value], lines: [line], indent };
    entries.push(open);
  }
  return entries.map(({ values, ...entry }) => ({ ...entry, value: values.join("\n").trim() }));
}

/** The last value of a setting; undefined if it isn't there. */
export function iniValue(entries: readonly IniEntry[], section: string, key: string): string | undefined {
  return entries.findLast((entry) => entry.section === section && entry.key === key)?.value;
}

/** Where the line behind the heading of a section begins; undefined if there is no such section. */
export function behindHeading(text: string, section: string): number | undefined {
  for (const { text: line, next } of linesOf(text)) if (SECTION.exec(line)?.[1] === section) return next;
  return undefined;
}
