import type { Told } from "../../../core/plan.ts";
import { readTextFile } from "../../../platform/files/text-file.ts";
import { helperIn, PLUGIN, pluginLines } from "../../../protocols/conan/plugin.ts";
import type { Context } from "../../context.ts";
import { homeFiles } from "../../plaintext/secret-files.ts";
import { ownProgram } from "../../setup/own-program.ts";
import type { ToolSetup } from "../../setup/tool-setup.ts";
import { pluginFile } from "./files.ts";

export const HELPER_PROGRAM = "conan-credential-toolkey";

/** Conan's plugin for logins, which starts our program. */
export const conan: ToolSetup = {
  effect: "conan asks toolkey",

  async setUp({ environment, output }) {
    const path = pluginFile(homeFiles(environment));
    const before = await readTextFile(path);
    const lines = pluginLines(await ownProgram(HELPER_PROGRAM, environment));
    return {
      edits: [{ path, before, after: PLUGIN.ensure(before, lines) }],
      afterwards() {
        output.note("conan is given its token for a remote where that wants a login");
        output.hint("it keeps what the remote gives it for that: conan remote logout '*' has it ask again");
      },
    };
  },

  async undo({ environment }) {
    const path = pluginFile(homeFiles(environment));
    const before = await readTextFile(path);
    return { edits: before === undefined ? [] : [{ path, before, after: PLUGIN.remove(before) }] };
  },
};

/** What to do for a new token if conan was not set up. */
export async function sayWhatLacks({ environment }: Context): Promise<Told> {
  const text = await readTextFile(pluginFile(homeFiles(environment)));
  const isSetUp = text !== undefined && helperIn(text) !== undefined;
  return { notes: [], hints: isSetUp ? [] : ["so that conan asks for it: toolkey setup conan"] };
}
