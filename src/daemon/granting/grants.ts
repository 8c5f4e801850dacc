/** Which token answers a need of a tool, and how it is presented. */
import type { Broker } from "../../broker/broker.ts";
import type { ServiceAccess } from "../../broker/service-access.ts";
import { instant, type Clock } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";
import type { Told } from "../../core/plan.ts";
import type { Target } from "../../core/target.ts";
import type { Presentation, Token } from "../../core/tokens/token.ts";
import type { Services } from "../../issuers/registry.ts";
import type { Grant, Need } from "../../protocols/tool-protocol.ts";
import { PRESENT_BARE } from "../../protocols/tool-facts.ts";
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
  const { token, passedOver } = await resolveWithoutVault(world.broker, tool, need);
  const notes = passedOver.map((over) => whyNot(over, need.target));
  const hints = passedOver.flatMap((over) => mend(over, need.target, instant(world.clock.now())));
  if (token !== undefined) {
    const grant = { need, token, presents: howToPresent(token, world.access.services) };
    if (grant.presents !== "Basic" || token.username !== undefined) return { grant, notes, hints };
    return { grant: undefined, ...withoutName(token, need.target) };
  }
  return { grant: undefined, notes, hints };
}

/** What is said of a token without a user name, where one is needed. */
export function withoutName({ tool, id }: Token, { host }: Target): Told {
  return {
    notes: [`the ${tool} token ${id} has no user name, without which ${host} takes none; it is left out`],
    hints: [`toolkey revoke --local ${id}, then add it again with --username`],
  };
}

async function resolveWithoutVault(broker: Broker, tool: string, need: Need): ReturnType<Broker["resolve"]> {
  try {
    return await broker.resolve({ tool, ...need }, () => true);
  } catch (error) {
    if (error instanceof Failure && error.code === "no-vault") return { token: undefined, passedOver: [] };
    throw error;
  }
}

export function howToPresent(token: Token, services: Services): Presentation {
  if (token.authtype !== undefined) return /^bearer$/i.test(token.authtype) ? "Bearer" : "Basic";
  const declared = services.named(token.service)?.tools[token.tool]?.presents;
  if (declared !== undefined) return declared;
  return token.username === undefined ? (PRESENT_BARE.includes(token.tool) ? "Bare" : "Bearer") : "Basic";
}
