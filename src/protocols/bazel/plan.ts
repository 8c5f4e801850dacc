/** Bazel can't be led through the gateway, and asks by its helper alone: nothing, and why. */
import { EMPTY_PLAN } from "../../core/plan.ts";
import { formatTarget, type Target } from "../../core/target.ts";
import type { NothingGiven, ReadHeld, ReadText, RunRequest, Survey } from "../tool-protocol.ts";
import { namesHelper, trustSettings } from "./workspace.ts";

/** Inside of what is sealed the helper gives nothing: who started it is told, if there are tokens. */
export async function bazel(request: RunRequest, read: ReadText, readHeld: ReadHeld): Promise<Survey> {
  const hasTokens = (await readHeld()).some(({ isSuspended }) => !isSuspended);
  const settings = await trustSettings(request, read);
  const distrust = (target: Target): NothingGiven | undefined => distrusted(settings, target);
  if (!hasTokens) return { needs: [], asks: [], plan: () => EMPTY_PLAN, distrust };
  const plan = {
    ...EMPTY_PLAN,
    notes: [
      "bazel can't be led through the gateway, and asks for its tokens by its helper, which gives none without --direct",
      ...(namesHelper(request.arguments) ? ["the credential helper that is typed counts before toolkey's"] : []),
    ],
    hints: ["toolkey setup bazel, then without 'toolkey run', or with --direct"],
  };
  return { needs: [], asks: [], plan: () => plan, distrust };
}

function distrusted(settings: readonly string[], target: Target): NothingGiven | undefined {
  if (settings.length === 0) return undefined;
  return {
    note: `bazel gets no token for ${formatTarget(target)}: ${settings.join(" and ")} would decide who can read it`,
    hint: "what is meant for all of your workspaces belongs into ~/.bazelrc",
  };
}
