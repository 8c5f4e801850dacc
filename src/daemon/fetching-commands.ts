/** How the daemon runs commands that fetch tokens: with what was confirmed, what belongs to the session, and marked as sealed. */
import { accessSync, constants } from "node:fs";
import { Fetching } from "../broker/fetching/fetching.ts";
import type { ServiceAccess } from "../broker/service-access.ts";
import { VARIABLES_OF_COMMANDS } from "../core/wire/caller-variables.ts";
import type { Clock } from "../core/clock.ts";
import { systemErrorCode } from "../core/failure.ts";
import type { Environment } from "../platform/paths.ts";
import { runLimited, type RunLimits, type RunResult } from "../platform/processes/limited-run.ts";
import { wordsToMark } from "../platform/processes/mark.ts";

export function fetchingBy({ access, environment, clock }: { access: ServiceAccess; environment: Environment; clock: Clock }): Fetching {
  return new Fetching({
    run: (argv, variables, limits) => runSealed(argv, { ...ofSession(environment), ...variables }, limits),
    declared: (service) => access.services.named(service),
    now: () => clock.now(),
  });
}

/** @throws Failure as `wordsToMark` */
async function runSealed(argv: readonly [string, ...string[]], environment: Environment, limits: RunLimits): Promise<RunResult> {
  try {
    // What marks it would have words of its own for what can't be started.
    accessSync(argv[0], constants.X_OK);
  } catch (error) {
    return { end: { how: "not-started", code: systemErrorCode(error) ?? "unknown error" }, stdout: "", stderr: "" };
  }
  return runLimited([...wordsToMark(environment), ...argv], environment, limits);
}

function ofSession(environment: Environment): Environment {
  return Object.fromEntries(VARIABLES_OF_COMMANDS.map((name) => [name, environment[name]]).filter(([, value]) => value !== undefined));
}
