import { rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Failure } from "../../../core/failure.ts";
import type { FileEdit } from "../../../platform/files/file-edit.ts";
import { readTextFile } from "../../../platform/files/text-file.ts";
import { addHelper, removeHelper } from "../../../protocols/terraform/cli-config.ts";
import { shellWord } from "../../../protocols/text/shell-word.ts";
import { ownProgram } from "../../setup/own-program.ts";
import { programText } from "../../setup/program-text.ts";
import type { ToolSetup } from "../../setup/tool-setup.ts";
import { allPlaces, terraformPlaces } from "./places.ts";

export const PROGRAM = "terraform-credentials-toolkey";

const BEGIN = `#!/bin/sh
# Made by 'toolkey setup terraform'; 'toolkey setup terraform --undo' removes it.
`;

/** Terraform's own hook: a program in its directory of plugins, and one line that names it. */
export const terraform: ToolSetup = {
  effect: "terraform asks toolkey",

  async setUp({ environment, output }) {
    const { settings, plugins, isOfTofuAlone } = terraformPlaces(environment);
    const edits: FileEdit[] = [];
    for (const path of settings) {
      const before = await readTextFile(path);
      edits.push({ path, before, after: addHelper(path, before) });
    }
    const program = join(plugins, PROGRAM);
    const before = await programText(program);
    if (before !== undefined && !isOurs(before)) {
      throw new Failure("usage", `${program} is another program, which stays`, {
        hint: "give it another name, then: toolkey setup terraform",
      });
    }
    edits.unshift({ path: program, before, after: pluginScript(await ownProgram(PROGRAM, environment)), isProgram: true });
    return {
      edits,
      afterwards() {
        output.note("'terraform login' and 'tofu login' store into the vault from now on");
        if (isOfTofuAlone) output.note(`Terraform does not read ${settings.join(", ")}: with a ~/.terraformrc OpenTofu would not, either`);
      },
    };
  },

  async undo({ environment }) {
    const { settings, plugins } = allPlaces(environment);
    const edits: FileEdit[] = [];
    for (const path of settings) {
      const before = await readTextFile(path);
      if (before !== undefined) edits.push({ path, before, after: removeHelper(before) });
    }
    for (const directory of plugins) {
      const path = join(directory, PROGRAM);
      const before = await programText(path);
      if (before !== undefined && isOurs(before)) edits.push({ path, before, after: undefined, isProgram: true });
    }
    return {
      edits,
      async afterwards() {
        // With its directories there OpenTofu would look for all of its files below the older name.
        for (const directory of plugins)
          for (const made of [directory, dirname(directory)]) await rmdir(made).catch(() => undefined);
      },
    };
  },
};

/** Terraform starts what is in its directory, and no link of ours may end up nowhere in silence. */
export function pluginScript(helper: string): string {
  return `${BEGIN}ask() { . "$1"; }
ask ${shellWord(helper)} "$@"
`;
}

function isOurs(program: string): boolean {
  return program.startsWith(BEGIN);
}
