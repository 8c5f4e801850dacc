/**
 * Where the identity that opens the vault comes from. Which one it is isn't written down anywhere: it
 * is the first of these that is there.
 *
 * 1. `file`: TOOLKEY_IDENTITY_FILE, or $CREDENTIALS_DIRECTORY/toolkey-identity (systemd credentials)
 * 2. `passphrase`: identity.age in the data directory
 * 3. `file`: identity.txt in the data directory
 * 4. `keychain`: the key store of the operating system
 */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { lstat, open, readlink, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { KeySourceName } from "../core/views/status.ts";
import { Failure, systemErrorCode } from "../core/failure.ts";
import { Secret } from "../core/secret.ts";
import { discard, readVersioned, replaceFile } from "../platform/files/durable-file.ts";
import { readKeychain, removeFromKeychain, writeKeychain } from "../platform/keychain.ts";
import type { Environment, Paths } from "../platform/paths.ts";
import { parseIdentityFile, renderIdentityFile, type VaultIdentity } from "./envelope.ts";
import { sealWithPassphrase, unsealWithPassphrase } from "./passphrase.ts";

/** A place that keeps the identity. */
export interface KeySource {
  readonly name: KeySourceName;
  /** Where it is, in words for people. */
  readonly where: string;
  /** Whether somebody else provides it (systemd, CI), so that toolkey only reads it. */
  readonly provided: boolean;
  /**
   * The identity.
   *
   * @throws Failure `locked` if it needs a passphrase and none is given, `denied` if that is wrong,
   * `not-found` if there is no identity, `damaged`, `unavailable`.
   */
  read(passphrase?: Secret): Promise<VaultIdentity>;
  /** Equal for the same key under the same passphrase; needs none. Undefined if there is none. @throws Failure `unavailable` */
  mark(): Promise<string | undefined>;
  /** Keeps an identity there, in the place of what was there before. */
  write(identity: VaultIdentity, passphrase?: Secret): Promise<void>;
  remove(): Promise<void>;
}

/** The source that opens the vault now, by what is there. */
export async function findKeySource(paths: Paths, environment: Environment): Promise<KeySource> {
  const provided = await providedFile(environment);
  if (provided !== undefined) return provided;
  if (await isThere(passphraseFile(paths))) return passphraseSource(paths);
  if (await isThere(identityFile(paths))) return ownFileSource(paths);
  return keychainSource(paths, environment);
}

/** A source by its name, whether anything is there or not. */
export async function keySource(name: KeySourceName, paths: Paths, environment: Environment): Promise<KeySource> {
  switch (name) {
    case "keychain":
      return keychainSource(paths, environment);
    case "passphrase":
      return passphraseSource(paths);
    case "file":
      return (await providedFile(environment)) ?? fileSource(identityFile(paths));
    default:
      return name satisfies never;
  }
}

/**
 * Makes the place of a key that somebody else provides known to who comes without the variable that named it: by a link, which the
 * next key replaces. Without one a key that is missing would look like one in the key store.
 *
 * @throws Failure `unavailable`
 */
export async function linkProvided(paths: Paths, source: KeySource): Promise<void> {
  const link = identityFile(paths);
  if (!source.provided || source.where === link) return;
  try {
    await discard(link);
    await symlink(source.where, link);
  } catch (error) {
    throw new Failure("unavailable", `cannot make the link ${link}: ${systemErrorCode(error) ?? "unknown error"}`, { cause: error });
  }
}

/** The sources of the data directory but the one in use: what they have opens nothing. */
export async function unusedSources(paths: Paths, inUse: KeySource): Promise<KeySource[]> {
  return [passphraseSource(paths), await ownFileSource(paths)].filter(({ where }) => where !== inUse.where);
}

function keychainSource(paths: Paths, environment: Environment): KeySource {
  // One entry for each vault: TOOLKEY_HOME gives several to one person.
  const account = paths.vault;
  const where = "the key store of this system";
  return {
    name: "keychain",
    where,
    provided: false,
    async read() {
      const text = await readKeychain(account, environment);
      if (text === undefined) throw new Failure("not-found", `${where} holds no identity for ${paths.vault}`);
      return parseIdentityFile(text, where);
    },
    async mark() {
      const text = await readKeychain(account, environment);
      return text === undefined ? undefined : hash(text);
    },
    write: (identity) => writeKeychain(account, identity.reveal(), environment),
    remove: () => removeFromKeychain(account, environment),
  };
}

function passphraseSource(paths: Paths): KeySource {
  const where = passphraseFile(paths);
  return {
    name: "passphrase",
    where,
    provided: false,
    async read(passphrase) {
      const file = await readVersioned(where).catch((error: unknown) => unreadable(where, error));
      if (file === undefined) throw new Failure("not-found", `there is no ${where}`);
      if (passphrase === undefined) {
        throw new Failure("locked", "the vault is locked, and its passphrase is needed", { hint: "toolkey unlock" });
      }
      return parseIdentityFile(await unsealWithPassphrase(file.bytes, passphrase, where), where);
    },
    mark: () => markOfFile(where),
    async write(identity, passphrase) {
      if (passphrase === undefined || passphrase.isEmpty) throw new Failure("usage", "the passphrase must not be empty");
      await keep(where, await sealWithPassphrase(renderIdentityFile(identity), passphrase));
    },
    remove: () => discard(where),
  };
}

function fileSource(path: string, by?: "user" | "systemd"): KeySource {
  return {
    name: "file",
    where: path,
    provided: by !== undefined,
    read: async () => parseIdentityFile(await readIdentityFile(path, by === "systemd"), path),
    mark: () => markOfFile(path),
    write: (identity) => keep(path, Buffer.from(renderIdentityFile(identity))),
    remove: () => discard(path),
  };
}

/** The file in the data directory, or the one that it is a link to; only the link is ever written or removed. */
async function ownFileSource(paths: Paths): Promise<KeySource> {
  const file = identityFile(paths);
  const target = await readlink(file).catch(() => undefined);
  if (target === undefined) return fileSource(file);
  const linked = resolve(paths.data, target);
  const provided = fileSource(linked, isCredential(linked) ? "systemd" : "user");
  return {
    ...fileSource(file),
    where: linked,
    read: () => provided.read(),
    // Not once another key has taken the link's place.
    remove: async () => void ((await readlink(file).catch(() => undefined)) === target && (await discard(file))),
  };
}

/** Where systemd puts the credentials of services. Source: systemd.exec(5). */
function isCredential(path: string): boolean {
  return /^\/run\/(user\/\d+\/)?credentials\//.test(path);
}

/**
 * Reads a file that only we may read: the check is on what was opened, not on its name. systemd guards
 * its credentials with the directory and an access list, which shows as a group's right to read.
 */
async function readIdentityFile(path: string, guarded: boolean): Promise<string> {
  let file;
  try {
    // Without O_NONBLOCK the opening of a pipe would wait for somebody to write to it.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") throw new Failure("not-found", `there is no identity file ${path}`);
    return unreadable(path, error);
  }
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new Failure("damaged", `${path} is not a file`);
    if (!guarded && (found.mode & 0o077) !== 0) {
      throw new Failure("denied", `others can read the identity file ${path}`, {
        hint: [`chmod 600 '${path}'`, "if others may have read it: toolkey init --rekey"],
      });
    }
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

async function markOfFile(path: string): Promise<string | undefined> {
  const file = await readVersioned(path).catch((error: unknown) => unreadable(path, error));
  return file === undefined ? undefined : hash(file.bytes);
}

function hash(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

async function keep(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await replaceFile(path, bytes);
  } catch (error) {
    throw new Failure("unavailable", `cannot write ${path}: ${systemErrorCode(error) ?? "unknown error"}`, {
      hint: "nothing was changed; check the owner, the mode and the free space of its directory",
      cause: error,
    });
  }
}

function unreadable(path: string, error: unknown): never {
  const code = systemErrorCode(error);
  if (code === undefined) throw error;
  throw new Failure("unavailable", `cannot read ${path}: ${code}`, { hint: "check its owner and mode", cause: error });
}

async function providedFile(environment: Environment): Promise<KeySource | undefined> {
  const named = environment["TOOLKEY_IDENTITY_FILE"];
  if (named !== undefined && named !== "") return fileSource(named, "user");
  const credentials = environment["CREDENTIALS_DIRECTORY"];
  if (credentials === undefined || credentials === "") return undefined;
  const path = join(credentials, "toolkey-identity");
  return (await isThere(path)) ? fileSource(path, "systemd") : undefined;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return false;
    return unreadable(path, error);
  }
}

function identityFile(paths: Paths): string {
  return join(paths.data, "identity.txt");
}

function passphraseFile(paths: Paths): string {
  return join(paths.data, "identity.age");
}
