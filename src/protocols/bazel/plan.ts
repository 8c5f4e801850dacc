/** Bazel can't be led through the gateway, and asks by its helper alone: nothing, and why. */
import { EMPTY_PLAN } from "../../core/plan.ts";
import type { ReadHeld, ReadText, RunRequest, Survey } from "../tool-protocol.ts";

/** Inside of what is sealed the helper gives nothing: who started it is told, if there are tokens. */
export async function bazel(_request: RunRequest, _read: ReadText, readHeld: ReadHeld): Promise<Survey> {
  const hasTokens = (await readHeld()).some(({ isSuspended }) => !isSuspended);
  if (!hasTokens) return { needs: [], asks: [], plan: () => EMPTY_PLAN };
  const plan = {
    ...EMPTY_PLAN,
    notes: ["bazel can't be led through the gateway, and asks for its tokens by its helper, which gives none without --direct"],
    hints: ["toolkey setup bazel, then without 'toolkey run', or with --direct"],
  };
  return { needs: [], asks: [], plan: () => plan };
}
