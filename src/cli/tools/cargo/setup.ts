import { Failure } from "../../../core/failure.ts";
import { readTextFile } from "../../../platform/files/text-file.ts";
import { withoutProvider, withProvider } from "../../../protocols/cargo/setup.ts";
import { homeFiles } from "../../plaintext/secret-files.ts";
import { ownProgram } from "../../setup/own-program.ts";
import type { ToolSetup } from "../../setup/tool-setup.ts";
import { cargoConfiguration } from "./files.ts";

export const PROVIDER = "cargo-credential-toolkey";

/** Our provider in the list of Cargo's, for all registries. */
export const cargo: ToolSetup = {
  effect: "cargo asks toolkey",

  async setUp({ environment, output }) {
    const path = await cargoConfiguration(homeFiles(environment));
    const before = await readTextFile(path);
    const program = await ownProgram(PROVIDER, environment);
    return {
      edits: [{ path, before, after: inFile(path, () => withProvider(before, program)) }],
      afterwards() {
        output.note("cargo 1.74 and newer gets its tokens from toolkey, and 'cargo login' keeps them there");
        output.hint("toolkey add URL --tool cargo, with the URL of a registry or of its index");
      },
    };
  },

  async undo({ environment }) {
    const path = await cargoConfiguration(homeFiles(environment));
    const before = await readTextFile(path);
    return { edits: before === undefined ? [] : [{ path, before, after: withoutProvider(before) }] };
  },
};

/** What is wrong with a text, with its file. */
export function inFile<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.code, `${path}, ${error.message}`, { hint: ["it was left as it is", ...error.hints], cause: error });
  }
}
