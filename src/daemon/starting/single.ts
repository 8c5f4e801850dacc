/** One daemon for each data directory: the holder of a lock that the kernel gives back with its process. */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { connect, type Server } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { discard } from "../../platform/files/durable-file.ts";
import { identityOf, inodeOf } from "../../platform/files/inode.ts";
import { tryLock } from "../../platform/libc.ts";
import { processTable } from "../../platform/processes/of-this-system.ts";
import type { Environment, Paths } from "../../platform/paths.ts";
import { firstPlace, type PassedOver } from "../../platform/files/runtime-directory.ts";
import { agentServer, prepare } from "../socket/server.ts";

/** How long a daemon that is ending may take to give the lock back, in milliseconds. */
const PATIENCE_MS = 10_000;
const LOOK_AGAIN_MS = 20;
const LOOK_AGAIN_SELDOM_MS = 250;

/** How long whoever has just taken the lock may take to sign it, in milliseconds. */
const UNSIGNED_MS = 500;
const MAX_SIGNATURE_BYTES = 200;

/** Where the one daemon of a data directory is. */
export interface OwnPlace {
  readonly paths: Paths;
  /** Listens, but nobody finds it yet. */
  readonly server: Server;
  /** Better places that can't be used. */
  readonly passedOver: readonly PassedOver[];
}

/**
 * Becomes the daemon of this data directory, until the process ends.
 *
 * @param isPatient waits until all others have ended
 * @returns undefined if there is one that answers.
 * @throws Failure `unavailable` if another process holds the lock and doesn't answer, or there is no place for a socket.
 */
export async function becomeOnlyDaemon(paths: Paths, environment: Environment, isPatient: boolean): Promise<OwnPlace | undefined> {
  const { taken: server, place, passedOver } = await firstPlace(paths, environment, async (candidate) => {
    const lock = isPatient
      ? await takeLock(candidate, LOOK_AGAIN_SELDOM_MS, Infinity)
      : await takeLock(candidate, LOOK_AGAIN_MS, PATIENCE_MS);
    if (lock === undefined) return undefined;
    return prepare(agentServer(), candidate.socket).catch((error: unknown) => {
      closeSync(lock);
      throw error;
    });
  });
  if (server !== undefined) return { paths: place, server, passedOver };
  if (await answers(place.socket)) return undefined;
  throw new Failure("unavailable", "another daemon is there but does not answer", {
    hint: "end the process toolkey-daemon that has this runtime directory",
  });
}

/**
 * @returns the locked descriptor; undefined if another one has the lock.
 * @throws Failure `unavailable` if it can't be had in this place, however long one waits
 */
async function takeLock(place: Paths, pauseMs: number, patienceMs: number): Promise<number | undefined> {
  const file = join(place.runtime, "daemon.lock");
  for (let waited = 0; waited < patienceMs; waited += pauseMs) {
    const descriptor = openLock(file);
    // Whoever opened it before it was replaced has a lock that nobody else sees.
    if (tryLock(descriptor) && inodeOf(file) === fstatSync(descriptor).ino) {
      sign(descriptor, place);
      return descriptor;
    }
    const holder = holderOf(descriptor, place);
    const isSigned = holder === "ours" || waited >= UNSIGNED_MS;
    if (isSigned && holder === "another vault" && inodeOf(file) === fstatSync(descriptor).ino) await discard(file);
    closeSync(descriptor);
    if (isSigned && holder === "another machine") throw new Failure("unavailable", `a daemon on another machine uses ${place.runtime}`);
    // A socket that was linked with the lock answers for the other vault.
    if (holder === "ours" && patienceMs !== Infinity && (await answers(place.socket))) return undefined;
    await wait(pauseMs);
  }
  return undefined;
}

function openLock(file: string): number {
  try {
    return openSync(file, "a+", 0o600);
  } catch (error) {
    throw cannotWrite(file, error);
  }
}

/** Says who has the lock. Where machines share a file system, one that has it answers on no socket of the others. */
function sign(descriptor: number, { data, runtime }: Paths): void {
  try {
    ftruncateSync(descriptor);
    writeSync(descriptor, `${processTable.startOfSystem() ?? ""}\n${identityOf(data) ?? ""}\n`);
  } catch (error) {
    throw cannotWrite(join(runtime, "daemon.lock"), error);
  }
}

/** A copy of a data directory by hard links has the lock of the other, too. */
function holderOf(descriptor: number, { data }: Paths): "another machine" | "another vault" | "ours" {
  const text = Buffer.alloc(MAX_SIGNATURE_BYTES);
  const [holder = "", directory = ""] = text.toString("latin1", 0, readSync(descriptor, text, 0, text.length, 0)).split("\n");
  const here = processTable.startOfSystem();
  if (holder !== "" && here !== undefined && holder !== here) return "another machine";
  return directory !== "" && directory !== identityOf(data) ? "another vault" : "ours";
}

function cannotWrite(file: string, error: unknown): Failure {
  return new Failure("unavailable", `cannot write ${file}: ${systemErrorCode(error) ?? "unknown error"}`, { cause: error });
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.once("connect", () => {
      connection.destroy();
      resolve(true);
    });
    connection.once("error", () => resolve(false));
  });
}
