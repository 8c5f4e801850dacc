import { join } from "node:path";
import { ADMINISTRATION, type OperationName, type Operations } from "../core/administration.ts";
import { BUILD } from "../core/build.ts";
import { Failure, systemErrorCode } from "../core/failure.ts";
import { renderRequest, type Answer } from "../core/wire.ts";
import { checkPrivateDirectory } from "../platform/private-directory.ts";
import type { Environment, Paths } from "../platform/paths.ts";
import { exchange, type Limits } from "./exchange.ts";
import { startDaemon } from "./start.ts";

/** One more than the ways in which a daemon may have to be started: none, an older one, one that just ended. */
const ATTEMPTS = 4;

/** How the daemon is reached, and started. */
export interface DaemonPlace {
  readonly paths: Paths;
  readonly environment: Environment;
  /** A PEM file of certificates that the daemon trusts for this request besides the others. */
  readonly caFile?: string | undefined;
  /** How long an answer may take, where somebody waits who could do without it. */
  readonly patienceMs?: number | undefined;
  /** Ends the wait for an answer, as if nobody listened. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks the daemon, which is started if there is none, or an older one. The answer may be a failure.
 *
 * @throws Failure if no daemon can be had.
 */
export async function request(
  place: DaemonPlace,
  what: { tool: string; operation: string; headers?: Readonly<Record<string, string>>; payload: string },
): Promise<Answer> {
  const text = renderRequest({ ...what, build: BUILD });
  for (let attempt = 1; attempt < ATTEMPTS; attempt += 1) {
    const answer = await ask(place.paths, text, place);
    if (answer !== undefined && !(answer.status === "error" && answer.failure.code === "version")) return answer;
    await startDaemon(place.paths, place.environment, () => isThere(place.paths));
  }
  throw new Failure("unavailable", "the daemon is there, but closes each connection without an answer", {
    hint: `try again; ${join(place.paths.log, "daemon.log")} may say why`,
  });
}

/**
 * An operation of the command line.
 *
 * @throws Failure with which the daemon answered.
 */
export async function administer<Name extends OperationName>(
  place: DaemonPlace,
  operation: Name,
  payload: Operations[Name]["request"],
): Promise<Operations[Name]["answer"]> {
  const headers: Readonly<Record<string, string>> = place.caFile === undefined ? {} : { cacert: place.caFile };
  return settle(await request(place, { tool: ADMINISTRATION, operation, headers, payload: JSON.stringify(payload) }));
}

/** The same, but undefined if no daemon runs: none is started for it. */
export async function administerIfRunning<Name extends OperationName>(
  place: DaemonPlace,
  operation: Name,
  payload: Operations[Name]["request"],
): Promise<Operations[Name]["answer"] | undefined> {
  const text = renderRequest({ tool: ADMINISTRATION, operation, payload: JSON.stringify(payload) });
  const answer = await ask(place.paths, text, place);
  return answer === undefined ? undefined : settle(answer);
}

function settle<Name extends OperationName>(answer: Answer): Operations[Name]["answer"] {
  if (answer.status === "error") throw answer.failure;
  if (answer.status === "miss") throw new Failure("unavailable", "the daemon has no answer");
  return JSON.parse(answer.payload) as Operations[Name]["answer"];
}

async function ask(paths: Paths, text: string, limits: Limits = {}): Promise<Answer | undefined> {
  if (!(await checkPrivateDirectory(paths.runtime))) return undefined;
  try {
    return await exchange(paths.socket, text, limits);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure("unavailable", `cannot use the daemon's socket ${paths.socket}: ${systemErrorCode(error) ?? "unknown error"}`, {
      cause: error,
    });
  }
}

async function isThere(paths: Paths): Promise<boolean> {
  const probe = renderRequest({ tool: ADMINISTRATION, operation: "status", payload: "{}" });
  return (await ask(paths, probe)) !== undefined;
}
