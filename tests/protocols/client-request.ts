/** Requests and tokens as the daemon makes them, for the plans of tools; files by their path. */
import { parseTarget } from "../../src/core/target.ts";
import { renderPlan, type Plan } from "../../src/core/plan.ts";
import { Secret } from "../../src/core/secret.ts";
import type { Token } from "../../src/core/tokens/token.ts";
import { covers, formatTarget } from "../../src/core/target.ts";
import type { Grant, RunRequest, Survey, ToolProtocol, WhyNotThrough } from "../../src/protocols/tool-protocol.ts";

/** Where a test believes that toolkey is. */
export const INSTALLATION = { built: "/opt/toolkey/dist", sealedPrograms: "/opt/toolkey/bin/sealed", gitPrograms: "/run/toolkey/git" };

export interface Held {
  readonly id: string;
  readonly target: string;
  readonly secret?: string;
  /** With one it is presented as Basic. */
  readonly username?: string;
  readonly isSuspended?: boolean;
}

export interface Situation {
  readonly program?: string;
  readonly arguments?: readonly string[];
  readonly directory?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly declared?: readonly { readonly service: string; readonly url: string; readonly npmScope?: string }[];
  readonly files?: Readonly<Record<string, string>>;
  readonly tokens?: readonly Held[];
  /** Of all variables of the command; not told if absent. */
  readonly variableNames?: readonly string[];
  /** `--publish` */
  readonly publish?: boolean;
  readonly isInSession?: true;
}

export interface Outcome {
  /** The places that were asked for. */
  readonly needs: readonly string[];
  /** The plan as it crosses the wire: all of it, secrets too. */
  readonly plan: Readonly<Record<string, unknown>>;
}

/** The plan that gives nothing, as it crosses the wire. */
export const NOTHING = { environment: {}, arguments: [], descriptors: {}, given: [], phantoms: [], notes: [], hints: [] };

export async function outcomeOf(protocol: ToolProtocol, situation: Situation): Promise<Outcome> {
  const { tokens = [] } = situation;
  const survey = await surveyOf(protocol, situation);
  return { needs: survey.needs.map(({ target }) => formatTarget(target)), plan: wired(survey.plan(grantsOf(survey, tokens))) };
}

/** A plan through the gateway, as it crosses the wire, and what its phantom is good for; targets as URLs. */
export interface Through {
  readonly plan: Readonly<Record<string, unknown>>;
  readonly permit: object;
}

/** The gateway is at port 7777, and the phantom is `PHANTOM`. Undefined for a tool that knows no such way. */
export async function throughOf(protocol: ToolProtocol, situation: Situation): Promise<Through | WhyNotThrough | undefined> {
  const survey = await surveyOf(protocol, situation);
  const through = survey.planThrough?.(grantsOf(survey, situation.tokens ?? []), { gateway: "http://127.0.0.1:7777", phantom: new Secret("PHANTOM") });
  if (through === undefined || !("plan" in through)) return through;
  const { plan, permit } = through;
  return { plan: wired(plan), permit: { ...permit, routes: permit.routes.map((route) => ({ ...route, target: formatTarget(route.target) })) } };
}

export async function surveyOf(protocol: ToolProtocol, situation: Situation): Promise<Survey> {
  const { files = {}, tokens = [] } = situation;
  const request: RunRequest = {
    arguments: situation.arguments ?? ["install"],
    directory: situation.directory ?? "/p",
    home: "/home/me",
    uid: 1000,
    environment: situation.environment ?? {},
    declared: (situation.declared ?? []).map(({ service, url, npmScope }) => ({ service, target: parseTarget(url), npmScope })),
    variables: {},
    ...(situation.program === undefined ? {} : { program: situation.program }),
    ...(situation.variableNames === undefined ? {} : { variableNames: situation.variableNames }),
    ...(situation.isInSession === undefined ? {} : { isInSession: situation.isInSession }),
    publish: situation.publish ?? false,
    mark: "000000000000",
    installation: INSTALLATION,
  };
  return protocol(request, (path) => Promise.resolve(files[path]), () => Promise.resolve(tokens.map(({ id, target, isSuspended = false }) => ({ token: id, target: parseTarget(target), isSuspended }))), (directory) => Promise.resolve(directoriesIn(directory, Object.keys(files))));
}

function directoriesIn(directory: string, files: readonly string[]): string[] {
  const prefix = `${directory}/`;
  return [...new Set(files.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length).split("/")).flatMap(([name, ...below]) => (below.length === 0 ? [] : (name ?? []))))];
}

function grantsOf({ needs }: Survey, tokens: readonly Held[]): Grant[] {
  return needs.flatMap((need): Grant[] => {
    const held = tokens.find(({ target }) => covers(parseTarget(target), need.target));
    return held === undefined ? [] : [{ need, token: tokenOf(held), presents: held.username === undefined ? "Bearer" : "Basic" }];
  });
}

function wired(plan: Plan): Readonly<Record<string, unknown>> {
  return JSON.parse(renderPlan(plan)) as Readonly<Record<string, unknown>>;
}

function tokenOf({ id, target, secret = `secret-of-${id}`, username }: Held): Token {
  return { id, tool: "npm", service: "acme", target: parseTarget(target), username, secret: new Secret(secret), facts: {}, state: "active" } as Token;
}
