/** Files of requirements, as pip reads their lines (`_internal/req/req_file.py`), and what a command names of them. Pure. */
import { Failure } from "../../../core/failure.ts";

export interface RequirementLines {
  readonly trustedHosts: readonly string[];
  /** Other files of requirements, and of constraints, which may say the same. */
  readonly files: readonly string[];
}

/** Python breaks lines at most of these, JavaScript at few. */
// oxlint-disable-next-line no-control-regex
const ODD = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u0085\u2028\u2029\ufeff]/;
const VARIABLE = /\$\{[A-Z0-9_]+\}/;

/** @throws Failure `unavailable` where it can't be told what pip makes of it; the reason begins with a verb */
export function requirementLines(text: string): RequirementLines {
  const content = text.replace(/^\uFEFF/, "");
  if (ODD.test(content)) throw unclear("has control characters");
  const lines = content.split(/\r\n|\r|\n/);
  for (const line of lines.slice(0, 2)) {
    const [, coding] = /^#.*?coding[:=]\s*([-\w.]+)/.exec(line) ?? [];
    if (coding !== undefined && !/^(utf-?8|ascii|us-ascii)$/i.test(coding)) throw unclear(`is written in ${coding}`);
  }
  const found = joined(lines).map((line) => optionsIn(line.replace(/(^|\s+)#.*$/, "").trim()));
  return { trustedHosts: found.flatMap(({ trustedHosts }) => trustedHosts), files: found.flatMap(({ files }) => files) };
}

/** Where a line goes on behind a backslash, also within a word. */
function joined(lines: readonly string[]): string[] {
  const all: string[] = [];
  let open = "";
  for (const line of lines) {
    const isComment = /^\s*#/.test(line);
    if (line.endsWith("\\") && !isComment) open += line.replaceAll(/^\\+|\\+$/g, "");
    else {
      all.push(open + (isComment ? ` ${line}` : line));
      open = "";
    }
  }
  return [...all, open];
}

function optionsIn(line: string): RequirementLines {
  const start = /(^| )-/.exec(line);
  if (start === null) return { trustedHosts: [], files: [] };
  const options = line.slice(start.index);
  // A variable may end a quoted word, and begin an option.
  if (VARIABLE.test(options) && /["'\\]/.test(options)) throw unclear("has a variable beside quotes");
  const words = shellWords(options);
  if (words.some((word) => word.startsWith("-") && VARIABLE.test(word.split("=")[0] ?? ""))) throw unclear("has a variable for an option");
  const found = { trustedHosts: valuesOf(words, { longs: ["--trusted-host"], shortest: 3 }), files: requirementFiles(words) };
  if ([...found.trustedHosts, ...found.files].some((value) => VARIABLE.test(value))) throw unclear("has a variable for a host or a file");
  return found;
}

/** The words of a line, as Python's `shlex.split`. */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  let rest = line.trim();
  while (rest !== "") {
    const [word = ""] = /^(?:[^\s"'\\]|\\[^]|'[^']*'|"(?:[^"\\]|\\[^])*")+/.exec(rest) ?? [];
    if (word === "" || /^\S/.test(rest.slice(word.length))) throw unclear("has quotes that do not end");
    words.push(
      word.replaceAll(/\\([^])|'([^']*)'|"((?:[^"\\]|\\[^])*)"/g, (_all, escaped?: string, single?: string, double?: string) =>
        escaped ?? single ?? (double ?? "").replaceAll(/\\(["\\])/g, "$1"),
      ),
    );
    rest = rest.slice(word.length).trimStart();
  }
  return words;
}

/** What may be a file of requirements or constraints: rather one too many than one too few. */
export function requirementFiles(words: readonly string[]): string[] {
  return valuesOf(words, {
    longs: ["--requirements", "--constraints", "--build-constraints"],
    shortest: 3,
    // Behind others that have no value: `-qr FILE`.
    short: /^-[A-Za-z]*?[rc](?<value>.*)$/s,
  });
}

export interface OptionNames {
  readonly longs: readonly string[];
  /** From how many characters on a beginning is taken for the whole. */
  readonly shortest: number;
  readonly short?: RegExp;
}

/** The values of options, each word taken for one of them, whatever is before it. */
export function valuesOf(words: readonly string[], { longs, shortest, short }: OptionNames): string[] {
  return words.flatMap((word, at) => {
    const [name = "", attached] = word.split(/=(.*)/s, 2);
    const next = words.slice(at + 1, at + 2);
    if (word.startsWith("--"))
      return name.length < shortest || !longs.some((long) => long.startsWith(name)) ? [] : attached === undefined ? next : [attached];
    const value = short?.exec(word)?.groups?.["value"];
    return value === undefined ? [] : value === "" ? next : [value];
  });
}

function unclear(why: string): Failure {
  return new Failure("unavailable", why);
}
