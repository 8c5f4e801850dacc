/** What the daemon does for the tools that are handed their tokens: plans of commands, and single headers. */
import { fileURLToPath } from "node:url";
import * as z from "zod/mini";
import type { Broker } from "../broker/broker.ts";
import { instant, type Clock } from "../core/clock.ts";
import { Failure } from "../core/failure.ts";
import { renderPlan, type Plan } from "../core/plan.ts";
import { covers, formatTarget, parseTarget, type Target } from "../core/target.ts";
import type { Token } from "../core/token.ts";
import { toolName } from "../core/tool.ts";
import { miss, ok } from "../core/wire.ts";
import type { ServiceAccess } from "../broker/service-access.ts";
import type { Services } from "../issuers/registry.ts";
import type { Paths } from "../platform/paths.ts";
import { readProjectFile } from "../platform/project-file.ts";
import { authorization } from "../protocols/authorization.ts";
import type { DeclaredPlace, Grant, Need, RunRequest, ToolProtocol } from "../protocols/tool-protocol.ts";
import { TOOLS } from "../protocols/tools.ts";
import { mend, whyNot } from "./near-miss.ts";
import type { Outcome } from "./outcome.ts";
import { serverMark } from "./server-mark.ts";

/** What these operations act on. */
export interface ToolWorld {
  readonly broker: Broker;
  readonly access: ServiceAccess;
  readonly clock: Clock;
  readonly paths: Paths;
}

/** Beside the daemon's own file. */
const INSTALLATION = { yarnPlugin: fileURLToPath(new URL("yarn-plugin.cjs", import.meta.url)) };

const planRequest = z.strictObject({
  arguments: z.array(z.string()),
  directory: z.string().check(z.regex(/^\//)),
  home: z.string().check(z.regex(/^\//)),
  environment: z.record(z.string(), z.string()),
  /** By variable: a service by name, or a URL. */
  variables: z.record(z.string(), z.string()),
});

/** A plan as the answer of the operation `plan`. */
export type PlanRequest = z.infer<typeof planRequest>;

/**
 * Answers a tool: `plan` makes the plan of a command, `authorization` the value of a header for one URL.
 *
 * @throws Failure `usage` for a tool without plans, `bad-request` for an unknown operation, and whatever the tool's protocol or the
 * broker throws
 */
export async function answerTool(
  world: ToolWorld,
  { tool, operation, payload }: { tool: string; operation: string; payload: string },
): Promise<Outcome> {
  // Hooks are not only of tools for whose commands there are plans.
  if (operation === "authorization") return answerAuthorization(world, toolName(tool), payload);
  const isKnown = Object.hasOwn(TOOLS, tool);
  if (operation !== "plan") throw new Failure("bad-request", isKnown ? "the tool has no such operation" : "this daemon does not know the tool");
  if (!isKnown) throw new Failure("usage", "no command of this tool gets a token", { hint: `tools: ${Object.keys(TOOLS).join(", ")}` });
  const { plan, places } = await makePlan(world, tool, payload);
  return { answer: ok(renderPlan(plan)), place: places.join(" "), tokens: plan.given.map(({ token }) => token) };
}

/**
 * From the request of a command to its plan. A vault that isn't there grants nothing.
 *
 * @throws as `answerTool`
 */
export async function makePlan(world: ToolWorld, tool: string, payload: string): Promise<{ plan: Plan; places: readonly string[] }> {
  const protocol: ToolProtocol | undefined = TOOLS[tool];
  const parsed = planRequest.safeParse(parseJson(payload));
  // The words of zod may quote a value.
  if (protocol === undefined || !parsed.success) throw new Failure("bad-request", "the payload is not what 'plan' takes");
  const { variables, ...asked } = parsed.data;
  const { services } = world.access;
  const request: RunRequest = {
    ...asked,
    variables: Object.fromEntries(Object.entries(variables).map(([name, place]) => [name, services.place(place, tool).target])),
    declared: declaredPlaces(services, tool),
    mark: await serverMark(world.paths),
    installation: INSTALLATION,
  };
  const survey = await protocol(request, readProjectFile);
  const places = survey.needs.map(({ target }) => formatTarget(target));
  const grants: Grant[] = [];
  const notes: string[] = [];
  const hints: string[] = [];
  for (const need of survey.needs) {
    const found = await grantFor(world, tool, need);
    if (found.grant !== undefined) grants.push(found.grant);
    notes.push(...found.notes);
    hints.push(...found.hints);
  }
  const plan = survey.plan(grants);
  return { plan: { ...plan, notes: [...notes, ...plan.notes], hints: [...hints, ...plan.hints] }, places };
}

async function answerAuthorization(world: ToolWorld, tool: string, payload: string): Promise<Outcome> {
  const target = parseTarget(payload.trim());
  const place = formatTarget(target);
  const { grant, notes, hints } = await grantFor(world, tool, { target });
  if (grant === undefined) return { answer: miss(notes, hints), place };
  return { answer: ok(`${authorization(grant).reveal()}\n`), place, tokens: [grant.token.id] };
}

async function grantFor(
  world: ToolWorld,
  tool: string,
  need: Need,
): Promise<{ grant: Grant | undefined; notes: readonly string[]; hints: readonly string[] }> {
  const { token, instead } = await resolveWithoutVault(world.broker, tool, need);
  if (token !== undefined) {
    const grant = { need, token, presents: howToPresent(token, world.access.services) };
    if (grant.presents === "Bearer" || token.username !== undefined) return { grant, notes: [], hints: [] };
    return {
      grant: undefined,
      notes: [`the ${tool} token ${token.id} has no user name, without which ${need.target.host} takes none; it is left out`],
      hints: [`toolkey revoke --local ${token.id}, then add it again with --username`],
    };
  }
  if (instead === undefined) return { grant: undefined, notes: [], hints: [] };
  return { grant: undefined, notes: [whyNot(instead)], hints: mend(instead, instant(world.clock.now())) };
}

async function resolveWithoutVault(broker: Broker, tool: string, need: Need): ReturnType<Broker["resolve"]> {
  try {
    // A request without a path asks for any path of the host only where git makes it.
    return await broker.resolve({ tool, ...need }, ({ target }) => covers(target, need.target));
  } catch (error) {
    if (error instanceof Failure && error.code === "no-vault") return { token: undefined, instead: undefined };
    throw error;
  }
}

function howToPresent(token: Token, services: Services): "Basic" | "Bearer" {
  if (token.authtype !== undefined) return /^bearer$/i.test(token.authtype) ? "Bearer" : "Basic";
  const declared = services.named(token.service)?.tools[token.tool]?.presents;
  return declared ?? (token.username === undefined ? "Bearer" : "Basic");
}

function declaredPlaces(services: Services, tool: string): DeclaredPlace[] {
  return services.all().flatMap(({ name, tools }) => {
    const use = tools[tool];
    return (use?.targets ?? []).map((target: Target) => ({ service: name, target, server: use?.server, npmScope: use?.npmScope }));
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure("bad-request", "the payload is not JSON");
  }
}
