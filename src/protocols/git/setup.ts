/**
 * Makes toolkey the user's credential helper, as an edit of the text of git's configuration file.
 *
 * The empty `helper =` makes git
 * forget the helpers named before it: git hands every credential that worked to every helper it
 * knows, so that a plaintext `store` in the list would write our tokens to a file. It makes git forget those of single
 * hosts as well (`credential.https://HOST.helper`, as `gh auth setup-git` writes it), so that those which are to stay are
 * repeated in our block.
 */
import { Failure } from "../../core/failure.ts";
import { MarkedBlock } from "../text/marked-block.ts";

const BLOCK = new MarkedBlock("git");
const SECTION = "[credential]";
const RESET = "\thelper =";
const REPEATED = " # repeated by toolkey: it stands above, too";

/**
 * The file's text with toolkey as its helper; the same text if it is so already. Undefined: there is no file.
 *
 * @param helper the path of git-credential-toolkey
 * @param kept the places that stay with their own helpers
 */
export function addHelper(text: string | undefined, helper: string, kept: readonly OwnHelpers[] = []): string {
  return BLOCK.add(text, [SECTION, RESET, ...helperValues(helper).map(helperLine), ...kept.flatMap(repeated)], ofOthers);
}

/** A place as git's configuration has it, and what git asks for it: nobody, where there are none. */
type OwnHelpers = readonly [place: string, helpers: readonly string[]];

/** The places with helpers of their own, without toolkey, out of all settings of helpers in their order. */
export function helpersOfPlaces(settings: readonly { readonly key: string; readonly value: string }[]): OwnHelpers[] {
  const byPlace = new Map<string, string[]>();
  for (const { key, value } of settings) {
    const [, place] = /^credential\.(.+)\.helper$/s.exec(key) ?? [];
    if (place !== undefined) byPlace.set(place, [...(byPlace.get(place) ?? []), value]);
  }
  return [...byPlace].flatMap(([place, values]): OwnHelpers[] => {
    const effective = effectiveHelpers(values);
    const others = effective.filter((value) => !isOurHelper(value));
    return effective.length > 0 && others.length === 0 ? [] : [[place, others]];
  });
}

function repeated([place, helpers]: OwnHelpers): string[] {
  const section = `[credential "${place.replace(/["\\]/g, String.raw`\$&`)}"]`;
  return [section, RESET, ...helpers.map(helperLine)].map((line) => line + REPEATED);
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
  return `\thelper = "${value.replace(/["\\]/g, String.raw`\$&`).replaceAll("\n", String.raw`\n`)}"`;
}

// git config writes into the last section of a name, which may be one of ours.
function ofOthers(lines: readonly string[]): string[] {
  const others: string[] = [];
  let section = SECTION;
  let isWritten = false;
  for (const line of lines) {
    const isSection = line.startsWith("[");
    if (isSection) [section, isWritten] = [line.replace(REPEATED, ""), false];
    const isOurs = line === SECTION || line === RESET || line.endsWith(REPEATED) || line.includes("git-credential-toolkey");
    if (isOurs) continue;
    if (!isSection && !isWritten) others.push(section);
    others.push(line);
    isWritten = true;
  }
  return others;
}
