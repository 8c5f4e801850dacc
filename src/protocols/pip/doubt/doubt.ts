/**
 * What a project's files say of certificates: who asks for a token for a host whose certificate is not to be checked, or is to be checked
 * by a CA of the project's, would send it to whoever is on the way. Pure.
 */
import { basename, dirname, isAbsolute, join, normalize } from "node:path";
import { Failure } from "../../../core/failure.ts";
import type { Target } from "../../../core/target.ts";
import type { AskingProcess } from "../../credential-protocol.ts";
import type { NothingGiven } from "../../tool-protocol.ts";
import { readPipSettings } from "../configuration.ts";
import { isHost, PROJECT_PROGRAMS, settingsOf, untrusts, type ProjectProgram } from "./project-settings.ts";
import { requirementFiles, requirementLines, valuesOf } from "./requirement-lines.ts";

type Program = "pip" | keyof typeof PROJECT_PROGRAMS;

const PROGRAMS: readonly (readonly [RegExp, Program])[] = [
  [/^(pip[\d.]*|pip-?\d[\w.-]*|pip\.pyz|__pip-runner__\.py|get-pip\.py)$/, "pip"],
  [/^uvx?$/, "uv"],
  [/^poetry$/, "poetry"],
  [/^pdm$/, "pdm"],
  [/^(pip-compile|pip-sync|piptools)$/, "pip-tools"],
  [/^pipenv$/, "pipenv"],
];
/** No honest project has more. */
const MAX_FILES = 100;
const MAX_DEPTH = 40;
const MAX_DIRECTORIES = 4;

interface Looking {
  readonly host: string;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What follows the name of the program. */
  readonly words: readonly string[];
  readonly read: AskingProcess["read"];
}

export async function doubtOfProject({ host }: Target, asking: AskingProcess): Promise<NothingGiven | undefined> {
  const { commandLine, directory } = asking;
  const programs = programsIn(commandLine);
  if (programs.length === 0 || directory === undefined) return undefined;
  try {
    const common = { host, directory, environment: asking.environment(), read: (path: string) => asking.read(path) };
    for (const { program, words } of programs) {
      const path = await untrusting(program, { ...common, words });
      if (path !== undefined) return nothing(`${normalize(path)} says by whom the certificate of ${host} is checked, or that it is not`);
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return nothing(error.message);
  }
}

/** The first word that may be one, and what Python is told to run: a word before may be an option's value. */
function programsIn(commandLine: readonly string[]): { readonly program: Program; readonly words: readonly string[] }[] {
  const all = commandLine.flatMap((word, at) => {
    const program = programIn(word);
    const isModule = /^-[A-Za-z]*m/.test(word) || /^-[A-Za-z]*m$/.test(commandLine[at - 1] ?? "");
    return program === undefined ? [] : [{ program, isModule, words: commandLine.slice(at + 1) }];
  });
  return all.filter(({ isModule }, at) => isModule || at === 0);
}

/** Also of what Python runs: `-m pip`, `-Impip`, `…/pip/__main__.py`. */
function programIn(word: string): Program | undefined {
  const name = word.replace(/\/__main__\.py$/, "").replace(/^-[A-Za-z]*m/, "");
  const base = name.slice(name.lastIndexOf("/") + 1);
  return PROGRAMS.find(([pattern]) => pattern.test(base))?.[1];
}

function nothing(why: string): NothingGiven {
  return { note: `no token is given here: ${why}`, hint: "mend that file; or toolkey run -- pip …, which always checks certificates" };
}

async function untrusting(program: Program, looking: Looking): Promise<string | undefined> {
  if (program === "pip") return untrustingRequirements(await namedFiles(looking), looking);
  const found = await untrustingSettings(PROJECT_PROGRAMS[program], looking);
  if (found !== undefined || program !== "pip-tools") return found;
  // What it compiles may stand anywhere on its command line.
  const sources = looking.words.filter((word) => !/^-|\.(toml|py|cfg)$/.test(word));
  return untrustingRequirements(["requirements.in", ...sources, ...(await namedFiles(looking))], looking);
}

/** Typed, by a variable, or by pip's own settings. */
async function namedFiles({ words, environment, directory, read }: Looking): Promise<string[]> {
  const settings = await readPipSettings({ environment, home: environment["HOME"] ?? directory, directory }, read);
  const named = settings.flatMap(({ entries }) => entries.filter(({ key }) => /^(requirement|(build[_-])?constraint)$/.test(key)));
  return [...requirementFiles(words), ...named.flatMap(({ value }) => value.split(/\s+/).filter((path) => path !== ""))];
}

/** The first of these files, and of those that they name, that has the option. */
async function untrustingRequirements(paths: readonly string[], { host, directory, read }: Looking): Promise<string | undefined> {
  const waiting: string[] = [];
  const add = (path: string, from: string): void => {
    if (/^(https?|file):/i.test(path)) throw new Failure("unavailable", `${path} may say that certificates are not to be checked`);
    // Not made shorter: behind a symbolic link `..` is elsewhere.
    const whole = isAbsolute(path) ? path : `${from}/${path}`;
    if (!waiting.includes(whole)) waiting.push(whole);
  };
  for (const path of paths) add(path, directory);
  for (const path of waiting) {
    if (waiting.length > MAX_FILES) throw new Failure("unavailable", "there are more files of requirements than anybody reads");
    const { trustedHosts, files } = linesOf(path, (await read(path)) ?? "");
    if (trustedHosts.some((each) => each === "*" || isHost(each, host))) return path;
    for (const file of files) add(file, dirname(path));
  }
  return undefined;
}

function linesOf(path: string, text: string): ReturnType<typeof requirementLines> {
  try {
    return requirementLines(text);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure("unavailable", `${normalize(path)} ${error.message}`, { cause: error });
  }
}

/** Of the project's settings, from its directory upwards. */
async function untrustingSettings({ files, options, variables }: ProjectProgram, looking: Looking): Promise<string | undefined> {
  const { host, directory, environment, words, read } = looking;
  const named = [...valuesOf(words, options), ...variables.flatMap((name) => environment[name] || [])];
  if (named.length > MAX_DIRECTORIES) throw new Failure("unavailable", "the command names more directories than anybody reads");
  const all = [directory];
  // One may be relative to another.
  for (const path of named) all.push(...(isAbsolute(path) ? [path] : all.map((from) => join(from, path))));
  const look = async (path: string, part: (document: Readonly<Record<string, unknown>>) => unknown): Promise<boolean> => {
    const text = await read(path);
    return text !== undefined && untrusts(part(await settingsOf(path, text)), host);
  };
  for (const start of new Set(all)) {
    // It may be a file as well.
    if (start !== directory && (await read(start)) !== undefined) {
      if (await look(start, files[basename(start)] ?? ((document) => document))) return start;
      continue;
    }
    for (let at = start, depth = 0; depth < MAX_DEPTH; depth += 1) {
      for (const [name, part] of Object.entries(files)) if (await look(join(at, name), part)) return join(at, name);
      const above = dirname(at);
      if (above === at) break;
      at = above;
    }
  }
  return undefined;
}
