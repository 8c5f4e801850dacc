/** Requests and tokens as the daemon makes them, for the plans of tools; files by their path. */
import { parseTarget } from "../../src/core/target.ts";
import { renderPlan } from "../../src/core/plan.ts";
import { Secret } from "../../src/core/secret.ts";
import type { Token } from "../../src/core/token.ts";
import { covers, formatTarget } from "../../src/core/target.ts";
import type { Grant, RunRequest, Survey, ToolProtocol } from "../../src/protocols/tool-protocol.ts";

export interface Held {
  readonly id: string;
  readonly target: string;
  readonly secret?: string;
  /** With one it is presented as Basic. */
  readonly username?: string;
}

export interface Situation {
  readonly arguments?: readonly string[];
  readonly directory?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly declared?: readonly { readonly service: string; readonly url: string; readonly npmScope?: string }[];
  readonly files?: Readonly<Record<string, string>>;
  readonly tokens?: readonly Held[];
}

export interface Outcome {
  /** The places that were asked for. */
  readonly needs: readonly string[];
  /** The plan as it crosses the wire: all of it, secrets too. */
  readonly plan: Readonly<Record<string, unknown>>;
}

/** The plan that gives nothing, as it crosses the wire. */
export const NOTHING = { environment: {}, arguments: [], descriptors: {}, given: [], notes: [], hints: [] };

export async function outcomeOf(protocol: ToolProtocol, situation: Situation): Promise<Outcome> {
  const { files = {}, tokens = [] } = situation;
  const request: RunRequest = {
    arguments: situation.arguments ?? ["install"],
    directory: situation.directory ?? "/p",
    home: "/home/me",
    environment: situation.environment ?? {},
    declared: (situation.declared ?? []).map(({ service, url, npmScope }) => ({ service, target: parseTarget(url), npmScope })),
    variables: {},
    publish: false,
    mark: "000000000000",
    installation: { yarnPlugin: "/opt/toolkey/dist/yarn-plugin.cjs" },
  };
  const survey = await protocol(request, (path) => Promise.resolve(files[path]));
  return { needs: survey.needs.map(({ target }) => formatTarget(target)), plan: planned(survey, tokens) };
}

function planned(survey: Survey, tokens: readonly Held[]): Readonly<Record<string, unknown>> {
  const grants = survey.needs.flatMap((need): Grant[] => {
    const held = tokens.find(({ target }) => covers(parseTarget(target), need.target));
    return held === undefined ? [] : [{ need, token: tokenOf(held), presents: held.username === undefined ? "Bearer" : "Basic" }];
  });
  return JSON.parse(renderPlan(survey.plan(grants))) as Readonly<Record<string, unknown>>;
}

function tokenOf({ id, target, secret = `secret-of-${id}`, username }: Held): Token {
  return { id, tool: "npm", service: "acme", target: parseTarget(target), username, secret: new Secret(secret), kind: "opaque", state: "active" } as Token;
}
