import { join } from "node:path";
import { homeOf, type Environment } from "../../platform/paths.ts";
import { readTextFile } from "../../platform/text-file.ts";
import { addHook, removeHook } from "../../protocols/maven/setup.ts";
import type { Context } from "../context.ts";
import { ownProgram } from "../own-program.ts";
import type { ToolSetup } from "../tool-setup.ts";
import { setUpNative, undoNative } from "./maven-native.ts";

/** Maven's own hook: ~/.mavenrc, which the script `mvn` reads whoever starts it. */
export const maven: ToolSetup = {
  effect: "mvn asks toolkey",

  async setUp(context, { native }) {
    const path = mavenrc(context.environment);
    const before = await readTextFile(path);
    const more = native ? await setUpNative(context) : { edits: [] };
    return {
      edits: [{ path, before, after: addHook(before, await ownProgram("mavenrc", context.environment)) }, ...more.edits],
      async afterwards() {
        warnIfSkipped(context);
        await more.afterwards?.();
      },
    };
  },

  async undo(context) {
    const path = mavenrc(context.environment);
    const before = await readTextFile(path);
    const more = await undoNative(context);
    return { ...more, edits: [...(before === undefined ? [] : [{ path, before, after: removeHook(before) }]), ...more.edits] };
  },
};

/** The file that the scripts of Maven read: by HOME, whatever the JVM thinks of it. */
export function mavenrc(environment: Environment): string {
  return join(homeOf(environment), ".mavenrc");
}

function warnIfSkipped({ environment, output }: Context): void {
  if (!environment["MAVEN_SKIP_RC"]) return;
  output.note("MAVEN_SKIP_RC is set, with which Maven does not read that file");
  output.hint("unset MAVEN_SKIP_RC, or: toolkey run -- mvn …");
}
