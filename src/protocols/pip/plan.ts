import { EMPTY_PLAN } from "../../core/plan.ts";
import { noNeeds, type Survey } from "../tool-protocol.ts";

export async function pip(): Promise<Survey> {
  return noNeeds(EMPTY_PLAN);
}
