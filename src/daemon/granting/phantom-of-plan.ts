/** The phantom of a command that goes through the gateway. */
import type { Caller } from "../../core/caller.ts";
import { pastProxies } from "../../core/gateway/past-proxies.ts";
import type { Permit, Route, Upstream } from "../../core/gateway/permit.ts";
import { EMPTY_PLAN, type Plan } from "../../core/plan.ts";
import type { Secret } from "../../core/secret.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import { proxiesOf } from "../../platform/network/proxies.ts";
import type { PlanThrough } from "../../protocols/tool-protocol.ts";

/** A command that asks for its plan. */
export interface Asking {
  readonly tool: string;
  /** The program's name, for people. */
  readonly purpose: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The process that will start it. */
  readonly caller: Caller;
}

/**
 * Issues the phantom of a plan that leads through the gateway, if the plan gives anything by it.
 *
 * @returns the plan as the command gets it
 */
export async function issuePhantom(gateway: Gateway, phantom: Secret, through: PlanThrough, asking: Asking): Promise<Plan> {
  const { plan, permit: { caFiles = [], proxies = {}, ...permit } } = through;
  // Which tokens scripts will ask for by a service's name is not known.
  if (plan.given.length === 0 && permit.addressing !== "service") return { ...EMPTY_PLAN, notes: plan.notes, hints: plan.hints };
  const { tool, purpose, environment, caller } = asking;
  const upstream = { ...upstreamOf(environment, caFiles), ...proxies };
  const id = await gateway.issue(phantom, { tool, purpose, permit: withUpstream(permit, upstream), starter: caller.process });
  return { ...plan, environment: { ...plan.environment, ...pastProxies(environment) }, phantoms: [id] };
}

/** How a command with this environment would reach the hosts by itself. */
export function upstreamOf(environment: Readonly<Record<string, string>>, caFiles: readonly string[]): Upstream {
  const { httpProxy, httpsProxy, noProxy } = proxiesOf(environment);
  const own = environment["NODE_EXTRA_CA_CERTS"];
  return {
    caFiles: [...(own === undefined ? [] : [own]), ...caFiles],
    ...(httpProxy === undefined ? {} : { httpProxy }),
    ...(httpsProxy === undefined ? {} : { httpsProxy }),
    ...(noProxy === undefined ? {} : { noProxy }),
  };
}

/** With the way to the hosts, and what holds for one host put on what holds for all. */
export function withUpstream(permit: Omit<Permit, "upstream">, upstream: Upstream): Permit {
  return { ...permit, routes: permit.routes.map((route) => withUpstreamOfHost(route, upstream)), upstream };
}

function withUpstreamOfHost(route: Route, all: Upstream): Route {
  return route.upstream === undefined
    ? route
    : { ...route, upstream: { ...all, ...route.upstream, caFiles: [...all.caFiles, ...(route.upstream.caFiles ?? [])] } };
}
