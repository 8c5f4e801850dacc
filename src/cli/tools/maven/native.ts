/** `toolkey setup maven --native`: Maven 4 asks the daemon itself, also where no ~/.mavenrc is read. */
import { join } from "node:path";
import { Failure } from "../../../core/failure.ts";
import { administerIfRunning } from "../../../client/daemon/request.ts";
import { requestUnlocked } from "../../../client/daemon/unlock.ts";
import { homeOf, type Environment, type Paths } from "../../../platform/paths.ts";
import type { FileEdit } from "../../../platform/files/file-edit.ts";
import { readTextFile } from "../../../platform/files/text-file.ts";
import { nativeSettingsFile } from "../../../protocols/maven/settings/native-file.ts";
import { addNativeSettings, removeNativeSettings } from "../../../protocols/maven/settings/native-settings.ts";
import type { Context } from "../../context.ts";
import { BEYOND_LOGIN, planUnit, planUnitRemoval, SERVICE_MANAGER, startUnit, stopUnit } from "../../setup/service-unit.ts";
import type { SetupPlan } from "../../setup/tool-setup.ts";

export async function setUpNative(context: Context): Promise<SetupPlan> {
  const { environment, output } = context;
  const unit = await planUnit(environment);
  if (unit === undefined) {
    const missing = `there is no ${SERVICE_MANAGER} of yours that keeps the daemon running`;
    throw new Failure("unavailable", `${missing}, and Maven 4 stops if nobody answers`, {
      hint: "nothing was changed; without --native, mvn asks by ~/.mavenrc, which needs none",
    });
  }
  const path = nativeSettingsFile(context.paths.config);
  const answer = await requestUnlocked(context, { tool: "maven", operation: "native-settings", payload: "" });
  if (answer.status === "error") throw answer.failure;
  const text = answer.status === "ok" ? answer.payload : "";
  const properties = propertiesFile(environment);
  const before = await readTextFile(properties);
  return {
    edits: [
      unit,
      { path, before: await readTextFile(path), after: text },
      { path: properties, before, after: addNativeSettings(before, path) },
    ],
    async afterwards() {
      // The service's daemon is to be the one, and to have the sockets.
      await administerIfRunning(context, "stop", {});
      await startUnit(environment);
      for (const note of answer.notes) output.note(note);
      for (const hint of answer.hints) output.hint(hint);
      output.note(`Maven 4 stops if the daemon does not run: ${SERVICE_MANAGER} keeps it running while you are logged in`);
      if (BEYOND_LOGIN !== undefined) output.hint(`where nobody is logged in: ${BEYOND_LOGIN}`);
    },
  };
}

/** Nothing if it was not set up. */
export async function undoNative(context: Context): Promise<SetupPlan> {
  const { environment, paths } = context;
  const edits = await nativeEdits(paths, environment);
  const unit = await planUnitRemoval(environment);
  if (unit === undefined) return { edits };
  return { edits: [...edits, unit], beforehand: () => stopUnit(environment) };
}

/** What takes its files back, but for the service. */
export async function nativeEdits(paths: Paths, environment: Environment): Promise<FileEdit[]> {
  const properties = propertiesFile(environment);
  const before = await readTextFile(properties);
  const path = nativeSettingsFile(paths.config);
  const settings = await readTextFile(path);
  return [
    ...(before === undefined ? [] : [{ path: properties, before, after: removeNativeSettings(before) }]),
    ...(settings === undefined ? [] : [{ path, before: settings, after: undefined }]),
  ];
}

/** Read by Maven 4 alone. Source: conf/maven-user.properties of Maven 4. */
function propertiesFile(environment: Environment): string {
  return join(homeOf(environment), ".m2", "maven-user.properties");
}
