/**
 * What Gradle gets in a session that no shim has started, as by a wrapper in a script: in `GRADLE_OPTS`, where the init script of
 * `toolkey setup gradle` is to lead, and that no daemon is to build. One that ran before is outside, and would get the tokens themselves.
 */
import { isInScope } from "../../core/gateway/permit.ts";
import { EMPTY_PLAN } from "../../core/plan.ts";
import { parseTarget } from "../../core/target.ts";
import { PLACES_PROPERTY, placesText } from "../../protocols/gradle/init-script.ts";
import { permitOf, WITHOUT_CACHE } from "../../protocols/gradle/plan.ts";
import { grantFor } from "../granting/grants.ts";
import type { SessionPart } from "../granting/session-part.ts";

const TOOL = "gradle";
const DESCRIPTOR = "gradle-places";

export const planSession: SessionPart = async (world, { environment, publish, scope, doorway: { gateway, phantom } }) => {
  const held = (await world.broker.list({ tool: TOOL }))
    .filter(({ state }) => state === "active")
    .map(({ target }) => parseTarget(target))
    .filter((target) => target.scheme === "https" && isInScope({ scope }, TOOL, target));
  const found = await Promise.all(held.map((target) => grantFor(world, TOOL, { target })));
  const grants = found.flatMap(({ grant }) => grant ?? []);
  if (grants.length === 0) return undefined;
  const options = [environment["GRADLE_OPTS"] ?? "", "-Dorg.gradle.daemon=false", ...WITHOUT_CACHE, `-D${PLACES_PROPERTY}=`];
  return {
    permit: permitOf(grants, { publish }),
    plan: {
      ...EMPTY_PLAN,
      environment: { GRADLE_OPTS: { descriptor: DESCRIPTOR, before: options.filter((option) => option !== "").join(" ") } },
      descriptors: { [DESCRIPTOR]: placesText(grants.map(({ need }) => need.target), gateway, phantom) },
    },
  };
};
