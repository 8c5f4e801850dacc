/** The operation `plan`: from a command to what it is given besides what the person gave it. */
import { join } from "node:path";
import * as z from "zod/mini";
import type { Broker } from "../../broker/broker.ts";
import { instant } from "../../core/clock.ts";
import type { Caller } from "../../core/caller.ts";
import { Failure } from "../../core/failure.ts";
import { EMPTY_PLAN, renderPlan, together, type Plan } from "../../core/plan.ts";
import { formatTarget, parseTarget, sameTarget, type Target } from "../../core/target.ts";
import type { TokenView } from "../../core/tokens/token.ts";
import { MAX_PATH_LENGTH, ok } from "../../core/wire/wire.ts";
import { newPhantom } from "../../gateway/phantoms/phantoms.ts";
import { OWN_PROGRAMS } from "../../platform/installation/tree.ts";
import { accountHome, type Paths } from "../../platform/paths.ts";
import { ProjectFiles } from "../../platform/files/project-file.ts";
import type { Asked, FixedRequest, Grant, Held, RunRequest, Survey } from "../../protocols/tool-protocol.ts";
import { knownTool } from "../../protocols/tool-names.ts";
import { TOOLS, type ToolName } from "../../protocols/tools.ts";
import { declaredPlaces } from "../granting/declared-places.ts";
import { grantFor } from "../granting/grants.ts";
import { missingTokens, suspendedGit } from "../granting/missing-tokens.ts";
import { issuePhantom } from "../granting/phantom-of-plan.ts";
import { serverMark } from "../granting/server-mark.ts";
import { readPayload } from "./payload.ts";
import type { ToolOperation, ToolWorld } from "./tool-operation.ts";

/** Where nobody listens: the gateway of a plan that is only told of. */
const NOWHERE = "http://127.0.0.1:1";

/** What a hook of a tool does not say. */
export const OF_HOOKS = { variables: {}, purpose: "", direct: true, publish: false };

const path = z.string().check(z.startsWith("/"), z.maxLength(MAX_PATH_LENGTH));

const planRequest = z.strictObject({
  arguments: z.array(z.string()),
  directory: path,
  home: path,
  environment: z.record(z.string(), z.string()),
  /** By variable: a service by name, or a URL. */
  variables: z.record(z.string(), z.string()),
  purpose: z.string().check(z.maxLength(100)),
  direct: z.boolean(),
  publish: z.boolean(),
  dryRun: z.exactOptional(z.literal(true)),
  variableNames: z.exactOptional(z.array(z.string())),
  gitSettings: z.exactOptional(z.array(z.tuple([z.string(), z.string()]))),
});

/** What a plan is made from. */
export type PlanRequest = Omit<RunRequest, "program" | "variables" | "declared" | "mark" | "installation" | "accountHome" | "uid"> &
  Pick<z.infer<typeof planRequest>, "variables" | "purpose" | "direct" | "dryRun">;

/** @throws Failure `usage` for no tool, and whatever the tool's protocol or the broker throws */
export const answerPlan: ToolOperation = async (world, { tool, payload, caller }) => {
  const asked = readPayload(planRequest, payload, "plan");
  const { plan: made, places, missing, isExplained, publishes } = await makePlan(world, knownTool(tool), asked, caller);
  const now = instant(world.clock.now());
  const tokens =
    missing.length > 0 || publishes
      ? (await tokensOf(world, {})).filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now)
      : [];
  const told = [missingTokens(tool, missing, isExplained, tokens), ...(publishes ? [suspendedGit(tokens)] : [])];
  const plan = {
    ...made,
    notes: [...told.flatMap(({ notes }) => notes), ...made.notes],
    hints: [...told.flatMap(({ hints }) => hints), ...made.hints],
  };
  return { answer: ok(renderPlan(plan)), place: places.join(" "), tokens: plan.given.map(({ token }) => token) };
};

/**
 * From the request of a command to its plan. A vault that isn't there grants nothing.
 *
 * @throws as `answerPlan`
 */
export async function makePlan(
  world: ToolWorld,
  tool: ToolName,
  asked: PlanRequest,
  caller: Caller,
): Promise<{ plan: Plan; places: readonly string[]; missing: readonly Asked[]; isExplained: boolean; publishes: boolean }> {
  const files = new ProjectFiles();
  const protocol = await TOOLS[tool].protocol();
  const survey = await protocol(
    await runRequest(world, tool, asked),
    (path) => files.read(path),
    () => heldTokens(world, tool),
    (path) => files.directories(path),
  );
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
  const isWithGit = isSealed && tool !== "git" && asked.dryRun === undefined;
  const plan = isWithGit ? await withGit(world, own, survey.scripts ?? {}, asked, caller) : own;
  return {
    plan: {
      ...(asked.dryRun === true ? { ...EMPTY_PLAN, given: plan.given } : plan),
      notes: [...notes, ...plan.notes],
      hints: [...hints, ...plan.hints],
    },
    places,
    missing,
    isExplained: grants.length + notes.length > 0,
    publishes: survey.publishes === true,
  };
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
  const { purpose, environment, dryRun = false } = asked;
  const phantom = newPhantom(grants.map(({ token }) => token.secret));
  const gateway = dryRun ? undefined : await world.gateway.open();
  const through = survey.planThrough(grants, { gateway: (await gateway?.listen()) ?? NOWHERE, phantom });
  if ("direct" in through) return direct(dryRun ? undefined : `${through.direct}, so ${purpose} gets the token itself`);
  if ("plan" in through) {
    const issued = gateway && (await issuePhantom(gateway, phantom, through, { tool, purpose, environment, caller }));
    return { plan: issued ?? through.plan, isSealed: true };
  }
  // Without a token to give there is nothing to withhold, and nothing to say.
  if (grants.length === 0) return { plan: EMPTY_PLAN, isSealed: true };
  const hints = [
    ...(through.hint === undefined ? [] : [through.hint]),
    `toolkey run --direct -- ${purpose} …, if that is as you want it and ${purpose} may have the token itself`,
  ];
  return { plan: { ...EMPTY_PLAN, notes: [`${through.withheld}, so ${purpose} gets no token`], hints }, isSealed: true };
}

/** The plan of git within a command that goes through the gateway. Within another such command it has one already. */
async function withGit(
  world: ToolWorld,
  own: Plan,
  scripts: NonNullable<Survey["scripts"]>,
  asked: PlanRequest,
  caller: Caller,
): Promise<Plan> {
  if ((await world.inside.commandAround(caller)) !== undefined) return own;
  const { plan } = await makePlan(world, "git", { ...asked, arguments: [], variables: {} }, caller);
  return plan.phantoms.length === 0 ? together(own, plan) : together({ ...own, environment: { ...own.environment, ...scripts } }, plan);
}

/** Revoked ones are good for nothing for ever. */
async function heldTokens(world: ToolWorld, tool: string): Promise<Held[]> {
  const tokens = await tokensOf(world, { tool });
  return tokens
    .filter(({ state }) => state === "active" || state === "suspended")
    .map(({ id, target, state }) => ({ token: id, target: parseTarget(target), isSuspended: state === "suspended" }));
}

/** Without a vault there are none. */
async function tokensOf({ broker }: ToolWorld, filter: Parameters<Broker["list"]>[0]): Promise<TokenView[]> {
  return broker.list(filter).catch((error: unknown) => {
    if (error instanceof Failure && error.code === "no-vault") return [];
    throw error;
  });
}

export async function runRequest(
  world: ToolWorld,
  tool: string,
  { variables, direct: _direct, dryRun: _dryRun, purpose, ...asked }: PlanRequest,
): Promise<RunRequest> {
  const { services } = world.access;
  return {
    ...asked,
    program: purpose,
    ...(await fixedOf(world.paths)),
    variables: Object.fromEntries(Object.entries(variables).map(([name, place]) => [name, services.place(place, tool).target])),
    declared: declaredPlaces(services, tool),
  };
}

export async function fixedOf(paths: Paths): Promise<FixedRequest> {
  return {
    accountHome: accountHome(),
    uid: process.getuid?.(),
    mark: await serverMark(paths),
    installation: { ...OWN_PROGRAMS, gitPrograms: join(paths.runtime, "git") },
  };
}
