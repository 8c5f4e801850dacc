/** pip through the gateway: its indexes by variables, the phantom by a netrc that is in no directory. Pure. */
import { GATEWAY_HOST, throughGateway } from "../../core/gateway/url.ts";
import type { Route } from "../../core/gateway/permit.ts";
import { EMPTY_PLAN, type PlanText } from "../../core/plan.ts";
import { Secret } from "../../core/secret.ts";
import { formatTarget, origin, parseTarget, sameTarget } from "../../core/target.ts";
import type { Doorway, Grant, PlanThrough, WhyNotThrough } from "../tool-protocol.ts";
import type { TypedIndexes } from "./command-line.ts";
import type { Setting } from "./configuration.ts";
import type { PackageIndex } from "./package-index.ts";

/** What pip is told, as far as its way through the gateway goes. */
export interface PipSituation {
  readonly typed: TypedIndexes;
  /** The one that it looks into first. */
  readonly index: PackageIndex;
  /** The others, from its settings; those that are typed come besides. */
  readonly extra: readonly PackageIndex[];
  readonly typedExtra: readonly PackageIndex[];
  readonly proxy: Setting | undefined;
  /** Files of certificates that the person's own settings trust. */
  readonly caFiles: readonly string[];
  /** The person's own netrc. */
  readonly netrc: string;
  /** What files of requirements say of indexes for which there is a token. */
  readonly notes: readonly string[];
}

export function pipThrough(situation: PipSituation, grants: readonly Grant[], { gateway, phantom }: Doorway): PlanThrough | WhyNotThrough {
  const { typed, index, extra, netrc, caFiles, notes } = situation;
  const grantOf = ({ target, username, hasPassword }: PackageIndex): Grant | undefined =>
    target === undefined || hasPassword
      ? undefined
      : grants.find(({ need }) => sameTarget(need.target, target) && need.username === username);
  const led = (each: PackageIndex): string =>
    each.target === undefined || grantOf(each) === undefined ? each.url : `${throughGateway(gateway, each.target)}/`;
  const used = [index, ...extra].flatMap((each) => grantOf(each) ?? []);
  const why = grants.length === 0 ? undefined : whyNot(situation, grantOf);
  if (why !== undefined) return why;
  const beside = besideNetrc([index, ...extra, ...situation.typedExtra].filter((each) => grantOf(each) === undefined), netrc);
  const isFirst = grantOf(index) !== undefined;
  const environment: Record<string, PlanText> = {
    ...(isFirst ? { PIP_INDEX_URL: led(index) } : {}),
    ...(extra.some((each) => grantOf(each) !== undefined) ? { PIP_EXTRA_INDEX_URL: extra.map(led).join(" ") } : {}),
    // Else it would ask a person for a login to the gateway.
    PIP_NO_INPUT: "1",
    NETRC: { descriptor: "netrc" },
  };
  return {
    plan: {
      ...EMPTY_PLAN,
      environment,
      arguments: [],
      ...(isFirst && typed.index !== undefined ? { trailing: [`--index-url=${led(index)}`] } : {}),
      descriptors: { netrc: new Secret(`machine ${GATEWAY_HOST} login toolkey password ${phantom.reveal()}\n`) },
      given: used.map(({ need, token }) => ({ token: token.id, place: formatTarget(need.target) })),
      notes: [...notes, ...beside.notes],
      hints: beside.hints,
    },
    permit: {
      addressing: "url",
      // What builds a package is fetched by another pip, which can't be told from what a build starts; and pyenv starts pip in between.
      holder: "descendants",
      publishes: false,
      routes: routesOf(used),
      caFiles,
    },
  };
}

/** What can't be told pip by variables. */
function whyNot(
  { typed, typedExtra, extra, proxy }: PipSituation,
  grantOf: (index: PackageIndex) => Grant | undefined,
): WhyNotThrough | undefined {
  if (typed.options.has("--isolated")) return { withheld: "pip takes no variables with --isolated" };
  if (typed.command === "lock") return { withheld: "pip writes the URLs of indexes into its lock file" };
  if (typedExtra.some((each) => grantOf(each) !== undefined))
    return {
      withheld: "pip asks what --extra-index-url names besides all else",
      hint: "PIP_EXTRA_INDEX_URL=… toolkey run -- pip …, or pip config set global.extra-index-url …",
    };
  if (typed.index !== undefined && typed.endsOptions)
    return { withheld: "what stands behind '--' is no option, so pip can't be told of another index" };
  if (extra.some(({ hasPassword }) => hasPassword))
    return {
      withheld: "another index has a password in its URL, which would be in a variable",
      hint: "toolkey import, which takes it over",
    };
  if (typed.options.has("--proxy") || proxy !== undefined)
    return {
      withheld: `pip would ask ${proxy === undefined ? "its proxy" : `the proxy of ${proxy.source}`} for the gateway, too`,
      hint: "https_proxy=… in the environment, in place of pip's own setting",
    };
  return undefined;
}

/** Certificates of the system are trusted without being named. */
export function isOfSystem(path: string): boolean {
  return /^\/(etc|usr)\//.test(path);
}

/** Where there is a token, with it; elsewhere on these hosts, where links of pages may lead, without. */
export function routesOf(grants: readonly Grant[]): Route[] {
  const targets = grants.map(({ token }) => token.target);
  const hosts = targets.map((target) => parseTarget(origin(target)));
  const authorized = distinct(targets);
  return [
    ...authorized.map((target) => ({ target, isAuthorized: true, publishes: false, rewritesLinks: true })),
    ...distinct(hosts)
      .filter((host) => !authorized.some((target) => sameTarget(target, host)))
      .map((target) => ({ target, isAuthorized: false, publishes: false, rewritesLinks: true })),
  ];
}

function distinct<T extends Route["target"]>(targets: readonly T[]): T[] {
  return targets.filter((target, index) => targets.findIndex((other) => sameTarget(other, target)) === index);
}

/** It takes the place of the person's own, whose passwords are not for what is sealed: where pip would have used one, it is said. */
function besideNetrc(indexes: readonly PackageIndex[], netrc: string): { readonly notes: string[]; readonly hints: string[] } {
  const words = new Set(netrc.split(/\s+/));
  const hosts = indexes.flatMap(({ target }) => (target !== undefined && words.has(target.host) ? target.host : []));
  if (hosts.length === 0) return { notes: [], hints: [] };
  return {
    notes: [`pip has no login of your netrc here, also not for ${[...new Set(hosts)].join(", ")}`],
    hints: ["toolkey add URL --tool pip --username NAME, by which it has one"],
  };
}
