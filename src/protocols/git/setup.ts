/**
 * Makes toolkey the user's credential helper, as an edit of the text of git's configuration file.
 *
 * The edit is a block between two marker lines at the end of the file. The empty `helper =` makes git
 * forget the helpers named before it: git hands every credential that worked to every helper it
 * knows, so that a plaintext `store` in the list would write our tokens to a file.
 */
import { Failure } from "../../core/failure.ts";

const BEGIN = "# toolkey: begin; 'toolkey setup git --undo' takes this block away again";
// A file that did not end with a line break gets one, and loses it again.
const BEGIN_JOINED = `${BEGIN} and the line break before it`;
// A file that was not there goes away again, unlike one that was empty.
const BEGIN_NEW = `${BEGIN} and the file, if nothing else is in it`;
const SECTION = "[credential]";
const RESET = "\thelper =";
const END = "# toolkey: end";

const ANY_BLOCK = new RegExp(
  `(?:\\n${escape(BEGIN_JOINED)}|(?<=^|\\n)(?:${escape(BEGIN)}|(?<isNew>${escape(BEGIN_NEW)})))\\n(?<inside>(?:[^\\n]*\\n)*?)${escape(END)}(?:\\n|$)`,
);

/** The file's text with toolkey as its helper; the same text if it is so already. Undefined: there is no file. */
export function addHelper(text: string | undefined, helper: string): string {
  const rest = text === undefined ? undefined : removeHelper(text);
  const before = rest ?? "";
  const joined = before !== "" && !before.endsWith("\n");
  const lines = [joined ? BEGIN_JOINED : rest === undefined ? BEGIN_NEW : BEGIN, SECTION, RESET, helperLine(helper), END];
  return `${before}${joined ? "\n" : ""}${lines.join("\n")}\n`;
}

/**
 * The file's text as it would be without toolkey; undefined if there would be no file. What others wrote
 * into our block stays.
 */
export function removeHelper(text: string): string | undefined {
  const match = ANY_BLOCK.exec(text);
  if (match === null) return text;
  const others = (match.groups?.["inside"] ?? "")
    .split("\n")
    .slice(0, -1)
    .filter((line) => line !== SECTION && line !== RESET && !line.includes("git-credential-toolkey"));
  const kept = others.length === 0 ? "" : `${[SECTION, ...others].join("\n")}\n`;
  const after = kept + text.slice(match.index + match[0].length);
  // What was written behind our block must not end up in the line that had no line break.
  const glue = after !== "" && match[0].startsWith("\n") ? "\n" : "";
  const rest = text.slice(0, match.index) + glue + after;
  return rest === "" && match.groups?.["isNew"] !== undefined ? undefined : rest;
}

/** Whether the text holds our block. */
export function hasHelper(text: string): boolean {
  return ANY_BLOCK.test(text);
}

/**
 * The helpers that git asks, in order, out of all `credential.helper` values: an empty one makes it
 * forget those before it.
 */
export function effectiveHelpers(values: readonly string[]): string[] {
  return values.slice(values.lastIndexOf("") + 1);
}

/** Whether a helper writes secrets to a file in plain text, as git's own `store` does. */
export function isPlaintextHelper(value: string): boolean {
  return /^store(\s|$)|(^|[\s/!])(git-)?credential-store(?![\w-])/.test(value);
}

// git takes a value that begins with `/` as a shell command, so what the shell would read is escaped,
// not quoted; and the configuration file has its own escapes for `\` and `"`.
function helperLine(helper: string): string {
  if (/[\n\r\0]/.test(helper)) throw new Failure("usage", "git can't take a helper with a line break in its path");
  const shell = helper.replace(/[^\w@%+=:,./-]/gu, String.raw`\$&`);
  return `\thelper = ${shell === helper ? shell : `"${shell.replace(/["\\]/g, String.raw`\$&`)}"`}`;
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
