/** The places of a deployment that may get a token. */
import { formatTarget, type Target } from "../../../core/target.ts";
import { deploymentOf, type Deployment, type Undeployable } from "./deployment.ts";
import { placeIn } from "./known-repositories.ts";
import type { Situation } from "../situation.ts";

/** Where is deployed to, as far as it may get a token. Undefined if nothing is. */
export function checkedDeployment(situation: Situation): Deployment | Undeployable | undefined {
  const found = deploymentOf(situation.project, situation);
  if (found === undefined || "note" in found) return found;
  const checked = (place: Target | undefined): Target | undefined =>
    place === undefined ? undefined : placeIn(situation, formatTarget(place));
  return { ...found, releases: checked(found.releases), snapshots: checked(found.snapshots), only: checked(found.only) };
}

export function placesOfDeployment(deployment: Deployment | Undeployable | undefined): Target[] {
  if (deployment === undefined || "note" in deployment) return [];
  return [deployment.releases, deployment.snapshots, deployment.only].filter((place) => place !== undefined);
}
