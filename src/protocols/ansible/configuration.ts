/** `ansible.cfg`, as Python's configparser reads it: `=` or `:`, comments by `#` and `;`, values that go on in indented lines. Pure. */
import { linesOf } from "../plaintext/text-lines.ts";
import type { Piece } from "../plaintext/plaintext-secret.ts";

/** Servers in a list: more are none that people have. */
const MOST = 100;

export interface Setting {
  readonly section: string;
  /** In small letters. */
  readonly key: string;
  readonly value: string;
  /** Counted from one. */
  readonly line: number;
  /** Of its first line. */
  readonly piece: Piece;
}

export function settingsIn(text: string): Setting[] {
  const found: Setting[] = [];
  let section = "";
  let isOpen = false;
  for (const { text: line, number, start, end } of linesOf(text)) {
    const content = line.replace(/(^|\s);.*$/, "").replace(/^\s*#.*$/, "").trimEnd();
    if (content.trim() === "") continue;
    const last = found.at(-1);
    if (/^\s/.test(content) && isOpen && last !== undefined) {
      found[found.length - 1] = { ...last, value: `${last.value}\n${content.trim()}` };
      continue;
    }
    const [, header] = /^\s*\[(.+)\]/.exec(content) ?? [];
    const [, key, value = ""] = /^\s*(.*?)\s*[=:]\s*(.*)$/.exec(content) ?? [];
    isOpen = header === undefined && key !== undefined;
    if (header !== undefined) section = header;
    else if (key !== undefined) found.push({ section, key: key.toLowerCase(), value, line: number, piece: { start, end } });
  }
  return found;
}

/** Of several the last. */
export function valueOf(settings: readonly Setting[], section: string, key: string): string | undefined {
  return settings.findLast((each) => each.section === section && each.key === key)?.value;
}

/** The section of a server of `server_list`. */
export function sectionOf(server: string): string {
  return `galaxy_server.${server}`;
}

export function listOf(value: string | undefined): string[] {
  const all = (value ?? "").split(/[,\n]/).map((each) => each.trim());
  return all.filter((each) => /^[^\p{Cc}]{1,100}$/u.test(each)).slice(0, MOST);
}
