/** The daemon as a service of the person's systemd, for clients that can't start it themselves. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { lastingTree, OWN_TREE } from "../../platform/installation/tree.ts";
import { configHome, paths, type Environment } from "../../platform/paths.ts";
import { runProgram } from "../../platform/processes/programs.ts";
import type { FileEdit } from "../../platform/files/file-edit.ts";
import { readTextFile } from "../../platform/files/text-file.ts";

const UNIT = "toolkey.service";

/** What says which vault a client means, and how it is set up. */
const PLACES = ["TOOLKEY_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"];

/** Where systemd looks for units of the person's own. */
function unitFile(environment: Environment): string {
  return join(configHome(environment), "systemd", "user", UNIT);
}

/** Undefined if there is no systemd that would start it. */
export async function planUnit(environment: Environment): Promise<FileEdit | undefined> {
  if ((await systemctl(environment, "show-environment")) === undefined) return undefined;
  const path = unitFile(environment);
  const template = await readFile(join(OWN_TREE, "install", "systemd", UNIT), "utf8");
  const tree = lastingTree(paths(environment));
  const unit = template
    .replace("@NODE@", () => word(tree === OWN_TREE ? process.execPath : join(tree, "node")))
    .replace("@DAEMON@", () => word(join(tree, "dist", "daemon.cjs")));
  // A session of systemd's has none of what a shell's start-up files set.
  const places = PLACES.flatMap((name) => (environment[name] ? [`Environment=${word(`${name}=${environment[name]}`)}\n`] : []));
  return {
    path,
    before: await readTextFile(path),
    after: unit.replace("[Service]\n", () => `[Service]\n${places.join("")}`),
  };
}

/** Undefined if it was not set up. */
export async function planUnitRemoval(environment: Environment): Promise<FileEdit | undefined> {
  const path = unitFile(environment);
  const before = await readTextFile(path);
  return before === undefined ? undefined : { path, before, after: undefined };
}

/** @throws Failure `unavailable` */
export async function startUnit(environment: Environment): Promise<void> {
  await must(environment, "daemon-reload");
  await must(environment, "enable", "--now", UNIT);
}

export async function stopUnit(environment: Environment): Promise<void> {
  await must(environment, "disable", "--now", UNIT);
}

async function must(environment: Environment, ...argv: readonly string[]): Promise<void> {
  if ((await systemctl(environment, ...argv)) !== undefined) return;
  throw new Failure("unavailable", `this failed: systemctl --user ${argv.join(" ")}`, { hint: "run it by hand, to see why" });
}

async function systemctl(environment: Environment, ...argv: readonly string[]): Promise<string | undefined> {
  const ended = await runProgram("systemctl", ["--user", ...argv], environment);
  return ended?.exitCode === 0 ? ended.stdout : undefined;
}

/** As systemd.syntax(7) has it: quotes, escapes, `%` for specifiers, `$` for variables. */
function word(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`).replaceAll("%", "%%").replaceAll("$", "$$$$")}"`;
}
