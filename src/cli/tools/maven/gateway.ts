/** `toolkey setup maven --gateway`: settings with a phantom, for every Maven that reads them. */
import { join } from "node:path";
import { requestUnlocked } from "../../../client/daemon/unlock.ts";
import { toolVariables } from "../../../client/plan.ts";
import { administerIfRunning, request } from "../../../client/daemon/request.ts";
import { homeOf, type Environment } from "../../../platform/paths.ts";
import { readTextFile } from "../../../platform/files/text-file.ts";
import { keptIn, removeKept } from "../../../protocols/maven/settings/kept-settings.ts";
import type { Context } from "../../context.ts";
import { planUnit, SERVICE_MANAGER, startUnit } from "../../setup/service-unit.ts";
import type { SetupChoice, SetupPlan } from "../../setup/tool-setup.ts";

/** The settings that Maven reads unless it is told otherwise. */
export function personalSettingsFile(environment: Environment): string {
  return join(homeOf(environment), ".m2", "settings.xml");
}

export async function setUpGateway(context: Context, { options, dryRun }: SetupChoice): Promise<SetupPlan> {
  const publish = options.has("publish");
  const { environment, output } = context;
  const path = personalSettingsFile(environment);
  const before = await readTextFile(path);
  const unit = await planUnit(environment);
  const asked = { settings: before, home: homeOf(environment), environment: toolVariables(environment), publish, isTrial: dryRun };
  const answer = await requestUnlocked(context, { tool: "maven", operation: "gateway-settings", payload: JSON.stringify(asked) });
  if (answer.status === "error") throw answer.failure;
  const { text, phantom, places } = JSON.parse(answer.status === "ok" ? answer.payload : "{}") as {
    text: string;
    phantom: string;
    places: readonly string[];
  };
  return {
    edits: [
      ...(unit === undefined ? [] : [unit]),
      { path, before, after: text, isRenewal: before !== undefined && keptIn(before) !== undefined },
    ],
    async afterwards() {
      await endPhantoms(context, phantom);
      for (const note of answer.notes) output.note(note);
      for (const hint of answer.hints) output.hint(hint);
      output.note(`Maven ${publish ? "reads and writes" : "reads"} through the gateway, with a phantom for 180 days: ${places.join(", ")}`);
      if (unit === undefined) {
        output.note(`there is no ${SERVICE_MANAGER} of yours that keeps the daemon running: mvn starts it by ~/.mavenrc, an IDE does not`);
        output.hint("before the IDE: toolkey list");
        return;
      }
      // The service's daemon is to be the one that listens.
      await administerIfRunning(context, "stop", {});
      await startUnit(environment);
    },
  };
}

/** Nothing if it was not set up. */
export async function undoGateway(context: Context): Promise<SetupPlan> {
  const path = personalSettingsFile(context.environment);
  const before = await readTextFile(path);
  if (before === undefined || keptIn(before) === undefined) return { edits: [] };
  return { edits: [{ path, before, after: removeKept(before) }], afterwards: () => endPhantoms(context) };
}

/** Ends the phantoms of all settings but one. */
async function endPhantoms(context: Context, except?: string): Promise<void> {
  const answer = await request(context, { tool: "maven", operation: "end-gateway-settings", payload: JSON.stringify({ except }) });
  if (answer.status === "error") throw answer.failure;
}
