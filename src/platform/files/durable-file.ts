import { randomBytes } from "node:crypto";
import { closeSync, constants, fsync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { copyFile, link, open, readdir, rename, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { systemErrorCode } from "../../core/failure.ts";

/** Tells one version of a file from another without reading it: each version is a new inode. */
export interface FileVersion {
  readonly inode: bigint;
  readonly size: bigint;
  readonly modified: bigint;
}

/** A complete, synced temporary file beside its destination. */
export interface WrittenFile {
  readonly path: string;
  readonly version: FileVersion;
}

const TEMPORARY = ".tmp-";
export const LEFTOVER = /\.tmp-\d+-[0-9a-f]{12}$/;

/**
 * Writes a temporary file (0600 from creation on) beside `destination` and syncs it to the disk.
 * Nothing is left behind if that fails.
 *
 * @param made the path of the temporary file, if whoever writes it has made it already
 */
export async function writeBeside(
  destination: string,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  made?: string,
): Promise<WrittenFile> {
  const path = made ?? temporaryNameOf(destination);
  const file = await open(path, made === undefined ? "wx" : "w", 0o600);
  try {
    for await (const piece of pieces) await file.writeFile(piece);
    await file.sync();
    return { path, version: versionOf(await file.stat({ bigint: true })) };
  } catch (error) {
    await unlink(path).catch(ignoreAbsent);
    throw error;
  } finally {
    await file.close();
  }
}

/** A name for a temporary file beside another, which nobody else has. */
export function temporaryNameOf(destination: string): string {
  return `${destination}${TEMPORARY}${process.pid}-${randomBytes(6).toString("hex")}`;
}

/** Moves the temporary file into place and syncs the directory, so that a power cut keeps it. */
export async function moveIntoPlace(written: WrittenFile, destination: string): Promise<void> {
  await rename(written.path, destination);
  await syncDirectory(dirname(destination));
}

/** Writes a file so that at any instant either the old or the new one is there, whole. */
export async function replaceFile(destination: string, bytes: Uint8Array): Promise<void> {
  const written = await writeBeside(destination, [bytes]);
  try {
    await moveIntoPlace(written, destination);
  } catch (error) {
    await discard(written.path);
    throw error;
  }
}

/**
 * As `replaceFile`, but at once, for what is waited for at each start of a command: it is synced when it is in its place already. A power
 * cut before that may leave the old file, or what begins as the new one.
 */
export function replaceSoon(destination: string, text: string): void {
  const path = temporaryNameOf(destination);
  const file = openSync(path, "wx", 0o600);
  try {
    writeFileSync(file, text);
    renameSync(path, destination);
  } catch (error) {
    closeSync(file);
    rmSync(path, { force: true });
    throw error;
  }
  // Nobody waits for it: whether it can be synced changes nothing of what can be read.
  fsync(file, () => closeSync(file));
}

/** Keeps what is at `path` under the name `backup` as well, in one step. No `path`, nothing to keep. */
export async function keepBackup(path: string, backup: string): Promise<void> {
  const temporary = temporaryNameOf(backup);
  try {
    await link(path, temporary);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return;
    // Some file systems have no hard links.
    await copyFile(path, temporary, constants.COPYFILE_EXCL);
  }
  await rename(temporary, backup);
  // Renaming one of two names of the same file to the other does nothing (POSIX rename()).
  await discard(temporary);
}

/** Removes a file; that it isn't there is fine. */
export async function discard(path: string): Promise<void> {
  await unlink(path).catch(ignoreAbsent);
}

/**
 * Removes the temporary files that killed processes left in a directory. Only for who holds the lock under which
 * everything in it is written: nobody else is writing there then.
 */
export async function discardLeftovers(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => LEFTOVER.test(name));
  await Promise.all(names.map((name) => discard(join(directory, name))));
}

/** Reads a file and the version of it that was read. Undefined if it isn't there. */
export async function readVersioned(path: string): Promise<{ bytes: Buffer; version: FileVersion } | undefined> {
  let file;
  try {
    file = await open(path, "r");
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw error;
  }
  try {
    const version = versionOf(await file.stat({ bigint: true }));
    return { bytes: await file.readFile(), version };
  } finally {
    await file.close();
  }
}

export function versionOf(stat: { ino: bigint; size: bigint; mtimeNs: bigint }): FileVersion {
  return { inode: stat.ino, size: stat.size, modified: stat.mtimeNs };
}

export function sameVersion(a: FileVersion, b: FileVersion): boolean {
  return a.inode === b.inode && a.size === b.size && a.modified === b.modified;
}

export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function ignoreAbsent(error: unknown): void {
  if (systemErrorCode(error) !== "ENOENT") throw error;
}
