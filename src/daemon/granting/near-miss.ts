/** What a client is told of a token that would have answered. */
import { fetchAgain } from "../../broker/fetching/fetching.ts";
import type { PassedOver } from "../../broker/answering/resolve.ts";
import type { Instant } from "../../core/clock.ts";
import { formatTarget, origin, type Target } from "../../core/target.ts";
import { isExpired } from "../../core/tokens/token.ts";

/** Why it doesn't answer at this place. */
export function whyNot({ token, why, until, fetching }: PassedOver, place: Target): string {
  const which = `the ${token.tool} token ${token.id} for ${formatTarget(token.target)}`;
  const stead = token.preferred ? "; it is the default, and no other user's token is given in its stead" : "";
  switch (why) {
    case "suspended":
      return `${which} is suspended${stead}`;
    case "expired":
      return `${which} expired at ${token.facts.expiresAt ?? "an unknown time"}${stead}`;
    case "held-back":
      return `${which} was refused at ${formatTarget(place)}, and is held back there until ${until ?? "an unknown time"}${stead}`;
    case "path-unknown":
      return `there are several ${token.tool} tokens for parts of ${origin(place)}, and this program does not say which part it means`;
    case "not-fetched":
      return `${which} could not be fetched: ${fetching?.why ?? "nobody knows why"}`;
    case "other-aim":
      return `${which} is for ${token.onlyFor ?? "everything"} only`;
    default:
      return why satisfies never;
  }
}

/** What a person can do about it. @param pathCommand by which the tool is made to name the path (`CredentialProtocol`) */
export function mend(
  { token, why, fetching }: PassedOver,
  place: Target,
  now: Instant,
  pathCommand?: (origin: string) => string,
): string[] {
  const other = token.preferred ? ["to make another one the default: toolkey use ID"] : [];
  if (why === "path-unknown")
    return [
      ...(pathCommand === undefined ? [] : [pathCommand(origin(place))]),
      `${pathCommand === undefined ? "" : "or "}one for the whole host: toolkey add ${origin(place)} --tool ${token.tool}`,
    ];
  if (why === "held-back")
    return [
      `to use it there at once: toolkey restore ${token.id}`,
      `another one for there: toolkey add ${formatTarget(place)} --tool ${token.tool}`,
      ...other,
    ];
  if (why === "other-aim") return [`one for that, too: toolkey add ${formatTarget(place)} --tool ${token.tool}`];
  if (why === "not-fetched") return [fetchAgain(token, fetching ?? {})];
  const hints = [`a new secret for it: toolkey replace ${token.id}`];
  if (why === "suspended" && !isExpired(token, now)) hints.push(`to use it again: toolkey restore ${token.id}`);
  return [...hints, ...other];
}
