import { join } from "node:path";
import { homeOf, type Environment } from "../../../platform/paths.ts";
import { readTextFile } from "../../../platform/files/text-file.ts";
import { addPlugin, removePlugin } from "../../../protocols/yarn/setup.ts";
import { ownFile } from "../../setup/own-program.ts";
import type { ToolSetup } from "../../setup/tool-setup.ts";

/** Yarn's hook, from Yarn 3 on: a plugin, named in the settings of the home directory. */
export const yarn: ToolSetup = {
  effect: "yarn asks toolkey",

  async setUp({ environment, output }) {
    const path = yarnSettings(environment);
    const before = await readTextFile(path);
    const plugin = await ownFile("dist/yarn-plugin.cjs", environment);
    return {
      edits: [{ path, before, after: addPlugin(before, plugin) }],
      afterwards() {
        output.note("Yarn asks for scoped packages; for others only with 'npmAlwaysAuth: true' for their registry");
        output.hint("Yarn 1 and 2 have no such hook: give them 'toolkey run --direct -- yarn'");
      },
    };
  },

  async undo({ environment }) {
    const path = yarnSettings(environment);
    const before = await readTextFile(path);
    return { edits: [{ path, before, after: before === undefined ? undefined : removePlugin(before) }] };
  },
};

/** What Yarn 2 and newer read; Yarn 1 ignores it. Yarn 2 loads the plugin and has no use for it. */
export function yarnSettings(environment: Environment): string {
  return join(homeOf(environment), environment["YARN_RC_FILENAME"] || ".yarnrc.yml");
}
