/**
 * pnpm through the gateway: registries with a token by the gateway's URLs of them, on the command line, which comes before
 * all else. What is measured is in docs/tools/pnpm.md. Pure.
 */
import { throughGateway } from "../../core/gateway/url.ts";
import type { Replacement } from "../../core/gateway/permit.ts";
import { EMPTY_PLAN, type PlanText } from "../../core/plan.ts";
import { formatTarget, origin, sameTarget, type Target } from "../../core/target.ts";
import { affairOfPerson, exceptions, wayOfPerson } from "../npm/configuration/person.ts";
import { asRecord } from "../text/as-record.ts";
import { manifestOf } from "../npm/configuration/manifest.ts";
import type { FoundText } from "../project-texts.ts";
import type { Registry, Settings } from "../npm/configuration/settings.ts";
import { placeOf, type RegistryPlace } from "../npm/survey.ts";
import { userConfig } from "../npm/configuration/user-config.ts";
import { npmCommand } from "../npm/words.ts";
import type { Doorway, Grant, PlanThrough, RunRequest, WhyNotThrough } from "../tool-protocol.ts";

/** What pnpm is configured with, as far as its way through the gateway goes. */
interface PnpmSituation {
  readonly request: RunRequest;
  /** In force for one version or another, the scopes of services included. */
  readonly registries: readonly Registry[];
  /** The person's own settings, in the order in which they count. */
  readonly personal: readonly Settings[];
  readonly userConfig: string;
  /** By which pnpm is told of another user configuration. */
  readonly variables: readonly string[];
  readonly manifests: readonly FoundText[];
  readonly locks: readonly FoundText[];
}

/** Registries whose archives are where pnpm doesn't look by itself, so that it writes their URLs into its lock file. */
const ELSEWHERE = /^https:\/\/(npm\.pkg\.github\.com$|[^/]+\/(api\/v4\/|artifactory\/api\/npm\/))/;

/** Commands that run nothing of a dependency's. What npm is told on the command line of pnpm 10 it doesn't understand. */
const LEFT_TO_NPM =
  /^(publish|unpublish|access|bugs|deprecate|dist-tags?|docs|find|home|info|issues|owner|ping|profile|repo|s|se|search|show|stars?|unstar|team|token|v|view|whoami)$/;

export function pnpmThrough(
  situation: PnpmSituation,
  grants: readonly Grant[],
  { gateway, phantom }: Doorway,
): PlanThrough | WhyNotThrough {
  const { request, personal, variables } = situation;
  const past = publishing(request.arguments, grants) ?? affairOfPerson(personal) ?? whyNot(situation, grants);
  if (past !== undefined) return past;

  const granted = situation.registries.flatMap(placeOf).filter((place) => isGranted(place, grants));
  const file: PlanText = { descriptor: "userconfig" };
  const replacement = situation.manifests.map(({ text }) => namedVersion(text)).find((named) => named !== undefined);
  const leading = granted.map(({ scope, target }) => ({
    key: scope === undefined ? "registry" : `${scope}:registry`,
    value: `${throughGateway(gateway, target)}/`,
  }));
  const reached = distinct(granted.map(({ target }) => target));
  return {
    plan: {
      ...EMPTY_PLAN,
      environment: Object.fromEntries(variables.map((name) => [name, file])),
      arguments: [
        ...leading.map(({ key, value }) => `--config.${key}=${value}`),
        `--config.noproxy=${exceptions(personal, request.environment)}`,
      ],
      // The registries once more: for what a script starts.
      descriptors: {
        userconfig: userConfig(
          situation.userConfig,
          [{ key: `${gateway.replace(/^http:/, "")}/:_authToken`, value: phantom }, ...leading],
          request.environment,
        ),
      },
      given: grants
        .filter(({ need }) => reached.some((target) => sameTarget(target, need.target)))
        .map(({ need, token }) => ({ token: token.id, place: formatTarget(need.target) })),
    },
    permit: {
      addressing: "url",
      ...(replacement === undefined ? { holder: "command" } : { holder: "launched", replacement }),
      publishes: false,
      routes: reached.map((target) => ({ target, isAuthorized: true, publishes: request.publish, rewritesTarballs: true })),
      ...wayOfPerson(personal, request),
    },
  };
}

/** It runs scripts of the project's, and its .pnpmfile.cjs, which would have the token in reach. */
function publishing(given: readonly string[], grants: readonly Grant[]): WhyNotThrough | undefined {
  if (grants.length === 0 || npmCommand(given).name !== "publish") return undefined;
  return { withheld: "'pnpm publish' runs the project's scripts, and pnpm 10 leaves it to npm, which the gateway can't tell from them" };
}

/** What pnpm can't do through the gateway. */
function whyNot({ request, registries, manifests, locks }: PnpmSituation, grants: readonly Grant[]): WhyNotThrough | undefined {
  if (grants.length === 0) return undefined;
  const { name } = npmCommand(request.arguments);
  if (LEFT_TO_NPM.test(name)) return { direct: `pnpm 10 leaves '${name}' to npm` };
  const granted = registries.flatMap(placeOf).filter((place) => isGranted(place, grants));
  if (granted.some(({ scope }) => scope?.startsWith("@named ") === true))
    return { withheld: "pnpm is told of named registries by no option" };
  const several = granted.find(({ scope, target }) =>
    registries.some((other) => other.scope === scope && !placeOf(other).some((place) => sameTarget(place.target, target))),
  );
  const inWorkspace = granted.some(({ scope }) =>
    registries.some((other) => other.scope === scope && other.source.endsWith("/pnpm-workspace.yaml")),
  );
  if (inWorkspace && !manifests.some(({ text }) => asksForNewer(text)))
    return {
      withheld: "pnpm 10 takes registries of pnpm-workspace.yaml before the gateway",
      hint: "pnpm 11 or newer in packageManager, which goes through the gateway",
    };
  if (several !== undefined) return { withheld: `versions of pnpm differ in where ${several.scope ?? "packages without a scope"} is` };
  const elsewhere = granted.find(
    ({ target }) => ELSEWHERE.test(formatTarget(target)) || locks.some(({ text }) => text.includes(`tarball: ${origin(target)}/`)),
  );
  return elsewhere === undefined
    ? undefined
    : { withheld: `pnpm writes where ${elsewhere.target.host} has its archives into its lock file` };
}

/** The version that `packageManager` names, or what took its place: pnpm may start it as another process. */
function namedVersion(text: string): Replacement | undefined {
  const { packageManager, devEngines } = manifestOf(text);
  const [, version] = /^pnpm@(\d+\.\d+\.\d+[^+]*)/.exec(typeof packageManager === "string" ? packageManager : "") ?? [];
  if (version !== undefined) return { package: "pnpm", version };
  const named = asRecord(asRecord(devEngines)["packageManager"]);
  // A range, which only pnpm resolves.
  return (typeof packageManager === "string" && packageManager.startsWith("pnpm@")) ||
    (named["name"] === "pnpm" && named["version"] !== undefined)
    ? { package: "pnpm" }
    : undefined;
}

/** Whether this is for a pnpm whose command line comes before pnpm-workspace.yaml. */
function asksForNewer(text: string): boolean {
  const { packageManager } = manifestOf(text);
  return typeof packageManager === "string" && Number(/^pnpm@(\d+)\./.exec(packageManager)?.[1] ?? 0) >= 11;
}

function isGranted({ target }: RegistryPlace, grants: readonly Grant[]): boolean {
  return grants.some(({ need }) => sameTarget(need.target, target));
}

function distinct(targets: readonly Target[]): Target[] {
  return targets.filter((target, index) => targets.findIndex((other) => sameTarget(other, target)) === index);
}
