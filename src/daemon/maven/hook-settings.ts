/** The operation `settings`: what is in the plan of a command, for a client that can't read one. */
import { miss, ok } from "../../core/wire/wire.ts";
import { ProjectFiles } from "../../platform/files/project-file.ts";
import { parseHookRequest } from "../../protocols/maven/hook-request.ts";
import { keptIn } from "../../protocols/maven/settings/kept-settings.ts";
import { personalSettings } from "../../protocols/maven/situation.ts";
import { accountHome } from "../../platform/paths.ts";
import { makePlan, OF_HOOKS } from "../operations/plans.ts";
import type { ToolOperation } from "../operations/tool-operation.ts";

/** The text of the settings alone. */
export const answerSettings: ToolOperation = async (world, { payload, caller }) => {
  const asked = parseHookRequest(payload);
  const { plan, places } = await makePlan(world, "maven", { ...asked, ...OF_HOOKS }, caller);
  const place = places.join(" ");
  // The person's settings lead through the gateway by themselves. The daemon runs now, and the vault is open.
  const personal = await new ProjectFiles().read(personalSettings({ ...asked, accountHome: accountHome() }));
  if (keptIn(personal ?? "") !== undefined) return { answer: miss(), place };
  const { settings } = plan.descriptors;
  if (plan.environment["MAVEN_ARGS"] !== undefined) {
    // A script that is sourced could set it, but its text would have to go through one shell more.
    return {
      answer: miss(
        ["MAVEN_ARGS names settings, which come before those with the tokens"],
        ["toolkey run -- mvn …, which takes them together"],
      ),
      place,
    };
  }
  if (settings === undefined) return { answer: miss(plan.notes, plan.hints), place };
  if (plan.trailing !== undefined) {
    return {
      answer: miss(["deploy-file gets its token by arguments, which this hook can't add"], ["toolkey run -- mvn …, which adds them"]),
      place,
    };
  }
  return { answer: ok(settings.reveal(), plan.notes, plan.hints), place, tokens: plan.given.map(({ token }) => token) };
};
