/** The file of the vault: what of it can be read, and what to say of what can't. */
import { lstatSync, type BigIntStats } from "node:fs";
import { Failure, systemErrorCode } from "../core/failure.ts";
import { readVersioned, versionOf, type FileVersion } from "../platform/files/durable-file.ts";
import type { Paths } from "../platform/paths.ts";
import { countRecipients, OtherKey, unseal, type VaultIdentity } from "./envelope.ts";
import { parseVault, type VaultContent } from "./format.ts";

/** A version of the vault as it was read. */
export interface Loaded {
  readonly content: VaultContent;
  readonly version: FileVersion;
  /** How many keys open it. More than one where a change of key is not ended. */
  readonly recipients: number;
}

/** Whether there is anything at the vault's path, be it a vault or not. @throws Failure `unavailable` */
export function vaultExists(paths: Paths): boolean {
  return look(paths) !== undefined;
}

/** The name under which the last version but one is kept. */
export function backupOf(paths: Paths): string {
  return `${paths.vault}.1`;
}

/** Reads, decrypts and checks the vault. @throws Failure `no-vault`, `damaged`, `unavailable` */
export async function load(paths: Paths, identity: VaultIdentity): Promise<Loaded> {
  const read = await readBytes(paths);
  if (read === undefined) {
    throw new Failure("no-vault", `there is no vault at ${paths.vault}`, { hint: "make one: toolkey init" });
  }
  try {
    const plaintext = await unseal(read.bytes, [identity], paths.vault);
    const content = parseVault(plaintext, paths.vault);
    plaintext.fill(0);
    return { content, version: read.version, recipients: countRecipients(read.bytes) };
  } catch (error) {
    if (error instanceof OtherKey) throw forAnotherKey(paths, error);
    if (!(error instanceof Failure) || error.code !== "damaged") throw error;
    throw damaged(paths, error.message, error);
  }
}

/** Undefined if there is no vault. @throws Failure as `fileVersion`, and `unavailable` */
export async function readBytes(paths: Paths): Promise<{ bytes: Buffer; version: FileVersion } | undefined> {
  if (fileVersion(paths) === undefined) return undefined;
  try {
    return await readVersioned(paths.vault);
  } catch (error) {
    throw asFailure(paths, error);
  }
}

/**
 * The version that is there now.
 *
 * @throws Failure `damaged` for what is not a file of its own. A symbolic link would be replaced by the
 * first transaction, and what it leads to would silently grow old; opening a pipe would wait for ever.
 */
export function fileVersion(paths: Paths): FileVersion | undefined {
  const found = look(paths);
  if (found === undefined || found.isFile()) return found && versionOf(found);
  const kind = found.isDirectory() ? "a directory" : found.isSymbolicLink() ? "a symbolic link, and no file of its own" : "not a file";
  throw damaged(paths, `${paths.vault} is ${kind}`);
}

// With each request. At once, since handing it to a thread and back takes longer than the call itself.
function look(paths: Paths): BigIntStats | undefined {
  try {
    return lstatSync(paths.vault, { bigint: true });
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw asFailure(paths, error);
  }
}

function damaged(paths: Paths, what: string, cause?: unknown): Failure {
  return new Failure("damaged", what, {
    hint: [
      "toolkey leaves it as it is",
      `the version before it may be whole: ${backupOf(paths)} (move what is damaged away, then copy this one to its place)`,
    ],
    cause,
  });
}

// The vault before it is older, and may be for the same other key: in its place it would be a loss.
function forAnotherKey(paths: Paths, error: OtherKey): Failure {
  return new Failure("damaged", error.message, {
    hint: [
      "toolkey leaves it as it is; it opens again with the key that it is for, so bring that back",
      `keep it, also if the version before it, ${backupOf(paths)}, opens: that one lacks the last change`,
    ],
    cause: error,
  });
}

/** `damaged`, since whoever holds the vault open has to open it anew, with the key that is kept. */
export function keyReplaced(paths: Paths): Failure {
  return new Failure("damaged", `the key of ${paths.vault} was replaced by another process`, { hint: "nothing was changed; try again" });
}

/** What the file system says, as a failure that names the vault; anything else as it is. */
export function asFailure(paths: Paths, error: unknown): unknown {
  const code = systemErrorCode(error);
  if (error instanceof Failure || code === undefined) return error;
  const options = { hint: "the vault was left as it was", cause: error };
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return new Failure("unavailable", `no space is left on the disk of ${paths.vault}`, options);
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new Failure("unavailable", `no permission to use ${paths.vault} (${code})`, options);
    default:
      return new Failure("unavailable", `cannot use ${paths.vault}: ${code}`, options);
  }
}
