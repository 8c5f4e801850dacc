/**
 * What a shim of a session starts (dist/lead.cjs): `lead NAME [ARGUMENT]…` runs the program of that name which comes next on PATH, led
 * through the gateway; `--as TOOL` before it says as what. `lead --plan NAME …` writes the plan instead, for what has started already
 * (preload.ts).
 */
import { basename } from "node:path";
import { Failure } from "../../core/failure.ts";
import { EMPTY_PLAN, renderPlan, type Plan } from "../../core/plan.ts";
import type { SessionFacts } from "../../core/session-file.ts";
import type { Environment } from "../../platform/paths.ts";
import { findProgram } from "../../platform/processes/programs.ts";
import { toolOfCommand } from "../../protocols/command.ts";
import { knownTool } from "../../protocols/tool-names.ts";
import { carryOut } from "../carry-out.ts";
import { endBecauseOf, endLike } from "../ending.ts";
import { askGateway } from "../session/ask-gateway.ts";
import { LED_VARIABLE, programsOf, SESSION_VARIABLE, sessionAround } from "../session/directory.ts";
import { planInside } from "../session/inner-plan.ts";
import { complain, tell } from "../tell.ts";

/** As a shell says it. */
const NOT_FOUND = 127;
const NOT_STARTED = 126;

async function main([first = "", ...rest]: readonly string[]): Promise<void> {
  const environment = environmentOf(process.env);
  const session = sessionAround(environment);
  if (first === "--plan") {
    process.stdout.write(renderPlan(await planOf(session, rest, environment)));
    return;
  }
  const directory = environment[SESSION_VARIABLE] ?? "";
  const tool = first === "--as" ? rest[0] : undefined;
  const [name = "", ...given] = tool === undefined ? [first, ...rest] : rest.slice(1);
  const program = name.includes("/") ? name : await findProgram(name, { PATH: withoutShims(environment["PATH"], programsOf(directory)) });
  if (program === undefined) {
    complain(new Failure("not-found", `there is no program '${name}'`));
    process.exitCode = NOT_FOUND;
    return;
  }
  const plan = await planOf(session, [name, ...given], environment, tool);
  try {
    endLike(
      await carryOut(plan, [program, ...given], {
        environment: { ...environment, [LED_VARIABLE]: String(process.pid) },
        directory,
        own: 1,
        mark: [],
      }),
    );
  } catch (error) {
    if (!(error instanceof Failure) || (error.code !== "not-found" && error.code !== "denied")) throw error;
    complain(error);
    process.exitCode = error.code === "not-found" ? NOT_FOUND : NOT_STARTED;
  } finally {
    if (session !== undefined) await endPhantoms(session, plan);
  }
}

/** A tool runs, whatever becomes of its tokens. */
async function planOf(
  session: SessionFacts | undefined,
  command: readonly string[],
  environment: Environment,
  named?: string,
): Promise<Plan> {
  const known = toolOfCommand(command);
  const tool = named === undefined ? known?.tool : knownTool(named);
  if (session === undefined || tool === undefined) return EMPTY_PLAN;
  const purpose = basename(command[0] ?? "");
  try {
    const plan = await planInside(session, { tool, words: known?.words ?? command.slice(1), purpose, publish: true }, environment);
    tell(plan.notes, plan.hints);
    return plan;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    complain(error);
    tell([`${purpose} runs without a token`], []);
    return EMPTY_PLAN;
  }
}

/** With the session they end anyhow. */
async function endPhantoms(session: SessionFacts, { phantoms }: Plan): Promise<void> {
  for (const id of phantoms) {
    await askGateway(session, "end", { id }).catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
    });
  }
}

function withoutShims(path = "", shims: string): string {
  return path.split(":").filter((directory) => directory !== shims).join(":");
}

/** As the tool is to see it: the shim has put two variables of Node's out of the way of this start. */
function environmentOf({ TOOLKEY_EXTRA_CA_CERTS: certificates, TOOLKEY_NODE_OPTIONS: options, ...rest }: Environment): Environment {
  return {
    ...rest,
    ...(certificates === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificates }),
    ...(options === undefined ? {} : { NODE_OPTIONS: options }),
  };
}

main(process.argv.slice(2)).catch((error: unknown) => endBecauseOf(error, complain));
