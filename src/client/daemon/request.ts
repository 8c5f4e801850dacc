import { dirname, join, resolve } from "node:path";
import { ADMINISTRATION, type OperationName, type Operations } from "../../core/wire/administration.ts";
import { BUILD } from "../../core/build.ts";
import { variableHeaders } from "../../core/wire/caller-variables.ts";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { renderRequest, type Answer } from "../../core/wire/wire.ts";
import { identityOf } from "../../platform/files/inode.ts";
import type { Environment, Paths } from "../../platform/paths.ts";
import { checkPrivateDirectory } from "../../platform/files/private-directory.ts";
import { runtimePlaces } from "../../platform/files/runtime-directory.ts";
import { exchange, send, type Limits } from "./exchange.ts";
import { sayIfLong } from "./long-wait.ts";
import { answerWithoutVault } from "./without-vault.ts";
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
  /** Told what an answer says besides what was asked for. */
  readonly heard?: ((notes: readonly string[], hints: readonly string[]) => void) | undefined;
  /** Ends the wait for an answer, as if nobody listened. */
  readonly signal?: AbortSignal | undefined;
  /** False: nobody is asked for the passphrase, also on a terminal. */
  readonly asks?: boolean | undefined;
  /** As `Limits.meanwhile`, of each request. */
  readonly meanwhile?: Limits["meanwhile"];
}

/**
 * Asks the daemon, which is started if there is none, or an older one. The answer may be a failure.
 *
 * @throws Failure if no daemon can be had.
 */
export async function request(
  place: DaemonPlace,
  what: { tool: string; operation: string; headers?: Readonly<Record<string, string>>; payload: string; keeps?: boolean },
): Promise<Answer> {
  for (let attempt = 1; attempt < ATTEMPTS; attempt += 1) {
    const answer = await ask(place, { ...what, build: BUILD }, place);
    if (answer !== undefined) return answer;
    const withoutDaemon = answerWithoutVault(place.paths, what);
    if (withoutDaemon !== undefined) return withoutDaemon;
    await sayIfLong(startDaemon(place.paths, place.environment, () => isThere(place)), "the daemon to start");
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
  return settle(await request(place, asked(place, operation, payload)), place);
}

/** The same, but undefined if no daemon runs: none is started for it. */
export async function administerIfRunning<Name extends OperationName>(
  place: DaemonPlace,
  operation: Name,
  payload: Operations[Name]["request"],
): Promise<Operations[Name]["answer"] | undefined> {
  const answer = await ask(place, asked(place, operation, payload), place);
  return answer === undefined ? undefined : settle(answer, place);
}

/** The same, for who doesn't wait for the answer: whichever daemon listens is told, and what it says to that is lost. */
export async function tellIfRunning<Name extends OperationName>(
  place: DaemonPlace,
  operation: Name,
  payload: Operations[Name]["request"],
): Promise<void> {
  const text = requestText(place, asked(place, operation, payload));
  if (text === undefined) return;
  for await (const socket of socketsOf(place)) await atSocket(socket, send(socket, text));
}

function asked<Name extends OperationName>(
  { caFile }: DaemonPlace,
  operation: Name,
  payload: Operations[Name]["request"],
): Parameters<typeof request>[1] {
  return { tool: ADMINISTRATION, operation, headers: caFile === undefined ? {} : { cacert: caFile }, payload: JSON.stringify(payload) };
}

function settle<Name extends OperationName>(answer: Answer, { heard }: DaemonPlace): Operations[Name]["answer"] {
  if (answer.status === "error") throw answer.failure;
  if (answer.status === "miss") throw new Failure("unavailable", "the daemon has no answer");
  heard?.(answer.notes, answer.hints);
  return JSON.parse(answer.payload) as Operations[Name]["answer"];
}

/** Asks the daemon of the data directory, wherever it is; undefined if there is none, or it is not the one to ask. */
async function ask(
  place: DaemonPlace,
  what: Parameters<typeof renderRequest>[0],
  limits: Limits = {},
): Promise<Answer | undefined> {
  const text = requestText(place, what);
  if (text === undefined) return undefined;
  for await (const socket of socketsOf(place)) {
    const answer = exchange(socket, text, limits);
    const said = await atSocket(socket, limits.patienceMs === 0 ? answer : sayIfLong(answer, "the daemon's answer"));
    if (said !== undefined && !(said.status === "error" && said.failure.code === "version")) return said;
  }
  return undefined;
}

/** Undefined if there is no data directory. */
function requestText({ paths, environment }: DaemonPlace, what: Parameters<typeof renderRequest>[0]): string | undefined {
  const directory = identityOf(paths.data);
  if (directory === undefined) return undefined;
  const variables = variableHeaders(forDaemon(environment), (path) => resolve(path));
  return renderRequest({ ...what, headers: { ...what.headers, data: directory, ...variables } });
}

/** Where a daemon of the data directory may listen, the best place first. */
async function* socketsOf({ paths, environment }: DaemonPlace): AsyncGenerator<string> {
  for (const place of runtimePlaces(paths, environment)) {
    if (await isOurs(place.runtime, place === paths)) yield place.socket;
  }
}

/** The scripts in `bin/` have put one variable out of the way of Node's start. */
function forDaemon(environment: Environment): Environment {
  return { ...environment, NODE_EXTRA_CA_CERTS: environment["TOOLKEY_EXTRA_CA_CERTS"] ?? environment["NODE_EXTRA_CA_CERTS"] };
}

/** Beside the vault a directory that is not ours alone is an error, elsewhere it is no place of ours. */
async function isOurs(runtime: string, isBesideVault: boolean): Promise<boolean> {
  if (isBesideVault) return checkPrivateDirectory(runtime);
  return (await mayUse(dirname(runtime))) && (await mayUse(runtime));
}

async function mayUse(directory: string): Promise<boolean> {
  return checkPrivateDirectory(directory).catch((error: unknown) => {
    if (error instanceof Failure) return false;
    throw error;
  });
}

/** What came of the use of a socket; undefined where we can't get there: whoever can't makes another place for the daemon. */
async function atSocket<T>(socket: string, use: Promise<T>): Promise<T | undefined> {
  try {
    return await use;
  } catch (error) {
    const code = systemErrorCode(error);
    if (error instanceof Failure || code === undefined) throw error;
    if (code === "EACCES") return undefined;
    throw new Failure("unavailable", `cannot use the daemon's socket ${socket}: ${code}`, { cause: error });
  }
}

async function isThere(place: DaemonPlace): Promise<boolean> {
  return (await ask(place, { tool: ADMINISTRATION, operation: "status", payload: "{}" })) !== undefined;
}
