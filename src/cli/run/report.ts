/** What is said of a command before it starts: what it gets, or may use. */
import { basename } from "node:path";
import { tell } from "../../client/tell.ts";
import type { Plan } from "../../core/plan.ts";
import { holdsPassword } from "../../core/target.ts";
import type { RunArguments } from "./run-arguments.ts";

export function report(plan: Plan, { command: [program, ...rest], publish, only }: RunArguments, isOfSession: boolean): void {
  if (rest.some(holdsPassword))
    tell(["a URL among the arguments holds a password: other programs can see it, and the history of your shell may"]);
  if (isOfSession) {
    const { note, hints } = sessionText(basename(program), plan.given, { publish, only });
    return tell([note, ...plan.notes], [...hints, ...plan.hints]);
  }
  const isThrough = plan.phantoms.length > 0;
  const given = plan.given.map(({ token, place }) =>
    isThrough ? `${program} uses ${token} for ${place} through the gateway` : `${program} gets ${token} for ${place}`,
  );
  tell([...given, ...plan.notes], plan.hints);
}

/** As many places as a person reads. */
const MOST_PLACES = 6;

/** What a session may use, in one line. */
function sessionText(
  program: string,
  given: Plan["given"],
  { publish, only }: Pick<RunArguments, "publish" | "only">,
): { readonly note: string; readonly hints: readonly string[] } {
  const places = [...new Set(given.map(({ place }) => place.replace("https://", "")))];
  if (places.length === 0 && only.length > 0) {
    const named = only.map(({ tool, host }) => (host === undefined ? tool : `${tool} at ${host}`)).join(", ");
    return { note: `there is no token that ${program} and what it starts could use: none is for ${named}`, hints: ["toolkey list"] };
  }
  if (places.length === 0) {
    return { note: `there is no token that ${program} and what it starts could use`, hints: ["toolkey add URL --tool TOOL"] };
  }
  const more = places.length - MOST_PLACES;
  const named = `${places.slice(0, MOST_PLACES).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  return { note: `${program} and what it starts may use, through the gateway: ${named}${publish ? "; they may publish" : ""}`, hints: [] };
}
