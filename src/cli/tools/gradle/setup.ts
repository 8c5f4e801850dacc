import { join, resolve } from "node:path";
import { Failure } from "../../../core/failure.ts";
import { readTextFile } from "../../../platform/files/text-file.ts";
import { accountHome, homeOf, type Environment } from "../../../platform/paths.ts";
import { initScript, MADE_BY_SETUP } from "../../../protocols/gradle/init-script.ts";
import { ownProgram } from "../../setup/own-program.ts";
import type { ToolSetup } from "../../setup/tool-setup.ts";

/** Gradle's own hook: an init script of the person's, which every build runs, of an IDE, too. */
export const gradle: ToolSetup = {
  effect: "gradle asks toolkey",

  async setUp({ environment, output }) {
    const path = scriptFile(environment);
    const before = await readTextFile(path);
    if (before !== undefined && !isOurs(before)) {
      throw new Failure("usage", `${path} is somebody else's`, { hint: "it was left as it is; give it another name, then try again" });
    }
    const after = initScript(await ownProgram("toolkey-authorization", environment));
    return {
      edits: [{ path, before, after, isRenewal: before !== undefined }],
      afterwards() {
        output.note("what a build runs is in the same process as Gradle, and can read its tokens; toolkey run -- gradle gives it none");
        const elsewhere = homeElsewhere(environment);
        if (elsewhere === undefined) return;
        output.note(`Gradle does not ask for HOME: it looks below ${elsewhere}`);
        output.hint(`export GRADLE_USER_HOME='${gradleHome(environment)}'`);
      },
    };
  },

  async undo({ environment }) {
    const path = scriptFile(environment);
    const before = await readTextFile(path);
    return { edits: before !== undefined && isOurs(before) ? [{ path, before, after: undefined }] : [] };
  },
};

/** A file of ours as a whole. Gradle 4 reads what ends with `.gradle`, newer ones what ends with `.init.gradle`. */
export function scriptFile(environment: Environment): string {
  return join(gradleHome(environment), "init.d", "toolkey.init.gradle");
}

/** Gradle's directory of a person. */
export function gradleHome(environment: Environment): string {
  const named = environment["GRADLE_USER_HOME"];
  return named ? resolve(named) : join(homeOf(environment), ".gradle");
}

export function isOurs(text: string): boolean {
  return text.startsWith(MADE_BY_SETUP);
}

/** Where Gradle looks, if it is elsewhere: by the system's list of users, as every JVM. */
export function homeElsewhere(environment: Environment): string | undefined {
  if (environment["GRADLE_USER_HOME"]) return undefined;
  const home = accountHome();
  return home === homeOf(environment) ? undefined : home;
}
