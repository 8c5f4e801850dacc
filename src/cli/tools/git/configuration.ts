/** git's configuration as toolkey finds it and changes it. */
import { join } from "node:path";
import { configHome, homeOf, type Environment } from "../../../platform/paths.ts";
import { runProgram } from "../../../platform/processes/programs.ts";
import type { FileEdit } from "../../../platform/files/file-edit.ts";
import { readTextFile } from "../../../platform/files/text-file.ts";
import { addHelper, removeHelper } from "../../../protocols/git/setup.ts";
import { ownProgram } from "../../setup/own-program.ts";

/**
 * Plans `setup git`.
 *
 * @param kept the places that stay with their own helpers
 * @throws Failure `unavailable` if the file can't be read
 */
export async function planGitSetup(environment: Environment, kept: Parameters<typeof addHelper>[2]): Promise<FileEdit> {
  const path = await globalFile(environment);
  const before = await readTextFile(path);
  return { path, before, after: addHelper(before, await helperPath(environment), kept) };
}

/** Plans its undoing. @throws as `planGitSetup` */
export async function planGitUndo(environment: Environment): Promise<FileEdit> {
  const path = await globalFile(environment);
  const before = await readTextFile(path);
  return { path, before, after: before === undefined ? undefined : removeHelper(before) };
}

/** The path of the credential helper of this installation. */
export async function helperPath(environment: Environment): Promise<string> {
  return ownProgram("git-credential-toolkey", environment);
}

/** One value of a setting, and where it stands. */
export interface GitSetting {
  readonly file: string;
  readonly key: string;
  readonly value: string;
}

/** All values of a setting, in the order in which git reads them, each with its key and the file it is from. */
export async function gitSettings(pattern: string, environment: Environment, directory?: string): Promise<readonly GitSetting[]> {
  const where = directory === undefined ? {} : { directory };
  const answer = await runProgram("git", ["config", "--null", "--show-origin", "--get-regexp", pattern], environment, where);
  const fields = (answer?.stdout ?? "").split("\0").slice(0, -1);
  const settings = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [key = "", ...value] = (fields[index + 1] ?? "").split("\n");
    settings.push({ file: (fields[index] ?? "").replace(/^file:/, ""), key, value: value.join("\n") });
  }
  return settings;
}

/** The user's file, by the rules of git-config(1) for --global. */
async function globalFile(environment: Environment): Promise<string> {
  const named = environment["GIT_CONFIG_GLOBAL"];
  if (named !== undefined && named !== "") return named;
  const own = join(homeOf(environment), ".gitconfig");
  if ((await readTextFile(own)) !== undefined) return own;
  const shared = join(configHome(environment), "git", "config");
  return (await readTextFile(shared)) === undefined ? own : shared;
}
