/** What a command line of git's is about. Pure. */

/** Options of git itself that are followed by a value. */
const WITH_VALUE = /^(-C|-c|--(git-dir|work-tree|namespace|exec-path|config-env|attr-source|super-prefix|list-cmds))$/;

interface GitCommand {
  /** `push`; empty if there is none. */
  readonly name: string;
  /** What follows it but for options. */
  readonly operands: readonly string[];
  /** `-C`, relative to where git starts; `.` without. */
  readonly directory: string;
}

export function gitCommand(given: readonly string[]): GitCommand {
  const rest = [...given];
  const directories: string[] = [];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (WITH_VALUE.test(word)) {
      const value = rest.shift() ?? "";
      if (word === "-C") directories.push(value);
    } else if (!word.startsWith("-"))
      return { name: word, operands: rest.filter((operand) => !operand.startsWith("-")), directory: directories.at(-1) ?? "." };
  }
  return { name: "", operands: [], directory: "." };
}

/** Whether it is there to change what is at a host: `git -C dir push`, `git lfs push`. */
export function pushes(given: readonly string[]): boolean {
  const { name, operands: [first = ""] } = gitCommand(given);
  return name === "push" || (name === "lfs" && /^(push|lock|unlock)$/.test(first));
}
