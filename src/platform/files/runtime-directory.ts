/**
 * Where the daemon of a data directory has its socket and its lock: in `run` beside the vault, so that whoever
 * has the vault finds the daemon (docs/decisions/0015-one-daemon-for-one-vault.md). Where that can't be, in a
 * directory for what is kept as long as a session, named by the device and inode of the data directory.
 */
import { randomBytes } from "node:crypto";
import { accessSync, constants, lstatSync, readdirSync, statSync, type Stats } from "node:fs";
import { dirname, join } from "node:path";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { MAX_SOCKET_PATH_BYTES } from "../../core/wire/wire.ts";
import { asFarAsSeen, identityOf } from "./inode.ts";
import { temporaryDirectory, withRuntime, type Environment, type Paths } from "../paths.ts";
import { ensurePrivateDirectory } from "./private-directory.ts";

/** A directory that was passed over, and why. */
export interface PassedOver {
  readonly directory: string;
  readonly reason: string;
}

/** The places where a daemon of this data directory may be, the best first. Nothing is made by asking. */
export function* runtimePlaces(paths: Paths, environment: Environment): Generator<Paths> {
  if (fits(paths)) yield paths;
  const name = identityOf(paths.data);
  if (name === undefined) return;
  for (const base of sessionDirectories(environment)) {
    const place = withRuntime(join(base, name), paths);
    if (fits(place)) yield place;
  }
}

/**
 * Takes the first place that serves, after its directory was made.
 *
 * @param take does with it what the directory is for; a Failure `unavailable` passes it over
 * @throws Failure of the first place if none serves; `denied` if the directory beside the data is not ours alone
 */
export async function firstPlace<T>(
  paths: Paths,
  environment: Environment,
  take: (place: Paths) => Promise<T>,
): Promise<{ readonly taken: T; readonly place: Paths; readonly passedOver: readonly PassedOver[] }> {
  await ensurePrivateDirectory(paths.data);
  const passedOver: PassedOver[] = [];
  let first: Failure | undefined;
  if (!fits(paths))
    passedOver.push({ directory: paths.runtime, reason: `the path of a socket there is longer than ${MAX_SOCKET_PATH_BYTES} bytes` });
  for (const place of runtimePlaces(paths, environment)) {
    try {
      await ensurePrivateDirectory(dirname(place.runtime));
      await ensurePrivateDirectory(place.runtime);
      assertWritable(place.runtime);
      return { taken: await take(place), place, passedOver };
    } catch (error) {
      // Somebody else's directory is nothing unusual, but not beside our vault.
      if (!(error instanceof Failure) || (error.code !== "unavailable" && place === paths)) throw error;
      first ??= error;
      passedOver.push({ directory: place.runtime, reason: error.message });
    }
  }
  // Where nothing can be made beside the vault, that is to be mended.
  if (first !== undefined && fits(paths)) throw first;
  throw new Failure("unavailable", `there is no place for the daemon's socket: ${passedOver.map(({ reason }) => reason).join("; ")}`, {
    hint: "set XDG_RUNTIME_DIR, or TMPDIR, to a directory of your own, or TOOLKEY_HOME to a shorter path",
  });
}

/** A longer path Node 20 would cut silently. */
function fits({ socket }: Paths): boolean {
  return Buffer.byteLength(socket) <= MAX_SOCKET_PATH_BYTES;
}

function assertWritable(directory: string): void {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new Failure("unavailable", `cannot write to the directory ${directory}: ${systemErrorCode(error) ?? "unknown error"}`, {
      cause: error,
    });
  }
}

/** What may be left of an environment after `su`, `sudo` or a container is passed over if it isn't ours. */
function* sessionDirectories(environment: Environment): Generator<string> {
  const uid = process.getuid?.() ?? 0;
  for (const parent of new Set([environment["XDG_RUNTIME_DIR"] ?? "", `/run/user/${uid}`])) {
    if (ownerOf(parent) === uid) yield join(parent, "toolkey");
  }
  for (const parent of new Set([temporaryDirectory(environment), "/tmp"])) {
    const owner = ownerOf(parent);
    if (owner === uid || owner === 0) yield* inTemporary(parent, `toolkey-${uid}`, uid);
  }
}

/** Anybody may have taken the usual name in a directory for all; no other one can be taken from its owner. */
function* inTemporary(parent: string, name: string, uid: number): Generator<string> {
  const usual = join(parent, name);
  const isOurs = (found: Stats | undefined): boolean => found?.isDirectory() === true && found.uid === uid;
  const found = asFarAsSeen(() => lstatSync(usual, { throwIfNoEntry: false }));
  if (found === undefined || isOurs(found)) {
    yield usual;
    return;
  }
  const others = (asFarAsSeen(() => readdirSync(parent)) ?? []).filter((entry) => entry.startsWith(`${name}-`)).toSorted();
  for (const entry of others) {
    const other = join(parent, entry);
    if (isOurs(asFarAsSeen(() => lstatSync(other)))) yield other;
  }
  yield join(parent, `${name}-${randomBytes(6).toString("hex")}`);
}

/** Of a directory that is there; undefined if none is. */
function ownerOf(directory: string): number | undefined {
  if (!directory.startsWith("/")) return undefined;
  const found = asFarAsSeen(() => statSync(directory, { throwIfNoEntry: false }));
  return found?.isDirectory() === true ? found.uid : undefined;
}
