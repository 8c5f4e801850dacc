/** Maven's command line: what it says of settings, the project, properties, profiles and goals. */

export interface CommandLine {
  /** `-s`: the first counts, as commons-cli has it. */
  readonly settings?: string | undefined;
  /** `-gs` */
  readonly globalSettings?: string | undefined;
  /** `-f` */
  readonly file?: string | undefined;
  /** `-D` */
  readonly properties: ReadonlyMap<string, string>;
  /** `-P` */
  readonly profiles: ProfileChoice;
  /** Goals and phases. */
  readonly goals: readonly string[];
  /** Maven only prints something about itself: `--help`, `--version`, or an encrypted password. */
  readonly isQuestion: boolean;
}

/** The profiles that are named on the command line, or in the settings. */
export interface ProfileChoice {
  readonly on: ReadonlySet<string>;
  readonly off: ReadonlySet<string>;
}

/** By every way to write it: what an option with a value is for. Those of Maven 3.8, 3.9 and 4. */
const WITH_VALUE: Readonly<Record<string, string>> = {
  s: "settings",
  settings: "settings",
  us: "settings",
  "user-settings": "settings",
  gs: "globalSettings",
  "global-settings": "globalSettings",
  is: "globalSettings",
  "install-settings": "globalSettings",
  f: "file",
  file: "file",
  D: "define",
  define: "define",
  P: "profiles",
  "activate-profiles": "profiles",
  b: "other",
  builder: "other",
  color: "other",
  gt: "other",
  "global-toolchains": "other",
  it: "other",
  "install-toolchains": "other",
  l: "other",
  "log-file": "other",
  pl: "other",
  projects: "other",
  ps: "other",
  "project-settings": "other",
  rf: "other",
  "resume-from": "other",
  T: "other",
  threads: "other",
  t: "other",
  toolchains: "other",
  emp: "question",
  "encrypt-master-password": "question",
  ep: "question",
  "encrypt-password": "question",
};
/** A value that is written right after its option; of `-s` and `-f`, which other options begin with, only a path. */
const ATTACHED = /^(D|P|T)(.+)$|^(gs|s|f)([^=]*[/.].*)$/s;
const QUESTIONS: ReadonlySet<string> = new Set(["h", "help", "v", "version"]);

export function parseCommandLine(argv: readonly string[]): CommandLine {
  const first = new Map<string, string>();
  const properties = new Map<string, string>();
  const on = new Set<string>();
  const off = new Set<string>();
  const goals: string[] = [];
  let isQuestion = false;
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index] ?? "";
    if (!argument.startsWith("-") || argument === "-") {
      goals.push(argument);
      continue;
    }
    const { option, value } = optionOf(argument);
    if (QUESTIONS.has(option)) isQuestion = true;
    const meaning = Object.hasOwn(WITH_VALUE, option) ? WITH_VALUE[option] : undefined;
    if (meaning === undefined) continue;
    if (meaning === "question") isQuestion = true;
    // The value of -ep may be left out, and then Maven asks for it.
    const given = value ?? argv[(index += 1)] ?? "";
    if (meaning === "define") define(properties, given);
    else if (meaning === "profiles") chooseProfiles(given, on, off);
    else if (!first.has(meaning)) first.set(meaning, given);
  }
  return {
    settings: first.get("settings"),
    globalSettings: first.get("globalSettings"),
    file: first.get("file"),
    properties, goals, isQuestion,
    profiles: { on, off },
  };
}

/** The words of a variable or a file as Maven's scripts and Maven 3.8 separate them. */
export function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

/** The same words without `-s` and its value. */
export function withoutSettings(words: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? "";
    const { option, value } = word.startsWith("-") ? optionOf(word) : { option: "", value: undefined };
    if (WITH_VALUE[option] !== "settings") kept.push(word);
    else if (value === undefined) index += 1;
  }
  return kept;
}

/** `--settings X`, `--settings=X`, `-settings X`, `-s X`, `-s=X`, `-sX`, and so for every option. */
function optionOf(argument: string): { option: string; value?: string | undefined } {
  const name = argument.replace(/^--?/, "");
  const equals = name.indexOf("=");
  const option = equals === -1 ? name : name.slice(0, equals);
  if (Object.hasOwn(WITH_VALUE, option)) return { option, value: equals === -1 ? undefined : name.slice(equals + 1) };
  if (argument.startsWith("--")) return { option };
  const [, letter, rest, letters, path] = ATTACHED.exec(name) ?? [];
  return { option: letter ?? letters ?? name, value: rest ?? path };
}

function define(properties: Map<string, string>, text: string): void {
  const equals = text.indexOf("=");
  // Maven counts a property without a value as true, and the last one of a name.
  properties.set(equals === -1 ? text.trim() : text.slice(0, equals).trim(), equals === -1 ? "true" : text.slice(equals + 1).trim());
}

function chooseProfiles(text: string, on: Set<string>, off: Set<string>): void {
  for (const word of text.split(",").map((part) => part.trim()).filter((part) => part !== "")) {
    const [, sign = "", name = ""] = /^([!+-]?)\??(.*)$/.exec(word) ?? [];
    (sign === "!" || sign === "-" ? off : on).add(name);
  }
}
