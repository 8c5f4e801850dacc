/**
 * Gradle: an init script before the person's own (docs/tools/gradle.md). It says for itself which repositories a build has, and so no file
 * of the project's is read here.
 */
import { join } from "node:path";
import { EMPTY_PLAN, type Plan } from "../../core/plan.ts";
import { Secret } from "../../core/secret.ts";
import { formatTarget, sameTarget } from "../../core/target.ts";
import {
  noNeeds,
  type Doorway,
  type Grant,
  type PlanThrough,
  type ReadHeld,
  type ReadText,
  type RunRequest,
  type Survey,
} from "../tool-protocol.ts";
import { initScript, PLACES_PROPERTY, placesText } from "./init-script.ts";

/** Commands that ask no repository. */
const ASKS_NOTHING = /^(-[vh?]|--(version|help|stop|status|offline|show-version))$/;

/** A daemon that ran before is not of the command, and answers for nobody. */
const WITHOUT_DAEMON = "--no-daemon";
/** What keeps the addresses of the gateway out of the configuration cache, in 8.1 and newer, and before. */
export const WITHOUT_CACHE = ["-Dorg.gradle.configuration-cache=false", "-Dorg.gradle.unsafe.configuration-cache=false"];

export async function gradle(request: RunRequest, _read: ReadText, readHeld: ReadHeld): Promise<Survey> {
  if (request.arguments.some((argument) => ASKS_NOTHING.test(argument))) return noNeeds(EMPTY_PLAN);
  const targets = (await readHeld()).map(({ target }) => target).filter(({ scheme }) => scheme === "https");
  const needs = targets
    .filter((target, index) => targets.findIndex((other) => sameTarget(other, target)) === index)
    .map((target) => ({ target }));
  if (needs.length === 0) {
    return { needs, asks: [], plan: () => NOTHING, planThrough: () => ({ plan: NOTHING, permit: permitOf([], request) }) };
  }
  return {
    needs,
    asks: [],
    plan: (grants) => planDirectly(grants, request),
    planThrough: (grants, doorway) => planThrough(grants, request, doorway),
  };
}

const NOTHING: Plan = {
  ...EMPTY_PLAN,
  notes: ["there is no token of the tool gradle"],
  hints: ["toolkey add URL --tool gradle --username NAME"],
};

/** By a script that asks, as that of `toolkey setup`: no token is in it. */
function planDirectly(grants: readonly Grant[], request: RunRequest): Plan {
  if (grants.length === 0) return EMPTY_PLAN;
  return { ...EMPTY_PLAN, arguments: ["-I", { descriptor: "init" }], descriptors: { init: scriptOf(request) }, given: givenBy(grants) };
}

function scriptOf({ installation }: RunRequest): Secret {
  return new Secret(initScript(join(installation.built, "..", "bin", "toolkey-authorization")));
}

function planThrough(grants: readonly Grant[], request: RunRequest, { gateway, phantom }: Doorway): PlanThrough {
  const wantsDaemon = request.arguments.includes("--daemon");
  return {
    plan: {
      ...EMPTY_PLAN,
      arguments: [
        "-I",
        { descriptor: "init" },
        { descriptor: "places", before: `-D${PLACES_PROPERTY}=` },
        ...(wantsDaemon ? [] : [WITHOUT_DAEMON]),
        ...WITHOUT_CACHE,
      ],
      descriptors: {
        init: scriptOf(request),
        places: placesText(grants.map(({ need }) => need.target), gateway, phantom),
      },
      given: givenBy(grants),
      notes: wantsDaemon ? ["a daemon of Gradle's that runs already is not part of this command: the gateway refuses it"] : [],
    },
    permit: permitOf(grants, request),
  };
}

/** What a phantom of Gradle's is good for. */
export function permitOf(grants: readonly Grant[], { publish }: Pick<RunRequest, "publish">): PlanThrough["permit"] {
  return {
    addressing: "url",
    // What it starts for more memory than it has itself asks in its place.
    holder: "descendants",
    publishes: false,
    routes: grants.map(({ need: { target } }) => ({ target, isAuthorized: true, publishes: publish })),
  };
}

function givenBy(grants: readonly Grant[]): Plan["given"] {
  return grants.map(({ need, token }) => ({ token: token.id, place: formatTarget(need.target) }));
}
