/**
 * What a shim of a session starts (dist/lead.cjs): `lead NAME [ARGUMENT]…` runs the program of that name which comes next on PATH, led
 * through the gateway; `--as TOOL` before it says as what. `lead --plan NAME …` writes the plan instead, for what has started already
 * (preload.ts).
 */
import { basename } from "node:path";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { EMPTY_PLAN, renderPlan, type Plan } from "../../core/plan.ts";
import type { SessionFacts } from "../../core/wire/session-file.ts";
import { ProjectFiles } from "../../platform/files/project-file.ts";
import type { Environment } from "../../platform/paths.ts";
import { findProgram } from "../../platform/processes/programs.ts";
import { carryOut } from "../carry-out.ts";
import { endAs, endAfter } from "../ending.ts";
import { withNodeVariables } from "../node-variables.ts";
import { askGateway, reachGateway } from "../session/ask-gateway.ts";
import { LED_VARIABLE, programsOf, SESSION_VARIABLE, sessionAround, withoutShims } from "../session/directory.ts";
import { planOfCommand } from "../session/inner-plan.ts";
import { complain, tell } from "../tell.ts";

async function main([first = "", ...rest]: readonly string[]): Promise<void> {
  const environment = withNodeVariables(process.env);
  const session = sessionAround(environment);
  if (session !== undefined) reachGateway(session);
  if (first === "--plan") {
    process.stdout.write(renderPlan(await planOf(session, rest, environment)));
    return;
  }
  const directory = environment[SESSION_VARIABLE] ?? "";
  const tool = first === "--as" ? rest[0] : undefined;
  const [name = "", ...given] = tool === undefined ? [first, ...rest] : rest.slice(1);
  const program = name.includes("/") ? name : findProgram(name, { PATH: withoutShims(environment["PATH"], programsOf(directory)) });
  await endAs(async () => {
    if (program === undefined) throw new Failure("not-found", `there is no program '${name}'`);
    const plan = await planOf(session, [name, ...given], environment, tool);
    const led = { ...environment, [LED_VARIABLE]: String(process.pid) };
    return carryOut(plan, [program, ...given], { environment: led, directory, own: 1, mark: [] }).finally(() => endPhantoms(session, plan));
  }, complain);
}

async function planOf(
  session: SessionFacts | undefined,
  command: readonly string[],
  environment: Environment,
  named?: string,
): Promise<Plan> {
  const directory = currentDirectory();
  if (session === undefined) return EMPTY_PLAN;
  if (directory === undefined) {
    tell([`the current directory is not there any more; ${basename(command[0] ?? "")} runs without a token`]);
    return EMPTY_PLAN;
  }
  const plan = await planOfCommand(session, command, { environment, directory, files: new ProjectFiles(), named });
  tell(plan.notes, plan.hints);
  return plan;
}

/** Undefined if it was removed. */
function currentDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** With the session they end anyhow. */
async function endPhantoms(session: SessionFacts | undefined, { phantoms }: Plan): Promise<void> {
  if (session === undefined) return;
  for (const id of phantoms) {
    await askGateway(session, "end", { id }).catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
    });
  }
}

endAfter(main(process.argv.slice(2)), complain);
