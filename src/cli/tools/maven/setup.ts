import { join } from "node:path";
import { Failure } from "../../../core/failure.ts";
import { homeOf, type Environment } from "../../../platform/paths.ts";
import { readTextFile } from "../../../platform/files/text-file.ts";
import { addHook, removeHook } from "../../../protocols/maven/setup.ts";
import type { Context } from "../../context.ts";
import { ownProgram } from "../../setup/own-program.ts";
import type { SetupChoice, SetupPlan, ToolSetup } from "../../setup/tool-setup.ts";
import { setUpGateway, undoGateway } from "./gateway.ts";
import { nativeEdits, setUpNative, undoNative } from "./native.ts";

/**
 * Maven's own hook: ~/.mavenrc, which the script `mvn` reads whoever starts it. With `--gateway` it only wakes the daemon,
 * since the settings are good without it; the last of the ways that is set up is the one that counts.
 */
export const maven: ToolSetup = {
  effect: "mvn asks toolkey",

  async setUp(context, choice) {
    const path = mavenrc(context.environment);
    const before = await readTextFile(path);
    const hook = addHook(before, await ownProgram("mavenrc", context.environment));
    const more = await setUpMore(context, choice);
    return {
      ...more,
      edits: [{ path, before, after: hook }, ...more.edits],
      async afterwards() {
        warnIfSkipped(context);
        await more.afterwards?.();
      },
    };
  },

  async undo(context) {
    const path = mavenrc(context.environment);
    const before = await readTextFile(path);
    const [native, gateway] = [await undoNative(context), await undoGateway(context)];
    return {
      ...native,
      edits: [...(before === undefined ? [] : [{ path, before, after: removeHook(before) }]), ...native.edits, ...gateway.edits],
      afterwards: () => gateway.afterwards?.(),
    };
  },
};

async function setUpMore(context: Context, choice: SetupChoice): Promise<SetupPlan> {
  const { options } = choice;
  const [native, gateway, publish] = [options.has("native"), options.has("gateway"), options.has("publish")];
  if (native && gateway)
    throw new Failure("usage", "with --native Maven gets the tokens themselves, and with --gateway it does not", {
      hint: "choose one of them",
    });
  if (publish && !gateway) throw new Failure("usage", "--publish goes with --gateway", { hint: "toolkey setup maven --gateway --publish" });
  if (gateway) return { ...(await setUpGateway(context, choice)), takenBack: await nativeEdits(context.paths, context.environment) };
  const before = await undoGateway(context);
  const more = native ? await setUpNative(context) : { edits: [] };
  return {
    ...more,
    takenBack: before.edits,
    async afterwards() {
      await before.afterwards?.();
      await more.afterwards?.();
    },
  };
}

/** The file that the scripts of Maven read: by HOME, whatever the JVM thinks of it. */
export function mavenrc(environment: Environment): string {
  return join(homeOf(environment), ".mavenrc");
}

function warnIfSkipped({ environment, output }: Context): void {
  if (!environment["MAVEN_SKIP_RC"]) return;
  output.note("MAVEN_SKIP_RC is set, with which Maven does not read that file");
  output.hint("unset MAVEN_SKIP_RC, or: toolkey run -- mvn …");
}
