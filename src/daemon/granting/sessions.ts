/** Opens a session: what it may is found here, once, from the vault and the command line (docs/decisions/0030-sessions.md). */
import { ADMINISTRATION, type Operations } from "../../core/wire/administration.ts";
import { instant } from "../../core/clock.ts";
import type { ScopePlace, Upstream } from "../../core/gateway/permit.ts";
import { Failure } from "../../core/failure.ts";
import { EMPTY_PLAN, together, type Plan } from "../../core/plan.ts";
import { Secret } from "../../core/secret.ts";
import { renderSessionFacts, SESSION_DESCRIPTOR, type SessionLimit } from "../../core/wire/session-file.ts";
import { formatTarget, parseTarget, sameTarget } from "../../core/target.ts";
import type { TokenView } from "../../core/tokens/token.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import { newPhantom, newPhantomId } from "../../gateway/phantoms/phantoms.ts";
import { ProjectFiles } from "../../platform/files/project-file.ts";
import type { FixedRequest, PlanThrough, RunRequest, WhyNotThrough } from "../../protocols/tool-protocol.ts";
import { standInGrant } from "../../protocols/stand-in-grant.ts";
import { TOOLS, toolNamed, type ToolName } from "../../protocols/tools.ts";
import type { Caller } from "../../core/caller.ts";
import { declaredPlaces } from "./declared-places.ts";
import { knownTool } from "../../protocols/tool-names.ts";
import { DAEMON_TOOLS } from "../tools.ts";
import type { GrantWorld } from "./grants.ts";
import { upstreamOf, withUpstream } from "./phantom-of-plan.ts";
import type { Opening, SessionPart } from "./session-part.ts";

/** What a session is asked for. */
export type SessionRequest = Operations["session"]["request"];

/** What it is made from. */
export interface SessionGround {
  readonly gateway: Gateway;
  /** Of all tools. */
  readonly tokens: readonly TokenView[];
  readonly grants: GrantWorld;
  readonly services: Parameters<typeof declaredPlaces>[0];
  readonly caller: Caller;
  readonly now: number;
  readonly fixed: FixedRequest;
}

const SESSION = "session";
const GIT = "git";

/** The tools that can ask the gateway: git, and those that say what they ask for there. */
function goesThrough(tool: string): boolean {
  return tool === GIT || toolNamed(tool)?.requests !== undefined;
}

/** The places for which a session may use tokens: those of the tools that go through the gateway, as far as it is not narrowed. */
function scopeOf(
  tokens: readonly TokenView[],
  only: readonly SessionLimit[],
  { services, now }: Pick<SessionGround, "services" | "now">,
): ScopePlace[] {
  const usable = tokens.filter(
    ({ tool, state, expiresAt }) =>
      tool !== ADMINISTRATION && goesThrough(tool) && state === "active" && (expiresAt === undefined || expiresAt > instant(now)),
  );
  const places = usable.map(({ tool, target }): ScopePlace => ({ tool, target: parseTarget(target) }));
  return [...places, ...placesOfLogins(tokens, services)]
    .filter(
      ({ tool, target }) => only.length === 0 || only.some((each) => each.tool === tool && (each.host ?? target.host) === target.host),
    )
    .filter((place, index, all) => all.findIndex((other) => other.tool === place.tool && sameTarget(other.target, place.target)) === index);
}

/** Where toolkey makes a token when one is asked for. */
function placesOfLogins(tokens: readonly TokenView[], services: SessionGround["services"]): ScopePlace[] {
  const logins = new Set(tokens.filter(({ tool, state }) => tool === ADMINISTRATION && state === "active").map(({ service }) => service));
  return services
    .all()
    .filter(({ name, auto }) => auto && logins.has(name))
    .flatMap(({ tools }) => Object.entries(tools).flatMap(([tool, { targets }]) => targets.map((target) => ({ tool, target }))))
    .filter(({ tool }) => goesThrough(tool));
}

/**
 * The plan of a session: its descriptors are files of its directory. The phantom is the session's own, with which the others end.
 *
 * @throws as `Gateway.issue`
 */
export async function openSession(ground: SessionGround, asked: SessionRequest): Promise<Plan> {
  const { gateway, caller, fixed } = ground;
  const { purpose, publish, environment } = asked;
  const scope = scopeOf(ground.tokens, asked.only, ground);
  const origin = await gateway.listen();
  const phantom = newPhantom();
  const id = newPhantomId();
  const tools = [...new Set(scope.map(({ tool }) => tool))];
  const [ways, ...parts] = await Promise.all([
    waysOf(ground, asked, { scope, gateway: origin }),
    ...tools.map((tool) => planPart(ground, asked, { tool, scope, session: id, gateway: origin })),
  ]);
  const session = {
    phantom,
    id,
    purpose,
    tool: SESSION,
    permit: {
      addressing: SESSION,
      holder: "descendants",
      routes: [],
      publishes: publish,
      scope,
      ways,
      upstream: upstreamOf(environment, []),
    },
    starter: caller.process,
  } as const;
  const facts = renderSessionFacts(
    {
      gateway: origin, purpose, ...fixed,
      publishes: publish,
      declared: Object.fromEntries(
        Object.keys(TOOLS).map((tool) => [
          tool,
          declaredPlaces(ground.services, tool).map(({ target, ...place }) => ({ ...place, target: formatTarget(target) })),
        ]),
      ),
    },
    phantom,
  );
  const own: Plan = { ...EMPTY_PLAN, descriptors: { [SESSION_DESCRIPTOR]: new Secret(facts) }, phantoms: [id] };
  await gateway.issueAll([session, ...parts.flatMap(({ issued }) => issued ?? [])]);
  return { ...parts.map(({ plan }) => plan).reduce(together, own), given: givenBy(ground.tokens, scope), programs: undefined };
}

/** The command by which each tool would ask its hosts in a directory of nobody's: what it reads then is the person's own. */
const INSTALL = ["install"];

/** How the tools of a scope reach hosts by the person's own settings: certificates, proxies. Those that say nothing are left out. */
async function waysOf(
  ground: SessionGround,
  asked: SessionRequest,
  { scope, gateway }: { readonly scope: readonly ScopePlace[]; readonly gateway: string },
): Promise<Record<string, Upstream>> {
  const tools = [...new Set(scope.map(({ tool }) => tool))].filter((tool) => tool !== GIT).map(knownTool);
  const found = await Promise.all(
    tools.map(async (tool) => {
      const through = await throughOf(tool, ground, asked, { places: scope.filter((place) => place.tool === tool), gateway });
      if (through === undefined || !("permit" in through)) return undefined;
      const { caFiles = [], proxies } = through.permit;
      if (caFiles.length === 0 && proxies === undefined) return undefined;
      return [tool, { ...upstreamOf(asked.environment, caFiles), ...proxies }] as const;
    }),
  );
  return Object.fromEntries(found.filter((entry) => entry !== undefined));
}

/**
 * What one tool would do in a directory of nobody's, with tokens for these places. Undefined where its settings can't be read: it says so
 * itself.
 */
async function throughOf(
  tool: ToolName,
  { services, fixed, tokens }: SessionGround,
  asked: SessionRequest,
  { places, gateway }: { readonly places: readonly ScopePlace[]; readonly gateway: string },
): Promise<PlanThrough | WhyNotThrough | undefined> {
  const files = new ProjectFiles();
  const phantom = newPhantom();
  const declared = declaredPlaces(services, tool);
  const request: RunRequest = { ...asked, ...fixed, arguments: INSTALL, directory: "/", declared, variables: {}, isInSession: true };
  const grants = places.flatMap(({ target }) => {
    const token = tokens.find((each) => each.tool === tool && each.target === formatTarget(target));
    return token === undefined
      ? []
      : standInGrant({ target }, { token, presents: token.username === undefined ? "Bearer" : "Basic" }, phantom);
  });
  try {
    const protocol = await TOOLS[tool].protocol();
    const survey = await protocol(request, (path) => files.read(path), async () => [], async () => []);
    return survey.planThrough?.(grants, { gateway, phantom });
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** git's part, which is the same wherever it starts; other tools have one in the daemon, or none. */
async function partOf(tool: string, tokens: readonly TokenView[], asked: SessionRequest): Promise<SessionPart | undefined> {
  return tool === GIT ? (_world, opening) => planGit(tokens, asked, opening) : DAEMON_TOOLS.get(tool)?.session?.();
}

async function planPart(
  { grants, tokens, caller, fixed }: SessionGround,
  asked: SessionRequest,
  opened: { readonly tool: string; readonly scope: readonly ScopePlace[]; readonly session: string; readonly gateway: string },
): Promise<{ readonly plan: Plan; readonly issued?: Parameters<Gateway["issueAll"]>[0][number] }> {
  const { tool, scope, session } = opened;
  const part = await partOf(tool, tokens, asked);
  const phantom = newPhantom();
  const made = await part?.(grants, { ...asked, fixed, scope, doorway: { gateway: opened.gateway, phantom } });
  if (made === undefined) return { plan: EMPTY_PLAN };
  const { plan, permit: { caFiles = [], proxies, replacement: _none, ...permit } } = made;
  const issued = {
    phantom, tool, session,
    id: newPhantomId(),
    purpose: asked.purpose,
    permit: { ...withUpstream(permit, { ...upstreamOf(asked.environment, caFiles), ...proxies }), holder: "descendants", scope },
    starter: caller.process,
  } as const;
  return { plan, issued };
}

async function planGit(
  tokens: readonly TokenView[],
  asked: SessionRequest,
  { scope, fixed, doorway }: Opening,
): ReturnType<SessionPart> {
  const protocol = await TOOLS.git.protocol();
  const held = tokens
    .filter(({ tool, state }) => tool === GIT && state === "active")
    .map(({ id, target }) => ({ token: id, target: parseTarget(target), isSuspended: false }))
    .filter(({ target }) => scope.some((place) => place.tool === GIT && sameTarget(place.target, target)));
  const files = new ProjectFiles();
  const request: RunRequest = { ...asked, ...fixed, arguments: [], declared: [], variables: {} };
  const survey = await protocol(request, (path) => files.read(path), async () => held, async () => []);
  const through = survey.planThrough?.([], doorway);
  return through !== undefined && "plan" in through && through.plan.given.length > 0 ? through : undefined;
}

function givenBy(tokens: readonly TokenView[], scope: readonly ScopePlace[]): Plan["given"] {
  return scope.map(({ tool, target }) => {
    const place = formatTarget(target);
    const token = tokens.find((each) => each.tool === tool && each.state === "active" && each.target === place);
    return { token: token?.id ?? "a new one", place: `${tool} at ${place}` };
  });
}
