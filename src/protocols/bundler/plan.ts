/**
 * Bundler through the gateway, which is the mirror of each source that there is a token for; its lock file names the source still. What is
 * measured is in docs/tools/bundler.md.
 */
import { throughGateway } from "../../core/gateway/url.ts";
import { EMPTY_PLAN } from "../../core/plan.ts";
import { Secret } from "../../core/secret.ts";
import { formatTarget, sameTarget } from "../../core/target.ts";
import { operandsOf } from "../program-words.ts";
import { noNeeds, type Doorway, type Grant, type PlanThrough, type ReadText, type RunRequest, type Survey } from "../tool-protocol.ts";
import { planDirect } from "./direct.ts";
import { projectOf, type Place, type Project } from "./project.ts";
import { loginName, mirrorOf, settingName, withSlash } from "./settings.ts";

/** Commands that ask no server: above all those that run the project's programs. */
const ASKING_NOTHING =
  /^(e|exe?|exec|c|con|console|config|list|ls|show|info|open|env|doctor|platform|version|help|init|gem|viz|clean|licenses|check)$/;
const PUBLIC = /^(index\.)?rubygems\.org$/;

export async function bundler(request: RunRequest, read: ReadText): Promise<Survey> {
  const [command = "install"] = operandsOf(request.arguments);
  if (ASKING_NOTHING.test(command)) return noNeeds(EMPTY_PLAN);
  const project = await projectOf(request, read);
  const targets = project.places
    .map(({ target }) => target)
    .filter((target, index, all) => all.findIndex((other) => sameTarget(other, target)) === index);
  return {
    needs: targets.map((target) => ({ target })),
    asks: targets.map((target) => ({ target, isPublic: PUBLIC.test(target.host) })),
    plan: (grants) => planDirect(project, grants),
    planThrough: (grants, doorway) => planLed(project, grants, doorway),
  };
}

function planLed({ places, config }: Project, grants: readonly Grant[], { gateway, phantom }: Doorway): PlanThrough {
  const granted = places.flatMap((place) => {
    const grant = grants.find(({ need }) => sameTarget(need.target, place.target));
    return grant === undefined ? [] : [{ ...place, grant, led: throughGateway(gateway, place.target) }];
  });
  const isOwn = ({ source }: Place): boolean => mirrorOf(config.settings, source) !== undefined;
  const led = granted.filter((place) => !isOwn(place));
  const login = new Secret(`toolkey:${phantom.reveal()}`);
  const targets = grants.map(({ need }) => need.target).filter((target) => led.some((place) => sameTarget(place.target, target)));
  return {
    plan: {
      ...EMPTY_PLAN,
      environment: Object.fromEntries(
        led.flatMap(({ source, led: url }): [string, string | Secret][] => [
          [settingName(`mirror.${source}`), withSlash(url)],
          [loginName(url), login],
        ]),
      ),
      given: grants
        .filter(({ need }) => targets.includes(need.target))
        .map(({ token, need }) => ({ token: token.id, place: formatTarget(need.target) })),
      notes: granted.filter(isOwn).map(({ source, grant }) => `${grant.token.id} is left out: ${config.path} has a mirror for ${source}`),
    },
    permit: {
      addressing: "url",
      holder: "command",
      publishes: false,
      routes: targets.map((target) => ({ target, isAuthorized: true, publishes: false })),
    },
  };
}
