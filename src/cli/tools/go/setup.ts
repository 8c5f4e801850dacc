import { Failure } from "../../../core/failure.ts";
import { readTextFile } from "../../../platform/files/text-file.ts";
import type { Environment } from "../../../platform/paths.ts";
import { runProgram } from "../../../platform/processes/programs.ts";
import { addCommand, commandsOf, isOurs, ourProgram, removeCommand } from "../../../protocols/go/auth-setting.ts";
import { environmentFile } from "../../../protocols/go/environment-file.ts";
import { homeFiles, type Home } from "../../plaintext/secret-files.ts";
import { asItWas } from "../../setup/as-it-was.ts";
import { ownProgram } from "../../setup/own-program.ts";
import { LeftAlone, type ToolSetup } from "../../setup/tool-setup.ts";

export const HELPER_PROGRAM = "go-auth-toolkey";
/** The first that asks a program for credentials. */
export const FIRST_WITH_GOAUTH = 24;

/** `GOAUTH`, in Go's own file of variables. */
export const go: ToolSetup = {
  effect: "go asks toolkey",

  async setUp({ environment, output }) {
    const path = goEnvironmentFile(homeFiles(environment));
    if (path === undefined) {
      throw new LeftAlone("usage", "GOENV is 'off', so that Go reads no settings of yours", { hint: "unset GOENV, then try again" });
    }
    const before = await readTextFile(path);
    const program = await ownProgram(HELPER_PROGRAM, environment);
    const after = reading(path, () => addCommand(before, program));
    return {
      edits: [{ path, before, after, isRenewal: isOurs(commandsOf(before ?? "") ?? "") }],
      async afterwards() {
        const minor = await minorVersion(environment);
        if (minor !== undefined && minor < FIRST_WITH_GOAUTH)
          output.note(`this is for Go 1.${FIRST_WITH_GOAUTH} and newer, and PATH leads to 1.${minor}`);
        const set = environment["GOAUTH"] ?? "";
        if (set !== "" && !isOurs(set)) {
          output.note("GOAUTH is set in your environment, and beats this");
          output.hint("unset GOAUTH");
        }
        output.note("modules that Go fetches with git get git's tokens: toolkey setup git");
      },
    };
  },

  async undo({ environment }) {
    const path = goEnvironmentFile(homeFiles(environment));
    const before = path === undefined ? undefined : await readTextFile(path);
    if (path === undefined || before === undefined) return { edits: [] };
    const program = ourProgram(before);
    const again = (text: string | undefined): string => (program === undefined ? (text ?? "") : addCommand(text, program));
    return { edits: [{ path, before, after: await asItWas(path, before, removeCommand(before), again) }] };
  },
};

/** Where `go env -w` writes; undefined if that is switched off. */
export function goEnvironmentFile({ config, set }: Home): string | undefined {
  return environmentFile(config, set("GOENV"));
}

/** Of Go 1; undefined if there is none. Asked outside of any module, which may want another one. */
export async function minorVersion(environment: Environment): Promise<number | undefined> {
  const told = await runProgram("go", ["env", "GOVERSION"], { ...environment, GOTOOLCHAIN: "local" }, { directory: "/" });
  const [, minor] = /^go1\.(\d+)/.exec(told?.stdout ?? "") ?? [];
  return minor === undefined ? undefined : Number(minor);
}

/** @throws Failure that names the file */
function reading(path: string, read: () => string): string {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.code, `${path}: ${error.message}`, { hint: error.hints, cause: error });
  }
}
