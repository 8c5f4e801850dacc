/** Who gets no token and no phantom whatever there is: what runs within a command that goes through the gateway. */
import { MAVEN_SETTINGS } from "../core/phantom.ts";
import type { Caller } from "../core/caller.ts";
import { Failure } from "../core/failure.ts";
import type { GatewayAccess } from "./gateway-access.ts";

/** The command that a caller runs within, for people; undefined if none goes through the gateway. */
export async function commandAround(gateway: GatewayAccess, caller: Caller): Promise<string | undefined> {
  const purpose = caller.pid === undefined ? undefined : (await gateway.takeUp())?.around(caller)?.purpose;
  return purpose === MAVEN_SETTINGS ? "Maven" : purpose;
}

/**
 * A command that goes through the gateway holds no token, and neither does what it starts: else its scripts would only
 * have to ask here.
 *
 * @throws Failure `denied`
 */
export async function assertOutside(gateway: GatewayAccess, caller: Caller): Promise<void> {
  const command = await commandAround(gateway, caller);
  if (command === undefined) return;
  throw new Failure("denied", `a token was asked for inside of ${command}, which goes through the gateway so that what it starts has none`, {
    hint: "start the outer command with toolkey run --direct, if that is to be",
  });
}
