/** What a person is told when a service refused a token. */
import type { Judged } from "../../broker/answering/refusals.ts";
import { formatTarget, type Target } from "../../core/target.ts";

/** What has become of a token that was refused at a place, or of one that was not meant. */
export function noteOn({ token, verdict }: Judged, place: Target): { readonly note: string; readonly hints: readonly string[] } {
  const which = `the ${token.tool} token ${token.id}`;
  const replace = `a new secret for it: toolkey replace ${token.id}`;
  switch (verdict) {
    case "suspended":
      return {
        note: `${place.host} refused ${which}; it is suspended now`,
        hints: [replace, `if the refusal was a mistake: toolkey restore ${token.id}`],
      };
    case "held-back":
      if (token.command !== undefined)
        return {
          note: `${place.host} refused ${which}, which was fetched just now, for ${formatTarget(place)}; it is held back there for a day`,
          hints: [`to use it there at once: toolkey restore ${token.id}`],
        };
      return {
        note: `${place.host} refused ${which}, which has worked elsewhere, for ${formatTarget(place)}; it is held back there for a day`,
        hints: [
          `if that account has no access there: toolkey add ${formatTarget(place)} --tool ${token.tool}`,
          `if the token is over: toolkey replace ${token.id}`,
        ],
      };
    case "doubted":
      return {
        note: `${place.host} refused ${which}, which has worked before; if it does so again, it will be suspended`,
        hints: [replace],
      };
    case "dropped":
      return {
        note: `${place.host} refused what the command of ${which} printed; it is run again with the next request`,
        hints: [],
      };
    case "forgotten":
      return {
        note: `${which} for ${place.host} is suspended, as ${token.tool} asked; it had stored it`,
        hints: [`to use it again: toolkey restore ${token.id}`],
      };
    case "kept":
      return {
        note: `${which} for ${place.host} stays: ${token.tool} named no token, and had not stored this one`,
        hints: [`to end it: toolkey revoke ${token.id}`],
      };
    default:
      return verdict satisfies never;
  }
}
