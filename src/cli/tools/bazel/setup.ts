import { join } from "node:path";
import type { Told } from "../../../core/plan.ts";
import { parseTarget, type Target } from "../../../core/target.ts";
import { readTextFile } from "../../../platform/files/text-file.ts";
import { homeOf, type Environment } from "../../../platform/paths.ts";
import { BAZEL_BLOCK, helperLines } from "../../../protocols/bazel/setup.ts";
import { ask, type Context } from "../../context.ts";
import { ownProgram } from "../../setup/own-program.ts";
import { LeftAlone, type ToolSetup } from "../../setup/tool-setup.ts";

export const PROGRAM = "bazel-credential-toolkey";

/** Bazel's own hook: a credential helper for each host, in the person's settings. */
export const bazel: ToolSetup = {
  effect: "bazel asks toolkey",

  async setUp(context) {
    const { environment, output } = context;
    const path = bazelrc(environment);
    const before = await readTextFile(path);
    const lines = helperLines(await places(context), await ownProgram(PROGRAM, environment));
    if (lines.length === 0) {
      throw new LeftAlone("not-found", "bazel has no token for any host", {
        hint: ["toolkey add URL --tool bazel, then toolkey setup bazel", "to take an earlier setup back: toolkey setup bazel --undo"],
      });
    }
    return {
      edits: [{ path, before, after: BAZEL_BLOCK.ensure(before, lines) }],
      afterwards() {
        output.note("this is for Bazel 7 and newer; an older one has to have --experimental_credential_helper, or none");
        output.hint("when bazel has a token for another host, run this again");
      },
    };
  },

  async undo({ environment }) {
    const path = bazelrc(environment);
    const before = await readTextFile(path);
    return { edits: before === undefined ? [] : [{ path, before, after: BAZEL_BLOCK.remove(before) }] };
  },
};

/** The person's settings, below HOME. */
export function bazelrc(environment: Environment): string {
  return join(homeOf(environment), ".bazelrc");
}

/** What to do if Bazel was set up before there was a token for this host. */
export async function sayWhatLacks({ environment }: Context, target: string): Promise<Told> {
  const lines = BAZEL_BLOCK.find((await readTextFile(bazelrc(environment))) ?? "");
  const { host } = parseTarget(target);
  const lacks = lines !== undefined && !lines.some((line) => line.includes(`=${host}=`));
  return { notes: [], hints: lacks ? ["so that bazel asks for it: toolkey setup bazel"] : [] };
}

/** For which Bazel has a token. */
export async function places(context: Context): Promise<Target[]> {
  const { tokens } = await ask(context, "list", { tool: "bazel" });
  return tokens.filter(({ state }) => state === "active" || state === "suspended").map(({ target }) => parseTarget(target));
}
