/** From what a client of npm registries is configured with to its needs, and from the tokens to its plan. Pure. */
import { Failure } from "../../core/failure.ts";
import { EMPTY_PLAN, type Plan, type PlanText } from "../../core/plan.ts";
import { covers, formatTarget, parseTarget, sameTarget, type Target } from "../../core/target.ts";
import type { DeclaredPlace, Grant, NothingGiven, Survey } from "../tool-protocol.ts";
import { namesOtherwise, type ProjectText } from "../text/named-hosts.ts";
import { isUnset, type OwnCredential } from "./configuration/placeholders.ts";
import { keyAbove, registryKey } from "./registry-key.ts";
import type { Registry } from "./configuration/settings.ts";
import { asksRegistry, npmCommand } from "./words.ts";
import { credentialSetting, userConfig, type UserSetting } from "./configuration/user-config.ts";

/** What a client is configured with, as far as tokens go. */
interface ClientConfiguration {
  readonly tool: string;
  /** The arguments after the program. */
  readonly given: readonly string[];
  /** In force, the scopes of services included. */
  readonly registries: readonly Registry[];
  /** Settings of the project that make it somebody to whom nothing is given: `strict-ssl in /p/.npmrc`. */
  readonly distrusted: readonly string[];
  /** Proxies of the project's, which may see what goes to a registry without TLS: `proxy in /p/.npmrc`. */
  readonly proxies: readonly string[];
  /** What the project has fetched by URL, for clients that find the token by host and path alone. */
  readonly texts: readonly ProjectText[];
  /** Those that the client takes before the user's. */
  readonly preferred: readonly OwnCredential[];
  /** What is known of the command's variables. */
  readonly command: { readonly variableNames?: readonly string[] };
  /** How the client wants them. */
  readonly channel: Channel;
}

/** How tokens get to a client. */
interface Channel {
  /** The user's own configuration, to which the tokens are added. */
  readonly userConfig: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The variables by which the client is told of another user configuration. */
  readonly variables: readonly string[];
  /** More variables, set if anything is given. */
  readonly also: Readonly<Record<string, string>>;
  /** What stands before `//host/` in a name. */
  readonly keyPrefix: (url: string) => string;
  /** What else is said of a registry with a token, by the end of its name. */
  readonly besides: Readonly<Record<string, string>>;
  /** Whether the client takes a token for the host to other ports of it. */
  readonly anyPort: boolean;
}

/** A registry that a token can be bound to. */
export interface RegistryPlace extends Registry {
  readonly target: Target;
}

const PUBLIC = /^(registry\.npmjs\.org|registry\.yarnpkg\.com|registry\.npmmirror\.com|npm\.jsr\.io)$/;

/** No honest project has more; each is compared with all others, and with all texts. */
const MAX_REGISTRIES = 200;

export function surveyRegistries(configuration: ClientConfiguration): Survey {
  if (configuration.registries.length > MAX_REGISTRIES) return refused(tooMany(configuration));
  const places = configuration.registries.flatMap(placeOf);
  const needs = places
    .map(({ target }) => target)
    .filter((target, index, all) => all.findIndex((other) => sameTarget(other, target)) === index);
  return {
    needs: needs.map((target) => ({ target })),
    asks: asksRegistry(configuration.given) ? needs.map((target) => ({ target, isPublic: PUBLIC.test(target.host) })) : [],
    publishes: npmCommand(configuration.given).name === "publish",
    plan: (grants) => planRegistries(configuration, places, grants),
    distrust: (target) => distrustOfProject(configuration) ?? exposure(configuration, places, target),
  };
}

function planRegistries(configuration: ClientConfiguration, places: readonly RegistryPlace[], grants: readonly Grant[]): Plan {
  const { channel } = configuration;
  if (grants.length === 0) return EMPTY_PLAN;
  const refusedAll = distrustOfProject(configuration);
  if (refusedAll !== undefined) return { ...EMPTY_PLAN, notes: [refusedAll.note], hints: [refusedAll.hint] };
  const added: UserSetting[] = [];
  const given: Plan["given"][number][] = [];
  const notes: string[] = [];
  const hints: string[] = [];
  for (const grant of grants) {
    const asked = places.filter(({ target }) => sameTarget(target, grant.need.target));
    const refused = refusal(configuration, places, grant, asked);
    if (refused !== undefined) {
      notes.push(refused.note);
      hints.push(refused.hint);
      continue;
    }
    const keys = [...new Set(asked.flatMap(({ url }) => keysOf(url, grant).map((key) => `${channel.keyPrefix(url)}${key}`)))];
    for (const key of keys) {
      const setting = credentialSetting(key, grant);
      if (setting !== undefined)
        added.push(setting, ...Object.entries(channel.besides).map(([name, value]) => ({ key: `${key}:${name}`, value })));
    }
    added.push(
      ...asked.filter(({ source }) => source === DECLARED).map(({ scope, url }) => ({ key: `${scope ?? ""}:registry`, value: url })),
    );
    given.push({ token: grant.token.id, place: formatTarget(grant.need.target) });
  }
  if (given.length === 0) return { ...EMPTY_PLAN, notes, hints };
  const content = userConfig(channel.userConfig, added, channel.environment);
  const file: PlanText = { descriptor: DESCRIPTOR };
  return {
    ...EMPTY_PLAN,
    environment: { ...Object.fromEntries(channel.variables.map((name) => [name, file])), ...channel.also },
    descriptors: { [DESCRIPTOR]: content },
    given,
    notes,
    hints,
  };
}

const DESCRIPTOR = "userconfig";

/** The source of a route that only a service declares. */
const DECLARED = "toolkey";

function refused(refusal: NothingGiven): Survey {
  return { needs: [], plan: () => ({ ...EMPTY_PLAN, notes: [refusal.note], hints: [refusal.hint] }), distrust: () => refusal };
}

function tooMany({ tool, registries }: ClientConfiguration): NothingGiven {
  return {
    note: `${tool} gets no token here, since ${registries.length} registries are configured`,
    hint: `at most ${MAX_REGISTRIES} are looked at`,
  };
}

/** Of settings by which a project is refused, as many as a person reads. */
const MAX_NAMED = 5;

function distrustOfProject({ tool, distrusted }: ClientConfiguration): NothingGiven | undefined {
  if (distrusted.length === 0) return undefined;
  return {
    note: `${tool} gets no token here, since the project decides whom to trust: ${distrusted.slice(0, MAX_NAMED).join(", ")}`,
    hint: "if that is right for all you do, set it in your own configuration instead",
  };
}

/** Why a token would get where it is not for. */
function exposure(
  { tool, texts, proxies, channel }: ClientConfiguration,
  places: readonly RegistryPlace[],
  target: Target,
): NothingGiven | undefined {
  if (target.scheme === "http" && proxies.length > 0) {
    return {
      note: `${tool} gets no token for ${formatTarget(target)}, which the project lets pass through ${proxies.join(", ")}`,
      hint: "set a proxy in your own configuration instead",
    };
  }
  const exposing =
    texts.find((text) => namesOtherwise(text, target, channel.anyPort))?.path ??
    places.find((other) => differsInScheme(other.target, target))?.source;
  if (exposing === undefined) return undefined;
  return {
    note: `${tool} gets no token for ${formatTarget(target)}: ${exposing} names ${target.host} in a way by which ${tool} would send it elsewhere or without encryption`,
    hint: `write https://${target.host} there`,
  };
}

/** Why a token is left out. */
function refusal(
  configuration: ClientConfiguration,
  places: readonly RegistryPlace[],
  grant: Grant,
  asked: readonly RegistryPlace[],
): NothingGiven | undefined {
  const { tool, preferred } = configuration;
  const { target } = grant.need;
  const place = formatTarget(target);
  const own = preferred.find((credential) => asked.some(({ url }) => registryKey(url) === credential.place));
  if (own !== undefined) return insteadOf(configuration, own, grant.token.id, place);
  const exposed = exposure(configuration, places, target);
  if (exposed !== undefined) return exposed;
  if (asked.every(({ url }) => registryKey(url) === undefined) || credentialSetting("", grant) === undefined) {
    return {
      note: `${tool} cannot be given ${grant.token.id} for ${place}: it has characters that .npmrc does not carry`,
      hint: `make a new token and toolkey replace ${grant.token.id}`,
    };
  }
  return undefined;
}

function insteadOf(
  { tool, command }: ClientConfiguration,
  { source, variable }: OwnCredential,
  token: string,
  place: string,
): NothingGiven {
  if (variable === undefined) {
    return {
      note: `${source} has credentials of its own for ${place}, which ${tool} takes instead of ${token}`,
      hint: `take them out of ${source}${/^\/.*(rc|auth\.ini)$/.test(source) ? ", as toolkey import --project does" : ""}`,
    };
  }
  // No secret, which 'import' would take.
  const hint = `take that line out of ${source}: ${tool} gets its token without it`;
  if (isUnset(variable, command))
    return {
      note: `${source} names ${variable} as the token for ${place}, which is not set; ${tool} would send that name instead of ${token}`,
      hint,
    };
  return { note: `${source} names ${variable} as the token for ${place}, which ${tool} takes instead of ${token}`, hint };
}

function differsInScheme(other: Target, target: Target): boolean {
  return other.host === target.host && other.scheme === "http" && target.scheme === "https";
}

/** npm looks one level above for URLs without a final slash; only a token that is good for that level may be there. */
function keysOf(url: string, { token }: Grant): string[] {
  const above = keyAbove(url);
  const wide = above !== undefined && covers(token.target, parseTarget(`${new URL(url).protocol}${above}`));
  return [registryKey(url), wide ? above : undefined].filter((key) => key !== undefined);
}

/** Scopes of services that nothing else routes and that the command or the project names. */
export function declaredScopes(
  declared: readonly DeclaredPlace[],
  routed: readonly Registry[],
  named: readonly string[],
): Registry[] {
  const scopes = new Set(routed.map(({ scope }) => scope));
  return declared.flatMap(({ npmScope, target }) => {
    if (npmScope === undefined || scopes.has(npmScope) || !named.some((text) => namesScope(text, npmScope))) return [];
    scopes.add(npmScope);
    return { url: `${formatTarget(target)}/`, scope: npmScope, source: DECLARED };
  });
}

function namesScope(text: string, scope: string): boolean {
  const at = text.indexOf(`${scope}/`);
  return at !== -1 && !/[\w.-]/.test(text.charAt(at - 1));
}

/** Longer URLs name no registry; and names that are not of ASCII take long to be looked at. */
const MAX_URL_LENGTH = 2000;
const MAX_INTERNATIONAL_LENGTH = 200;

/** None for what no token can be bound to. */
export function placeOf(registry: Registry): RegistryPlace[] {
  if (registry.url.length > (/[^ -~]/.test(registry.url) ? MAX_INTERNATIONAL_LENGTH : MAX_URL_LENGTH)) return [];
  try {
    const { protocol, search, hash, username, password } = new URL(registry.url);
    // A URL that brings credentials, or what no registry has, is the project's or the person's own affair.
    if (!/^https?:$/.test(protocol) || `${search}${hash}${username}${password}` !== "") return [];
    return [{ ...registry, target: parseTarget(new URL(registry.url).href) }];
  } catch (error) {
    if (error instanceof TypeError || error instanceof Failure) return [];
    throw error;
  }
}
