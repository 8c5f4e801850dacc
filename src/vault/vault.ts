import { lstatSync, type BigIntStats } from "node:fs";
import { Failure, systemErrorCode } from "../core/failure.ts";
import {
  discard,
  discardLeftovers,
  keepBackup,
  moveIntoPlace,
  readVersioned,
  sameVersion,
  versionOf,
  writeBeside,
  type FileVersion,
} from "../platform/durable-file.ts";
import { ensurePrivateDirectory } from "../platform/private-directory.ts";
import type { Paths } from "../platform/paths.ts";
import { seal, unseal, type VaultIdentity } from "./envelope.ts";
import { parseVault, serializeVault, type Holdings, type VaultContent } from "./format.ts";
import { acquireLock, LockLost, type HeldLock } from "./lock.ts";
import { TokenMap } from "./token-map.ts";

/** How often a transaction is begun anew because another process was faster. */
const ATTEMPTS = 5;

/**
 * An open vault: the file's content in memory, and the only way to change it. Several processes may
 * have the same vault open; each sees the others' changes with its next read.
 */
export class Vault {
  readonly #paths: Paths;
  /** Those the vault is encrypted to, and those that another process may have left it encrypted to. */
  #identities: readonly VaultIdentity[];
  #readers: readonly VaultIdentity[];
  #content: VaultContent;
  #version: FileVersion;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(
    paths: Paths,
    identity: VaultIdentity,
    loaded: { readonly content: VaultContent; readonly version: FileVersion },
  ) {
    this.#paths = paths;
    this.#identities = [identity];
    this.#readers = [identity];
    this.#content = loaded.content;
    this.#version = loaded.version;
  }

  /**
   * Reads the vault.
   *
   * @throws Failure `no-vault`, `damaged`, `unavailable`
   */
  static async open(paths: Paths, identity: VaultIdentity): Promise<Vault> {
    return new Vault(paths, identity, await load(paths, [identity]));
  }

  /**
   * Makes an empty vault. The identity is made and kept by `obtain`, under the vault's lock: of two that
   * make a vault at once, one would else keep its key and the other its vault.
   *
   * @throws Failure `exists` if there is one, or a file of its name, and whatever `obtain` throws
   */
  static async create(
    paths: Paths,
    obtain: () => Promise<VaultIdentity>,
  ): Promise<{ readonly vault: Vault; readonly identity: VaultIdentity }> {
    await ensurePrivateDirectory(paths.data);
    const lock = await acquireLock(paths.vault);
    try {
      if ((await readBytes(paths)) !== undefined) throw new Failure("exists", `there is a vault already: ${paths.vault}`);
      const identity = await obtain();
      const content: VaultContent = { generation: 0, tokens: new TokenMap([]), backups: [] };
      const written = await writeBeside(paths.vault, await seal(serializeVault(content), [identity]));
      await lock.assertHeld();
      await moveIntoPlace(written, paths.vault);
      return { vault: new Vault(paths, identity, { content, version: written.version }), identity };
    } catch (error) {
      throw asFailure(paths, error);
    } finally {
      await lock.release();
    }
  }

  /** The tokens as they are on disk now. */
  async tokens(): Promise<TokenMap> {
    return (await this.holdings()).tokens;
  }

  /** All that the vault holds now. */
  async holdings(): Promise<Holdings> {
    await this.#refresh();
    return this.#content;
  }

  /** All that the file holds, read and decrypted anew, whatever we know of it. @throws Failure as `open` */
  async readBack(): Promise<Holdings> {
    return (await load(this.#paths, this.#readers)).content;
  }

  /**
   * A transaction. `change` gets what the vault holds and returns what is to be kept, or undefined to leave
   * all as it is; it may be called again if another process was faster. When this resolves, the change is on
   * the disk; when it rejects, the vault is what it was.
   *
   * @throws Failure as `open`, and whatever `change` throws
   */
  async change(change: (held: Holdings) => Holdings | undefined): Promise<void> {
    await this.#inTurn(() => this.#locked((lock) => this.#transact(lock, change)));
  }

  /**
   * Gives the vault another key: it is encrypted to both; then `move` puts the new one where keys are
   * kept and takes the old one away; then it is encrypted to the new one alone, and the backup, which the
   * old key would still open, becomes a copy of it. At every instant a key that is kept opens the vault.
   * All under one lock, or another process could write it to the old key alone after that was taken away.
   *
   * `move` may be called again if the lock was lost.
   *
   * @throws Failure as `change`, and whatever `move` throws
   */
  async changeKey(next: VaultIdentity, move: () => Promise<void>): Promise<void> {
    await this.#inTurn(async () => {
      const before = this.#identities;
      const both = [...before, next];
      this.#readers = both;
      try {
        await this.#locked(async (lock) => {
          this.#identities = both;
          if (!(await this.#transact(lock, (held) => held))) return false;
          await move();
          this.#identities = [next];
          if (!(await this.#transact(lock, (held) => held))) return false;
          await keepBackup(this.#paths.vault, backupOf(this.#paths));
          return true;
        });
        this.#readers = [next];
      } catch (error) {
        // How far it came isn't known, and either key may be the one that is kept.
        this.#identities = both;
        throw error;
      }
    });
  }

  async #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(action, action);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  /** Runs an action under the lock, anew if it says that another process was faster, in spite of the lock. */
  async #locked(action: (lock: HeldLock) => Promise<boolean>): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const lock = await acquireLock(this.#paths.vault);
      try {
        if (await action(lock)) return;
      } catch (error) {
        if (!(error instanceof LockLost)) throw asFailure(this.#paths, error);
      } finally {
        await lock.release();
      }
      if (attempt === ATTEMPTS) {
        throw new Failure("unavailable", `another process keeps changing ${this.#paths.vault}`, {
          hint: "nothing was changed; try again",
        });
      }
    }
  }

  /** @returns false if another process changed the vault in the meantime. */
  async #transact(lock: HeldLock, change: (held: Holdings) => Holdings | undefined): Promise<boolean> {
    await discardLeftovers(this.#paths.vault);
    await this.#refresh();
    const held = change(this.#content);
    if (held === undefined) return true;
    const content: VaultContent = { generation: this.#content.generation + 1, tokens: held.tokens, backups: held.backups };
    const written = await writeBeside(this.#paths.vault, await seal(serializeVault(content), this.#identities));
    try {
      await keepBackup(this.#paths.vault, backupOf(this.#paths));
      await lock.assertHeld();
      if (this.#hasMoved()) return false;
      await moveIntoPlace(written, this.#paths.vault);
    } finally {
      await discard(written.path);
    }
    this.#content = content;
    this.#version = written.version;
    return true;
  }

  /** Reads the file again if it is another one than we know. */
  async #refresh(): Promise<void> {
    if (!this.#hasMoved()) return;
    const { content, version } = await load(this.#paths, this.#readers);
    this.#content = content;
    this.#version = version;
  }

  #hasMoved(): boolean {
    const version = fileVersion(this.#paths);
    return version === undefined || !sameVersion(version, this.#version);
  }
}

/** Whether there is anything at the vault's path, be it a vault or not. @throws Failure `unavailable` */
export function vaultExists(paths: Paths): boolean {
  return look(paths) !== undefined;
}

/** The name under which the last version but one is kept. */
export function backupOf(paths: Paths): string {
  return `${paths.vault}.1`;
}

async function load(
  paths: Paths,
  identities: readonly VaultIdentity[],
): Promise<{ content: VaultContent; version: FileVersion }> {
  const read = await readBytes(paths);
  if (read === undefined) {
    throw new Failure("no-vault", `there is no vault at ${paths.vault}`, { hint: "make one: toolkey init" });
  }
  try {
    const plaintext = await unseal(read.bytes, identities, paths.vault);
    const content = parseVault(plaintext, paths.vault);
    plaintext.fill(0);
    return { content, version: read.version };
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "damaged") throw error;
    throw damaged(paths, error.message, error);
  }
}

async function readBytes(paths: Paths): Promise<{ bytes: Buffer; version: FileVersion } | undefined> {
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
function fileVersion(paths: Paths): FileVersion | undefined {
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

function asFailure(paths: Paths, error: unknown): unknown {
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
