/** What scripts ask past the gateway: the project's own settings come before those by which a client in a script is led there. Pure. */
import { formatTarget } from "../../../core/target.ts";
import type { Told } from "../../../core/plan.ts";
import type { RegistryPlace } from "../survey.ts";
import { npmCommand } from "../words.ts";

const RUNS_SCRIPTS = /^(run|run-script|rum|urn|test|tst|t|start|stop|restart|exec|x|dlx)$/;

/**
 * What a person is told if the command fails, since the registry itself will have told him to log in.
 *
 * @param places that have a token, and that a file of the project names
 */
export function askedByScripts(program: string, given: readonly string[], places: readonly RegistryPlace[]): Told | undefined {
  const [first] = places;
  if (first === undefined || !RUNS_SCRIPTS.test(npmCommand(given).name)) return undefined;
  const what = [...new Set(places.map(({ scope }) => scope ?? "packages"))].join(", ");
  return {
    notes: [
      `if a script asked ${formatTarget(first.target)} for ${what}: it got no token there, since ${first.source} leads it past the gateway; to log in is no help`,
    ],
    hints: [`if scripts are to have the token: toolkey run --direct -- ${program} ${given.join(" ")}`],
  };
}
