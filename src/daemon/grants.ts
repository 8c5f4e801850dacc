/** Which token answers a need of a tool, and how it is presented. */
import type { Broker } from "../broker/broker.ts";
import type { ServiceAccess } from "../broker/service-access.ts";
import { instant, type Clock } from "../core/clock.ts";
import { Failure } from "../core/failure.ts";
import { covers } from "../core/target.ts";
import type { Token } from "../core/token.ts";
import type { Services } from "../issuers/registry.ts";
import type { Grant, Need } from "../protocols/tool-protocol.ts";
import { mend, whyNot } from "./near-miss.ts";

/** What grants come from. */
export interface GrantWorld {
  readonly broker: Broker;
  readonly access: ServiceAccess;
  readonly clock: Clock;
}

/** The token for a need, or why there is none, for the person. */
export async function grantFor(
  world: GrantWorld,
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
