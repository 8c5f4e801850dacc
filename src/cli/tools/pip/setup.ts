import { rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Failure } from "../../../core/failure.ts";
import type { FileEdit } from "../../../platform/files/file-edit.ts";
import { isAnythingAt } from "../../../platform/files/inode.ts";
import { readTextFile } from "../../../platform/files/text-file.ts";
import type { Environment, Paths } from "../../../platform/paths.ts";
import { findProgram } from "../../../platform/processes/programs.ts";
import { isOurKeyring, keyringModule, keyringScript } from "../../../protocols/pip/keyring/keyring-programs.ts";
import { keyringSettings, PIP_BLOCK, pipSettings, uvSettings, withoutOurs, type Written } from "../../../protocols/pip/keyring/setup.ts";
import { ownProgram } from "../../setup/own-program.ts";
import { programText } from "../../setup/program-text.ts";
import type { SetupPlan, ToolSetup } from "../../setup/tool-setup.ts";
import { keyringProgram, keyringSettingsFile, ownPipSettingsFile, pipSettingsFile, uvSettingsFile } from "./places.ts";

const MODULE = "toolkey_keyring.py";

/** pip and uv ask a program named keyring, and what is made of Python's keyring a module of ours. */
export const pip: ToolSetup = {
  effect: "pip and its kin ask toolkey",

  async setUp({ environment, paths, output }) {
    const lane = await ownProgram("toolkey-keyring", environment);
    const program = keyringProgram(environment);
    const there = await programText(program);
    if (there !== undefined && !isOurKeyring(there)) {
      throw new Failure("usage", `${program} is another program, which stays`, {
        hint: `move it elsewhere on PATH, where toolkey's keyring asks it for what toolkey hasn't; then: toolkey setup pip`,
      });
    }
    const directory = moduleDirectory(paths);
    const written = [
      await rewritten(pipSettingsFile(environment), pipSettings),
      ...(usesUv(environment) ? [await rewritten(uvSettingsFile(environment), uvSettings)] : []),
      await rewritten(keyringSettingsFile(environment), (text) => keyringSettings(text, directory)),
    ];
    const module = join(directory, MODULE);
    return {
      edits: [
        { path: module, before: await readTextFile(module), after: keyringModule(lane), isProgram: true },
        { path: program, before: there, after: keyringScript(lane), isProgram: true },
        ...written.map(({ edit }) => edit),
      ],
      afterwards() {
        for (const { edit, own } of written)
          if (own !== undefined) output.note(`${edit.path} names another keyring, '${own}', and was left as it is`);
        const first = findProgram("keyring", environment);
        if (first !== program) {
          output.note(first === undefined ? `${dirname(program)} is not on PATH` : `PATH leads to ${first} first`);
          output.hint(`PATH=${dirname(program)}:$PATH in the start-up file of your shell, so that pip and uv find ${program}`);
        }
        output.hint("pip asks only for an index with a user name in its URL: https://USER@HOST/simple/ (toolkey list shows the names)");
      },
    };
  },

  async undo({ environment, paths }): Promise<SetupPlan> {
    const directory = moduleDirectory(paths);
    const programs = [join(directory, MODULE), keyringProgram(environment)];
    const ofPip = new Set([pipSettingsFile(environment), ownPipSettingsFile(environment)]);
    const files = [...ofPip, uvSettingsFile(environment), keyringSettingsFile(environment)];
    const edits: FileEdit[] = [];
    for (const path of programs) {
      const before = await programText(path);
      if (before !== undefined && isOurKeyring(before)) edits.push({ path, before, after: undefined, isProgram: true });
    }
    for (const path of files) {
      const before = await readTextFile(path);
      if (before !== undefined && PIP_BLOCK.find(before) !== undefined) edits.push({ path, before, after: withoutOurs(before) });
    }
    return {
      edits,
      async afterwards() {
        // Python keeps what it has compiled beside a module.
        await rm(join(directory, "__pycache__"), { recursive: true, force: true });
        await rmdir(directory).catch(() => undefined);
      },
    };
  },
};

export function moduleDirectory({ data }: Paths): string {
  return join(data, "pip");
}

/** Whether there is an uv that would read its settings. */
function usesUv(environment: Environment): boolean {
  return findProgram("uv", environment) !== undefined || isAnythingAt(dirname(uvSettingsFile(environment)));
}

async function rewritten(path: string, write: (text: string | undefined) => Written): Promise<{ edit: FileEdit; own: string | undefined }> {
  const before = await readTextFile(path);
  try {
    const { text, own } = write(before);
    return { edit: { path, before, after: text }, own };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const hint = "nothing was changed; mend it, then: toolkey setup pip";
    throw new Failure(error.code, `${path}, ${error.message}`, { hint, cause: error });
  }
}
