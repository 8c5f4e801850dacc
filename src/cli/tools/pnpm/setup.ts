import { readdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { systemErrorCode } from "../../../core/failure.ts";
import type { Told } from "../../../core/plan.ts";
import { parseTarget, type Target } from "../../../core/target.ts";
import { configHome, homeOf, type Environment, type Paths } from "../../../platform/paths.ts";
import { runProgram } from "../../../platform/processes/programs.ts";
import type { FileEdit } from "../../../platform/files/file-edit.ts";
import { readTextFile } from "../../../platform/files/text-file.ts";
import {
  canHoldHelpers,
  FIRST_WITH_AUTH_INI,
  helperScript,
  helperSettings,
  PNPM_BLOCK,
  settings,
  tokenHelpers,
  type TokenHelper,
} from "../../../protocols/pnpm/setup.ts";
import { ask, type Context } from "../../context.ts";
import { ownProgram } from "../../setup/own-program.ts";
import { LeftAlone, type ToolSetup } from "../../setup/tool-setup.ts";

/** pnpm's hook: a program per registry, named in the user's settings. */
export const pnpm: ToolSetup = {
  effect: "pnpm asks toolkey",

  async setUp(context) {
    const { environment, output } = context;
    const directory = helperDirectory(context.paths);
    const helpers = await neededHelpers(context);
    const lines = settings(helpers, directory);
    const authorization = await ownProgram("toolkey-authorization", environment);
    const version = await pnpmVersion(environment);
    const onlyNpmrc = version !== undefined && version < FIRST_WITH_AUTH_INI;
    const edits: FileEdit[] = [];
    for (const helper of helpers) {
      const path = join(directory, helper.file);
      edits.push({ path, before: await readTextFile(path), after: helperScript(helper, authorization), isProgram: true });
    }
    edits.push(await added(authIni(environment), lines));
    if (onlyNpmrc) edits.push(await added(userNpmrc(environment), lines));
    const obsolete = await removedPrograms(directory, helpers);
    if (!onlyNpmrc) obsolete.unshift(await removed(userNpmrc(environment)));
    return {
      edits,
      takenBack: obsolete,
      afterwards() {
        for (const { url } of helpers) output.note(`pnpm gets its token for ${url}`);
        if (version === undefined) output.note(`pnpm is not on PATH; this is for pnpm ${FIRST_WITH_AUTH_INI} and newer`);
        if (onlyNpmrc) {
          output.note(
            `pnpm ${version} reads this from ${userNpmrc(environment)} alone, and npm 11 warns of lines there that are not its own`,
          );
          output.hint(`with pnpm ${FIRST_WITH_AUTH_INI}, run this again: it moves them`);
        }
        output.hint("when pnpm has a token for another registry, run this again");
      },
    };
  },

  async undo({ environment, paths }) {
    const directories = [paths.data, paths.config].map((parent) => join(parent, "pnpm"));
    const edits = [await removed(authIni(environment)), await removed(userNpmrc(environment))];
    for (const directory of directories) edits.push(...(await removedPrograms(directory, [])));
    return {
      edits: edits.filter(({ before }) => before !== undefined),
      async afterwards() {
        for (const directory of directories) await rmdir(directory).catch(() => undefined);
      },
    };
  },
};

/** The helper programs that pnpm's settings name, each with the place that it is for. */
export async function findHelpers({ environment }: Context): Promise<readonly { setting: string; path: string }[]> {
  const found = new Map<string, string>();
  for (const file of [userNpmrc(environment), authIni(environment)]) {
    const lines = PNPM_BLOCK.find((await readTextFile(file)) ?? "") ?? [];
    for (const { place, path } of helperSettings(lines)) found.set(place, path);
  }
  return [...found].map(([setting, path]) => ({ setting, path }));
}

/** What to do if pnpm was set up before there was a token for this place. */
export async function sayWhatLacks(context: Context, target: string): Promise<Told> {
  const helpers = await findHelpers(context);
  const [needed] = tokenHelpers([parseTarget(target)]);
  const lacksHelper = helpers.length > 0 && helpers.every(({ setting }) => setting !== needed?.key);
  return { notes: [], hints: lacksHelper ? ["so that plain pnpm asks for it: toolkey setup pnpm"] : [] };
}

/** Of the places for which pnpm has a token, or gets one when it first asks. */
async function neededHelpers(context: Context): Promise<TokenHelper[]> {
  const { tokens } = await ask(context, "list", { tool: "pnpm" });
  const { services } = await ask(context, "services", {});
  const automatic = services.filter(({ auto }) => auto).flatMap(({ tools }) => tools.filter(({ tool }) => tool === "pnpm"));
  const targets: Target[] = [
    ...tokens.filter(({ state }) => state === "active" || state === "suspended").map(({ target }) => parseTarget(target)),
    ...automatic.flatMap((use) => use.targets.map(parseTarget)),
  ];
  if (targets.length === 0) {
    throw new LeftAlone("not-found", "pnpm has no token for any registry", {
      hint: ["toolkey add SERVICE --tool pnpm, then toolkey setup pnpm", "to take an earlier setup back: toolkey setup pnpm --undo"],
    });
  }
  return tokenHelpers(targets);
}

/** The name of the data directory has a space on macOS. */
function helperDirectory({ data, config }: Paths): string {
  return join([data, config].find(canHoldHelpers) ?? data, "pnpm");
}

async function added(path: string, lines: readonly string[]): Promise<FileEdit> {
  const before = await readTextFile(path);
  return { path, before, after: PNPM_BLOCK.ensure(before, lines) };
}

async function removed(path: string): Promise<FileEdit> {
  const before = await readTextFile(path);
  return { path, before, after: before === undefined ? undefined : PNPM_BLOCK.remove(before) };
}

async function removedPrograms(directory: string, kept: readonly TokenHelper[]): Promise<FileEdit[]> {
  const names = (await fileNames(directory)).filter((name) => kept.every(({ file }) => file !== name));
  const edits = names.map(async (name): Promise<FileEdit> => {
    const path = join(directory, name);
    return { path, before: await readTextFile(path), after: undefined, isProgram: true };
  });
  return Promise.all(edits);
}

async function fileNames(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** The major version; undefined if there is no pnpm. Asked outside of any project, which may want another one. */
async function pnpmVersion(environment: Environment): Promise<number | undefined> {
  const version = /^\d+/.exec((await runProgram("pnpm", ["--version"], environment, { directory: "/" }))?.stdout ?? "");
  return version === null ? undefined : Number(version[0]);
}

/** What pnpm 11 and newer read besides .npmrc. */
function authIni(environment: Environment): string {
  const isMac = process.platform === "darwin" && !environment["XDG_CONFIG_HOME"];
  return join(isMac ? join(homeOf(environment), "Library", "Preferences") : configHome(environment), "pnpm", "auth.ini");
}

function userNpmrc(environment: Environment): string {
  return environment["NPM_CONFIG_USERCONFIG"] || join(homeOf(environment), ".npmrc");
}
