/** What the daemon does for the tools that are handed their tokens: plans of commands, and single headers. */
import { userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod/mini";
import type { Broker } from "../../broker/broker.ts";
import { instant } from "../../core/clock.ts";
import type { Caller } from "../../core/caller.ts";
import { Failure } from "../../core/failure.ts";
import { EMPTY_PLAN, renderPlan, together, type Plan } from "../../core/plan.ts";
import { formatTarget, hasDots, parseTarget, sameTarget, type Target } from "../../core/target.ts";
import type { TokenView } from "../../core/token.ts";
import { miss, ok } from "../../core/wire.ts";
import type { Paths } from "../../platform/paths.ts";
import { ProjectFiles } from "../../platform/files/project-file.ts";
import { authorization } from "../../protocols/authorization.ts";
import { parseHookRequest } from "../../protocols/maven/hook-request.ts";
import { keptIn } from "../../protocols/maven/settings/kept-settings.ts";
import { personalSettings } from "../../protocols/maven/situation.ts";
import type { Asked, Grant, Held, ReadText, Refusal, RunRequest, Survey } from "../../protocols/tool-protocol.ts";
import { knownTool } from "../../protocols/tool-names.ts";
import type { ToolName } from "../../protocols/tools.ts";
import { TOOLS } from "../../protocols/tools.ts";
import { declaredPlaces } from "../granting/declared-places.ts";
import type { GatewayAccess } from "../granting/gateway-access.ts";
import { grantFor, type GrantWorld } from "../granting/grants.ts";
import { answerGatewaySettings, endGatewaySettings } from "../maven/kept-settings.ts";
import { answerNativeSettings } from "../maven/native-settings.ts";
import type { Outcome } from "./outcome.ts";
import type { Inside } from "../granting/inside.ts";
import { missingTokens, suspendedGit } from "../granting/missing-tokens.ts";
import { readPayload } from "./payload.ts";
import { planThrough } from "../granting/plan-through.ts";
import { serverMark } from "../granting/server-mark.ts";

/** What these operations act on. */
export interface ToolWorld extends GrantWorld {
  readonly paths: Paths;
  readonly gateway: GatewayAccess;
  readonly inside: Inside;
}

/** Beside the daemon's own file. */
const INSTALLATION = { yarnPlugin: fileURLToPath(new URL("yarn-plugin.cjs", import.meta.url)), sealedPrograms: fileURLToPath(new URL("../bin/sealed", import.meta.url)) };

/** What a hook of a tool does not say. */
const OF_HOOKS = { variables: {}, purpose: "", direct: true, publish: false };

const planRequest = z.strictObject({
  arguments: z.array(z.string()),
  directory: z.string().check(z.regex(/^\//)),
  home: z.string().check(z.regex(/^\//)),
  environment: z.record(z.string(), z.string()),
  /** By variable: a service by name, or a URL. */
  variables: z.record(z.string(), z.string()),
  purpose: z.string().check(z.maxLength(100)),
  direct: z.boolean(),
  publish: z.boolean(),
  variableNames: z.exactOptional(z.array(z.string())),
  gitSettings: z.exactOptional(z.array(z.tuple([z.string(), z.string()]))),
});

/** What a plan is made from. */
export type PlanRequest = Omit<RunRequest, "variables" | "declared" | "mark" | "installation" | "accountHome"> & Pick<z.infer<typeof planRequest>, "variables" | "purpose" | "direct">;

/**
 * Answers a tool: `plan` makes the plan of a command, `authorization` the value of a header for one URL,
 * `settings` the settings of Maven that are in the plan of a command, `native-settings` those of Maven 4
 * without a plan, `gateway-settings` those that lead through the gateway and stay, `end-gateway-settings` the end of their
 * phantoms.
 *
 * @throws Failure `usage` for a tool without plans, `bad-request` for an unknown operation, and whatever the tool's protocol or the
 * broker throws
 */
export async function answerTool(
  world: ToolWorld,
  { tool, operation, payload, headers, caller }: { tool: string; operation: string; payload: string; headers: ReadonlyMap<string, string>; caller: Caller },
): Promise<Outcome> {
  if (operation === "authorization") return answerAuthorization(world, knownTool(tool), payload, headers);
  if (operation === "settings" && tool === "maven") return answerSettings(world, payload, caller);
  if (operation === "native-settings" && tool === "maven") return answerNativeSettings(world);
  if (operation === "gateway-settings" && tool === "maven") return answerGatewaySettings(world, payload, reading());
  if (operation === "end-gateway-settings" && tool === "maven") return endGatewaySettings(world, payload);
  if (operation !== "plan") throw new Failure("bad-request", Object.hasOwn(TOOLS, tool) ? "the tool has no such operation" : "this daemon does not know the tool");
  const { plan: made, places, missing, isExplained, publishes } = await makePlan(world, knownTool(tool), readPayload(planRequest, payload, "plan"), caller);
  const now = instant(world.clock.now());
  const tokens = missing.length > 0 || publishes ? (await tokensOf(world, {})).filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now) : [];
  const told = [missingTokens(tool, missing, isExplained, tokens), ...(publishes ? [suspendedGit(tokens)] : [])];
  const plan = { ...made, notes: [...told.flatMap(({ notes }) => notes), ...made.notes], hints: [...told.flatMap(({ hints }) => hints), ...made.hints] };
  return { answer: ok(renderPlan(plan)), place: places.join(" "), tokens: plan.given.map(({ token }) => token) };
}

/**
 * From the request of a command to its plan. A vault that isn't there grants nothing.
 *
 * @throws as `answerTool`
 */
async function makePlan(
  world: ToolWorld,
  tool: ToolName,
  asked: PlanRequest,
  caller: Caller,
): Promise<{ plan: Plan; places: readonly string[]; missing: readonly Asked[]; isExplained: boolean; publishes: boolean }> {
  const files = new ProjectFiles();
  const protocol = await TOOLS[tool].protocol();
  const survey = await protocol(await runRequest(world, tool, asked), (path) => files.read(path), () => heldTokens(world, tool), (path) => files.directories(path));
  const places = survey.needs.map(({ target }) => formatTarget(target));
  const grants: Grant[] = [];
  const notes: string[] = [];
  const hints: string[] = [];
  const settled: Target[] = [];
  for (const need of survey.needs) {
    const found = await grantFor(world, tool, need);
    if (found.grant !== undefined) grants.push(found.grant);
    notes.push(...found.notes);
    hints.push(...found.hints);
    if (found.grant !== undefined || found.notes.length > 0) settled.push(need.target);
  }
  const missing = (survey.asks ?? survey.needs).filter(({ target }) => !settled.some((other) => sameTarget(other, target)));
  const { plan: own, isSealed } = await planOf(world, tool, { survey, grants, asked, caller });
  const plan = isSealed && tool !== "git" ? await withGit(world, own, survey.scripts ?? {}, asked, caller) : own;
  return { plan: { ...plan, notes: [...notes, ...plan.notes], hints: [...hints, ...plan.hints] }, places, missing, isExplained: grants.length + notes.length > 0, publishes: survey.publishes === true };
}

/** Through the gateway, and so sealed, where the tool can and nobody wanted the tokens themselves. */
async function planOf(
  world: ToolWorld,
  tool: string,
  { survey, grants, asked, caller }: { survey: Survey; grants: readonly Grant[]; asked: PlanRequest; caller: Caller },
): Promise<{ readonly plan: Plan; readonly isSealed: boolean }> {
  // A script of a build could else have a phantom of its own, which publishes.
  if (grants.length > 0 || (survey.needs.length === 0 && survey.planThrough !== undefined)) await world.inside.assertOutside(caller);
  const direct = (note?: string): { plan: Plan; isSealed: false } => {
    const plan = survey.plan(grants);
    return { plan: note === undefined || plan.given.length === 0 ? plan : { ...plan, notes: [note, ...plan.notes] }, isSealed: false };
  };
  if (asked.direct || survey.planThrough === undefined) return direct();
  const { purpose, environment } = asked;
  const through = await planThrough(await world.gateway.open(), survey.planThrough.bind(survey, grants), { tool, purpose, environment, caller, tokens: grants.map(({ token }) => token.secret) });
  if ("direct" in through) return direct(`${through.direct}, so ${purpose} gets the token itself`);
  if (!("withheld" in through)) return { plan: through, isSealed: true };
  // Without a token to give there is nothing to withhold, and nothing to say.
  if (grants.length === 0) return { plan: EMPTY_PLAN, isSealed: true };
  const hints = [...(through.hint === undefined ? [] : [through.hint]), `toolkey run --direct -- ${purpose} …, if it may have the token itself`];
  return { plan: { ...EMPTY_PLAN, notes: [`${through.withheld}, so ${purpose} gets no token`], hints }, isSealed: true };
}

/** The plan of git within a command that goes through the gateway. Within another such command it has one already. */
async function withGit(world: ToolWorld, own: Plan, scripts: NonNullable<Survey["scripts"]>, asked: PlanRequest, caller: Caller): Promise<Plan> {
  if ((await world.inside.commandAround(caller)) !== undefined) return own;
  const { plan } = await makePlan(world, "git", { ...asked, arguments: [], variables: {} }, caller);
  return plan.phantoms.length === 0 ? together(own, plan) : together({ ...own, environment: { ...own.environment, ...scripts } }, plan);
}

/** Revoked ones are good for nothing for ever. */
async function heldTokens(world: ToolWorld, tool: string): Promise<Held[]> {
  const tokens = await tokensOf(world, { tool });
  return tokens.filter(({ state }) => state === "active" || state === "suspended").map(({ id, target, state }) => ({ token: id, target: parseTarget(target), isSuspended: state === "suspended" }));
}

/** Without a vault there are none. */
async function tokensOf({ broker }: ToolWorld, filter: Parameters<Broker["list"]>[0]): Promise<TokenView[]> {
  return broker.list(filter).catch((error: unknown) => {
    if (error instanceof Failure && error.code === "no-vault") return [];
    throw error;
  });
}

function reading(): ReadText {
  const files = new ProjectFiles();
  return (path) => files.read(path);
}

/** The daemon is of the same user as who asks. */
function accountHome(): string | undefined {
  try {
    return userInfo().homedir;
  } catch {
    // Of a user without an entry, as in some containers.
    return undefined;
  }
}

async function runRequest(world: ToolWorld, tool: string, { variables, direct: _direct, purpose: _purpose, ...asked }: PlanRequest): Promise<RunRequest> {
  const { services } = world.access;
  return {
    ...asked,
    accountHome: accountHome(),
    variables: Object.fromEntries(Object.entries(variables).map(([name, place]) => [name, services.place(place, tool).target])),
    declared: declaredPlaces(services, tool),
    mark: await serverMark(world.paths),
    installation: { ...INSTALLATION, gitPrograms: join(world.paths.runtime, "git") },
  };
}

/** The text of the settings alone, for a client that can't read a plan. */
async function answerSettings(world: ToolWorld, payload: string, caller: Caller): Promise<Outcome> {
  const asked = parseHookRequest(payload);
  const { plan, places } = await makePlan(world, "maven", { ...asked, ...OF_HOOKS }, caller);
  const place = places.join(" ");
  // The person's settings lead through the gateway by themselves. The daemon runs now, and the vault is open.
  if (keptIn((await reading()(personalSettings({ ...asked, accountHome: accountHome() }))) ?? "") !== undefined) return { answer: miss(), place };
  const { settings } = plan.descriptors;
  if (plan.environment["MAVEN_ARGS"] !== undefined) {
    // A script that is sourced could set it, but its text would have to go through one shell more.
    return { answer: miss(["MAVEN_ARGS names settings, which come before those with the tokens"], ["toolkey run -- mvn …, which takes them together"]), place };
  }
  if (settings === undefined) return { answer: miss(plan.notes, plan.hints), place };
  if (plan.trailing !== undefined) return { answer: miss(["deploy-file gets its token by arguments, which this hook can't add"], ["toolkey run -- mvn …, which adds them"]), place };
  return { answer: ok(settings.reveal(), plan.notes, plan.hints), place, tokens: plan.given.map(({ token }) => token) };
}

async function answerAuthorization(world: ToolWorld, tool: ToolName, payload: string, headers: ReadonlyMap<string, string>): Promise<Outcome> {
  const url = payload.trim();
  if (hasDots(url)) return { answer: miss(["no token is given for a URL with '.' or '..' in its path"]) };
  const target = parseTarget(url);
  const place = formatTarget(target);
  const [directory, home] = [headers.get("directory"), headers.get("home")];
  if (directory !== undefined && home !== undefined) {
    const refusal = await distrustIn(world, tool, target, { directory, home });
    if (refusal !== undefined) return { answer: miss([refusal.note], [refusal.hint]), place };
  }
  const { grant, notes, hints } = await grantFor(world, tool, { target });
  if (grant === undefined) return { answer: miss(notes, hints), place };
  return { answer: ok(`${authorization(grant).reveal()}\n`), place, tokens: [grant.token.id] };
}

/** Why the project in a directory must not be given a token, where the tool's hook can't tell by itself. */
async function distrustIn(world: ToolWorld, tool: ToolName, target: Target, where: Pick<RunRequest, "directory" | "home">): Promise<Refusal | undefined> {
  if (!where.directory.startsWith("/") || !where.home.startsWith("/")) throw new Failure("bad-request", "a directory is absolute");
  const protocol = await TOOLS[tool].protocol();
  const survey = await protocol(await runRequest(world, tool, { ...where, arguments: ["install"], environment: {}, ...OF_HOOKS }), reading(), () => Promise.resolve([]), () => Promise.resolve([]));
  return survey.distrust?.(target);
}
