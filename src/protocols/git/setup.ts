/**
 * Makes toolkey the user's credential helper, as an edit of the text of git's configuration file.
 *
 * The edit is a block between two marker lines at the end of the file. The empty `helper =` makes git
 * forget the helpers named before it: git hands every credential that worked to every helper it
 * knows, so that a plaintext `store` in the list would write our tokens to a file.
 */
const BEGIN = "# toolkey: begin; 'toolkey setup git --undo' takes this block away again";
// A file that did not end with a line break gets one, and loses it again.
const BEGIN_JOINED = `${BEGIN} and the line break before it`;
const SECTION = "[credential]";
const RESET = "\thelper =";
const END = "# toolkey: end";

const ANY_BLOCK = new RegExp(
  `(?:\\n${escape(BEGIN_JOINED)}|(?<=^|\\n)${escape(BEGIN)})\\n(?<inside>(?:.*\\n)*?)${escape(END)}(?:\\n|$)`,
);

/** The file's text with toolkey as its helper; the same text if it is so already. */
export function addHelper(text: string, helper: string): string {
  const before = removeHelper(text);
  const joined = before !== "" && !before.endsWith("\n");
  const lines = [joined ? BEGIN_JOINED : BEGIN, SECTION, RESET, helperLine(helper), END];
  return `${before}${joined ? "\n" : ""}${lines.join("\n")}\n`;
}

/** The file's text as it would be without toolkey. What others wrote into our block stays. */
export function removeHelper(text: string): string {
  const match = ANY_BLOCK.exec(text);
  if (match === null) return text;
  const others = (match.groups?.["inside"] ?? "")
    .split("\n")
    .slice(0, -1)
    .filter((line) => line !== SECTION && line !== RESET && !line.includes("git-credential-toolkey"));
  const kept = others.length === 0 ? "" : `${[SECTION, ...others].join("\n")}\n`;
  const glue = kept !== "" && match[0].startsWith("\n") ? "\n" : "";
  return text.slice(0, match.index) + glue + kept + text.slice(match.index + match[0].length);
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
  return /(^|[\s/-])(credential-)?store(\s|$)/.test(value);
}

// git takes a value that begins with `/` as a shell command, so what the shell would read is escaped,
// not quoted; and the configuration file has its own escapes for `\` and `"`.
function helperLine(helper: string): string {
  const shell = helper.replace(/[^\w@%+=:,./-]/g, String.raw`\$&`);
  return `\thelper = ${shell === helper ? shell : `"${shell.replace(/["\\]/g, String.raw`\$&`)}"`}`;
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
