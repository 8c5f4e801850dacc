/** Commands that start what publishes by itself: changesets, lerna, a script of the project. Pure. */
import type { Plan } from "../../../core/plan.ts";
import { asRecord, manifestOf } from "../configuration/manifest.ts";
import { type FoundText } from "../configuration/project.ts";
import { npmCommand } from "../words.ts";

const PUBLISHES = /(^|[\s&|;"'/])(publish|semantic-release|release-it|np)($|[\s&|;"'])/;
const RUNS = /^(run|run-script|rum|urn|exec|x|dlx)$/;

/** What a person is told, since the token is for the client itself, and not for what it starts. */
export function publishedByScripts(
  program: string,
  given: readonly string[],
  manifests: readonly FoundText[],
): Pick<Plan, "notes" | "hints"> {
  const { name, operands } = npmCommand(given);
  if (name === "publish" || name === "npm") return { notes: [], hints: [] };
  const words = RUNS.test(name) ? operands : [name, ...operands];
  const scripts = asRecord(manifestOf(manifests[0]?.text)["scripts"]);
  const [first = ""] = words;
  const script = Object.hasOwn(scripts, first) ? String(scripts[first]) : undefined;
  if (!PUBLISHES.test(script ?? words.join(" "))) return { notes: [], hints: [] };
  return {
    notes: [`'${script ?? words.join(" ")}' publishes by itself, and what ${program} starts gets no token through the gateway`],
    hints: [`if it is to publish: toolkey run --direct -- ${program} ${given.join(" ")}`],
  };
}
