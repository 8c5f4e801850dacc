/**
 * Makes toolkey the user's credential helper, as an edit of the text of git's configuration file.
 *
 * The empty `helper =` makes git
 * forget the helpers named before it: git hands every credential that worked to every helper it
 * knows, so that a plaintext `store` in the list would write our tokens to a file.
 */
import { Failure } from "../../core/failure.ts";
import { MarkedBlock } from "../marked-block.ts";

const BLOCK = new MarkedBlock("git");
const SECTION = "[credential]";
const RESET = "\thelper =";

/** The file's text with toolkey as its helper; the same text if it is so already. Undefined: there is no file. */
export function addHelper(text: string | undefined, helper: string): string {
  return BLOCK.add(text, [SECTION, RESET, helperLine(helper)], ofOthers);
}

/**
 * The file's text as it would be without toolkey; undefined if there would be no file. What others wrote
 * into our block stays.
 */
export function removeHelper(text: string): string | undefined {
  return BLOCK.remove(text, ofOthers);
}

/** Whether the text holds our block. */
export function hasHelper(text: string): boolean {
  return BLOCK.find(text) !== undefined;
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

// git config writes into the last section of the name, which is ours.
function ofOthers(lines: readonly string[]): string[] {
  const others = lines.filter((line) => line !== SECTION && line !== RESET && !line.includes("git-credential-toolkey"));
  return others.length === 0 ? [] : [SECTION, ...others];
}
