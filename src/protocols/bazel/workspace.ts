/**
 * What the `.bazelrc` of a workspace says of the way to hosts: who could read the tokens that are sent there. Source: Bazel's
 * `src/main/cpp/rc_file.cc` and `option_processor.cc`, and https://bazel.build/run/bazelrc
 */
import { join, resolve } from "node:path";
import { Failure } from "../../core/failure.ts";
import type { ReadText, RunRequest } from "../tool-protocol.ts";

/** Each decides whether a server is the right one, or who stands between, or is handed what is sent: a downloader, a debugger. */
const OF_TRUST = new Set([
  "tls_certificate", "tls_authority_override", "remote_proxy", "bes_proxy", "remote_downloader", "server_javabase", "install_base",
  "host_jvm_debug",
]);
/** For the server's JVM: its memory, and how it reads texts. Almost all else can name a trust store or a program. */
const HARMLESS_FOR_JVM = /^(-X(m[xsn]|ss)\w+|-XX:[+-]\w+|-XX:\w*(Size|Percentage|Threads)=\w+|-Dfile\.encoding=[\w-]+)$/;
const PROXY_VARIABLE = /^(https?|all)_proxy(?==|$)/i;

/** Files may name others, and those again. */
const MOST_IMPORTED = 30;

interface RcFile {
  readonly path: string;
  readonly ofProject: boolean;
}

type Place = Pick<RunRequest, "directory" | "home">;

/** A line of a workspace's own, in words. */
interface Line {
  readonly words: readonly string[];
  readonly path: string;
}

const IMPORT = /^(try-)?(import)(-if-|$)/;
const HELPER = /^--(experimental_)?credential_helper(=|$)/;

/** The settings of a workspace that decide on trust, each with its file. @throws Failure `unavailable` for a file that can't be read */
export async function trustSettings(place: Place, read: ReadText): Promise<string[]> {
  const found = (await linesOfWorkspace(place, read)).flatMap(({ words: [command = "", ...options], path }) => {
    // It begins where Bazel was started, which nobody tells.
    if (IMPORT.test(command)) return `'${[command, ...options].join(" ")}' in ${path}`;
    return trustOptions(options).map((setting) => `${setting} in ${path}`);
  });
  return [...new Set(found)];
}

/** The files of a workspace that name credential helpers, which count before the person's. @throws as `trustSettings` */
export async function filesWithHelpers(place: Place, read: ReadText): Promise<string[]> {
  const lines = await linesOfWorkspace(place, read);
  return [...new Set(lines.filter(({ words }) => namesHelper(words)).map(({ path }) => path))];
}

/** Whether a credential helper is among options. */
export function namesHelper(options: readonly string[]): boolean {
  return options.some((option) => HELPER.test(option));
}

/** Without the imports, in place of which is what they name; those that can't be followed are among them. */
async function linesOfWorkspace({ directory, home }: Place, read: ReadText): Promise<Line[]> {
  const own = new Set([join(home, ".bazelrc"), "/etc/bazel.bazelrc"]);
  const waiting: RcFile[] = [...own].map((path) => ({ path, ofProject: false }));
  waiting.push({ path: join(directory, ".bazelrc"), ofProject: true });
  const lines: Line[] = [];
  const seen = new Set<string>();
  for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
    const { path } = file;
    const ofProject = file.ofProject && !own.has(path);
    if (seen.has(`${path} ${ofProject}`)) continue;
    seen.add(`${path} ${ofProject}`);
    if (seen.size > MOST_IMPORTED) throw new Failure("unavailable", `${directory}/.bazelrc imports more than ${MOST_IMPORTED} files`);
    for (const words of linesOf((await read(path)) ?? "")) {
      const imported = IMPORT.test(words[0] ?? "") ? words.at(-1) : undefined;
      if (imported?.startsWith("%workspace%/") === true)
        waiting.push({ path: join(directory, imported.slice("%workspace%".length)), ofProject: directory !== home });
      else if (imported?.startsWith("/") === true) waiting.push({ path: resolve(imported), ofProject });
      else if (ofProject) lines.push({ words, path });
    }
  }
  return lines;
}

function trustOptions(options: readonly string[]): string[] {
  return options.flatMap((option, index) => {
    const name = /^--?([^=]+)/.exec(option)?.[1];
    if (name !== undefined && OF_TRUST.has(name.replace(/^(experimental|incompatible)_/, ""))) return `--${name}`;
    const [, key, given] = /^--?(host_jvm_args|repo_env)(?:=([^]*))?$/.exec(option) ?? [];
    if (key === undefined) return [];
    const value = given ?? options[index + 1] ?? "";
    // Without what is behind it: it may be a secret.
    if (key === "host_jvm_args") return HARMLESS_FOR_JVM.test(value) ? [] : `--host_jvm_args=${value.split("=", 1).join("")}`;
    const variable = PROXY_VARIABLE.exec(value)?.[0];
    return variable === undefined ? [] : `--repo_env=${variable}`;
  });
}

/** The words of each line, as a shell would have them. */
function linesOf(text: string): string[][] {
  return text.replaceAll(/\\\r?\n/g, "").split("\n").map(wordsOf).filter((words) => words.length > 0);
}

function wordsOf(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < line.length; at += 1) {
    const character = line[at] ?? "";
    if (character === "\\") {
      at += 1;
      word = `${word ?? ""}${line[at] ?? ""}`;
    } else if (quote === "" && /\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (quote === "" && word === undefined && character === "#") break;
    else if (quote === "" && /["']/.test(character)) [quote, word] = [character, word ?? ""];
    else if (character === quote) quote = "";
    else word = `${word ?? ""}${character}`;
  }
  return word === undefined ? words : [...words, word];
}
