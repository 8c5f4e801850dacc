/**
 * npm through the gateway: it takes all registries for one, at the gateway's root (core/gateway/permit.ts, `npm`). What is
 * measured is in docs/tools/npm.md. Pure.
 */
import { throughGateway } from "../../core/gateway/url.ts";
import type { Route } from "../../core/gateway/permit.ts";
import { EMPTY_PLAN, type Plan, type PlanText } from "../../core/plan.ts";
import { covers, formatTarget, sameTarget } from "../../core/target.ts";
import type { Doorway, Grant, PlanThrough, RunRequest, WhyNotThrough } from "../tool-protocol.ts";
import type { ProjectText } from "../text/named-hosts.ts";
import { hostOf, namedTarball, tarballUrls } from "./tarballs/named-tarballs.ts";
import { accessOfPerson, affairOfPerson, exceptions, typedRegistries, wayOfPerson } from "./configuration/person.ts";
import type { FoundText } from "../project-texts.ts";
import { runsPublishedScripts } from "./publishing.ts";
import { replacedHost } from "./tarballs/replaced-host.ts";
import { settingOf, type Registry, type Settings } from "./configuration/settings.ts";
import { placeOf, type RegistryPlace } from "./survey.ts";
import { userConfig } from "./configuration/user-config.ts";
import { accountCommand, npmCommand, wordsOf } from "./words.ts";

/** What npm is configured with, as far as its way through the gateway goes. */
interface NpmSituation {
  readonly request: RunRequest;
  /** In force, the scopes of services included. */
  readonly registries: readonly Registry[];
  /** Where `publishConfig` sends what is published. */
  readonly destinations: readonly Registry[] | WhyNotThrough;
  /** The person's own settings, in the order in which they count. */
  readonly personal: readonly Settings[];
  readonly userConfig: string;
  /** That of the directory first. */
  readonly manifests: readonly FoundText[];
  /** Manifests and lock files. */
  readonly texts: readonly ProjectText[];
}

const NPMJS = "registry.npmjs.org";
/** The same registry under Yarn's name, which npm takes for its own. */
const SAME_AS_NPMJS = "registry.yarnpkg.com";

export function npmThrough(situation: NpmSituation, grants: readonly Grant[], { gateway, phantom }: Doorway): PlanThrough | WhyNotThrough {
  const { request, registries, personal } = situation;
  // In a session nobody can have the token itself: there the registry that a program names is led by a word after it.
  const typed = request.isInSession === true && !request.arguments.includes("--") ? typedRegistries(personal) : [];
  const whyNot = affairOfPerson(personal, typed.length > 0 ? [] : undefined) ?? accessOfPerson(request, personal, registries, grants);
  if (whyNot !== undefined && "direct" in whyNot && runsPublishedScripts(request.arguments)) {
    return { withheld: `${whyNot.direct}, and what is published has scripts`, hint: "when all is built: --ignore-scripts" };
  }
  if (whyNot !== undefined) return whyNot;
  const ofAccounts = accountCommand(request.arguments);
  if (ofAccounts !== undefined) return { direct: `'npm ${ofAccounts}' asks for what is closed to the gateway` };
  if (!("length" in situation.destinations)) return situation.destinations;

  const publishes = npmCommand(request.arguments).isChanging || request.publish;
  const places = registries.flatMap(placeOf);
  const destinations = situation.destinations.flatMap(placeOf);
  const routes = [...registryRoutes([...places, ...destinations], grants, publishes), ...tarballRoutes(situation, places, grants)];
  const root = `${gateway}/`;
  const leading = ({ target }: RegistryPlace): string => `${throughGateway(gateway, target)}/`;
  const scopes = [...new Set(places.flatMap(({ scope }) => scope ?? []))];
  // A variable can't say it: npm reads its name in lower case, and an underscore as a hyphen.
  const [odd, plain] = [scopes.filter((scope) => /[A-Z_]/.test(scope)), scopes.filter((scope) => !/[A-Z_]/.test(scope))];
  const file: PlanText = { descriptor: "userconfig" };
  const replaced = replacedHost(npmCommand(request.arguments).name, ledHosts(situation, routes), situation.texts);
  return {
    plan: {
      ...EMPTY_PLAN,
      environment: {
        ...variables(request, "registry", root),
        ...(Object.assign({}, ...plain.map((scope) => variables(request, `${scope}:registry`, root))) as Record<string, string>),
        ...variables(request, "replace_registry_host", replaced.value),
        ...variables(request, "noproxy", exceptions(personal, request.environment)),
        ...variables(request, "userconfig", file),
      },
      arguments: [
        ...odd.map((scope) => `--${scope}:registry=${root}`),
        // Before what the package says, which comes before variables.
        ...destinations.map((place) => `--${place.scope === undefined ? "" : `${place.scope}:`}registry=${leading(place)}`),
      ],
      ...(typed.length === 0 ? {} : { trailing: typed.map((key) => `--${key}=${root}`) }),
      descriptors: {
        // And not a variable: a shell drops one of that name on its way to a script.
        userconfig: userConfig(
          situation.userConfig,
          [
            ...[root, ...destinations.map(leading)].map((url) => ({ key: `${url.replace(/^http:/, "")}:_authToken`, value: phantom })),
            ...scopes.map((scope) => ({ key: `${scope}:registry`, value: root })),
          ],
          request.environment,
        ),
      },
      ...besideGit(replaced.leftOut),
      given: grants
        .filter(({ need }) => routes.some(({ target }) => sameTarget(target, need.target)))
        .map(({ need, token }) => ({ token: token.id, place: formatTarget(need.target) })),
    },
    permit: {
      addressing: "npm",
      holder: "command",
      publishes: false,
      routes,
      ...wayOfPerson(personal, request),
    },
  };
}

/** What a person reads whose archives are left out for the sake of git. */
function besideGit(hosts: readonly string[]): Pick<Plan, "notes" | "hints"> {
  if (hosts.length === 0) return { notes: [], hints: [] };
  return {
    notes: [
      `npm asks ${hosts.join(" and ")} for package archives without a token: with packages from git, npm can have those of one host only through the gateway, and not of git's own`,
    ],
    hints: ["if that is refused: toolkey run --direct -- npm ..., which gives npm the tokens themselves"],
  };
}

/** One for each place; `scopes` are those for which it is asked without being named. */
function registryRoutes(places: readonly RegistryPlace[], grants: readonly Grant[], publishes: boolean): Route[] {
  const targets = places
    .map(({ target }) => target)
    .filter((target, index, all) => all.findIndex((other) => sameTarget(other, target)) === index);
  const inForce = new Map([...places].toReversed().map((place) => [place.scope, place]));
  return targets.map((target) => {
    const isAuthorized = grants.some(({ need }) => sameTarget(need.target, target));
    const scopes = [...inForce.values()].filter((place) => sameTarget(place.target, target)).map(({ scope }) => scope ?? "");
    return { target, isAuthorized, publishes: isAuthorized && publishes, scopes };
  });
}

/** For the tarballs that are not where their scope has its registry: each by its path, as npm asks the gateway for it. */
function tarballRoutes({ request, personal, texts }: NpmSituation, places: readonly RegistryPlace[], grants: readonly Grant[]): Route[] {
  const byHost = settingOf(personal, "replace-registry-host") ?? "npmjs";
  const routes = new Map<string, { target: Route["target"]; isAuthorized: boolean; tarballs: string[] }>();
  const taken = new Set<string>();
  const fallback = places.find(({ scope }) => scope === undefined);
  for (const url of tarballUrls(texts, wordsOf(request.arguments))) {
    const named = namedTarball(url);
    if (named === undefined || taken.has(named.path)) continue;
    // npm would ask its default registry for these.
    const isReplaced =
      byHost === "always" || (byHost === "npmjs" ? url.hostname === NPMJS : url.hostname === byHost) || url.hostname === SAME_AS_NPMJS;
    const scope = named.target.path.find((segment) => segment.startsWith("@"))?.split("/", 1)[0];
    const own = places.find((place) => scope !== undefined && place.scope === scope) ?? fallback;
    if (own !== undefined && (isReplaced ? own === fallback : covers(own.target, named.target))) continue;
    const place = isReplaced ? fallback?.target : undefined;
    const granted = grants
      .map(({ need }) => need.target)
      .filter((target) => covers(target, named.target))
      .toSorted((a, b) => b.path.length - a.path.length)[0];
    const target = place ?? granted ?? hostOf(named.target);
    const isAuthorized = grants.some(({ need }) => sameTarget(need.target, target));
    const route = routes.get(formatTarget(target)) ?? { target, isAuthorized, tarballs: [] };
    routes.set(formatTarget(target), route);
    route.tarballs.push(named.path);
    taken.add(named.path);
  }
  return [...routes.values()].map((route) => ({ ...route, publishes: false }));
}

/** Names of the hosts whose archives are only to be had through the gateway, or that npm would look for at its default registry. */
function ledHosts({ personal, registries, texts }: NpmSituation, routes: readonly Route[]): string[] {
  const byHost = settingOf(personal, "replace-registry-host") ?? "npmjs";
  const fallback = registries.find(({ scope }) => scope === undefined)?.url ?? "";
  const isMirrored = byHost === "npmjs" && !fallback.includes(`//${NPMJS}`) && texts.some(({ text }) => text.includes(`//${NPMJS}/`));
  return [
    ...new Set([...routes.filter(({ isAuthorized }) => isAuthorized).map(({ target }) => target.host), ...(isMirrored ? [NPMJS] : [])]),
  ];
}

/** In each spelling that is set already, since the last one counts; else in the usual one. */
function variables<Value>({ environment }: RunRequest, key: string, value: Value): Record<string, Value> {
  const name = `npm_config_${key}`;
  const set = Object.keys(environment).filter(
    (other) => other.toLowerCase().replaceAll("-", "_") === name.toLowerCase().replaceAll("-", "_"),
  );
  return Object.fromEntries((set.length === 0 ? [name] : set).map((spelling) => [spelling, value]));
}
