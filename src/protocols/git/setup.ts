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

/**
 * The file's text with toolkey as its helper; the same text if it is so already. Undefined: there is no file.
 *
 * @param helper the path of git-credential-toolkey
 */
export function addHelper(text: string | undefined, helper: string): string {
  return BLOCK.add(text, [SECTION, RESET, ...helperValues(helper).map(helperLine)], ofOthers);
}

/**
 * The values of `credential.helper` by which git asks toolkey: first for what the daemon can say at once, then for everything.
 *
 * git gives every helper to a shell, since the operation follows it as an argument. That shell reads the script itself: to
 * start another one for it takes as long as half of git's own client.
 *
 * @throws Failure `usage` for a path that git can't take
 */
export function helperValues(helper: string): readonly [first: string, second: string] {
  if (/[\n\r\0]/.test(helper)) throw new Failure("usage", "git can't take a helper with a line break in its path");
  const second = `!ask() { . "$1"; }; ask ${helper.replace(/[^\w@%+=:,./-]/gu, String.raw`\$&`)}`;
  return [`${second} --first`, second];
}

/** Whether this value of `credential.helper` is toolkey, by whatever path and in whatever form. */
export function isOurHelper(value: string): boolean {
  return value === "toolkey" || /(^|[/ ])git-credential-toolkey( |$)/.test(value);
}

/**
 * The file's text as it would be without toolkey; undefined if there would be no file. What others wrote
 * into our block stays.
 */
export function removeHelper(text: string): string | undefined {
  return BLOCK.remove(text, ofOthers);
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

// The configuration file has its own escapes for `\` and `"`.
function helperLine(value: string): string {
  return `\thelper = "${value.replace(/["\\]/g, String.raw`\$&`)}"`;
}

// git config writes into the last section of the name, which is ours.
function ofOthers(lines: readonly string[]): string[] {
  const others = lines.filter((line) => line !== SECTION && line !== RESET && !line.includes("git-credential-toolkey"));
  return others.length === 0 ? [] : [SECTION, ...others];
}
