import { Failure } from "../core/failure.ts";
import { discard, discardLeftovers, keepBackup, moveIntoPlace, sameVersion, writeBeside } from "../platform/files/durable-file.ts";
import { ensurePrivateDirectory } from "../platform/files/private-directory.ts";
import type { Paths } from "../platform/paths.ts";
import { derivedKey, seal, type VaultIdentity } from "./envelope.ts";
import { assertEnterable } from "./entering.ts";
import { serializeVault, type Holdings, type VaultContent } from "./format.ts";
import type { HeldKey } from "./kept-key.ts";
import { acquireLock, LockLost, type HeldLock } from "./lock.ts";
import { TokenMap } from "./token-map.ts";
import { asFailure, backupOf, fileVersion, keyReplaced, load, readBytes, type Loaded } from "./vault-file.ts";

/** How often a transaction is begun anew because another process was faster. */
const ATTEMPTS = 5;

/**
 * An open vault: the file's content in memory, and the only way to change it. Several processes may
 * have the same vault open; each sees the others' changes with its next read.
 *
 * To whom it is written is decided under the lock, by what is there then, so that at every instant the key that is kept
 * opens the vault and its backup (docs/decisions/0020-whom-the-vault-is-sealed-to.md).
 */
export class Vault {
  readonly #paths: Paths;
  #key: HeldKey;
  #loaded: Loaded;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(paths: Paths, key: HeldKey, loaded: Loaded) {
    this.#paths = paths;
    this.#key = key;
    this.#loaded = loaded;
  }

  /**
   * Reads the vault.
   *
   * @throws Failure `no-vault`, `damaged`, `unavailable`
   */
  static async open(paths: Paths, key: HeldKey): Promise<Vault> {
    return new Vault(paths, key, await load(paths, key.identity));
  }

  /** As `derivedKey` of the identity that opened it. */
  derivedKey(purpose: string): Buffer {
    return derivedKey(this.#key.identity, purpose);
  }

  /**
   * Makes an empty vault. The key is made and kept by `obtain`, under the vault's lock: of two that
   * make a vault at once, one would else keep its key and the other its vault.
   *
   * @param accepted of the configuration, as in `Holdings`
   * @throws Failure `exists` if there is one, or a file of its name, and whatever `obtain` throws
   */
  static async create(paths: Paths, obtain: () => Promise<HeldKey>, accepted = ""): Promise<Vault> {
    await ensurePrivateDirectory(paths.data);
    const lock = await acquireLock(paths.vault);
    try {
      if ((await readBytes(paths)) !== undefined) throw new Failure("exists", `there is a vault already: ${paths.vault}`);
      await discardLeftovers(paths.data);
      const key = await obtain();
      const content: VaultContent = { generation: 0, tokens: new TokenMap([]), backups: [], accepted };
      const written = await writeBeside(paths.vault, await seal(serializeVault(content), [key.identity]));
      try {
        lock.assertHeld();
        await moveIntoPlace(written, paths.vault);
      } finally {
        await discard(written.path);
      }
      return new Vault(paths, key, { content, version: written.version, recipients: 1 });
    } catch (error) {
      throw asFailure(paths, error);
    } finally {
      lock.release();
    }
  }

  /** What of the configuration was accepted, as of the latest look at the file. */
  get accepted(): string {
    return this.#loaded.content.accepted;
  }

  /** The tokens as they are on disk now. */
  async tokens(): Promise<TokenMap> {
    return (await this.holdings()).tokens;
  }

  /** All that the vault holds now. */
  async holdings(): Promise<Holdings> {
    await this.#refresh();
    return this.#loaded.content;
  }

  /** All that the file holds, read and decrypted anew, whatever we know of it. @throws Failure as `open` */
  async readBack(): Promise<Holdings> {
    return (await load(this.#paths, this.#key.identity)).content;
  }

  /**
   * A transaction. `change` gets what the vault holds and returns what is to be kept, or undefined to leave
   * all as it is; it may be called again if another process was faster. When this resolves, the change is on
   * the disk; when it rejects, the vault is what it was.
   *
   * @throws Failure as `open`, `usage` for a secret that no tool can be given, and whatever `change` throws
   */
  async change(change: (held: Holdings) => Holdings | undefined): Promise<void> {
    await this.#inTurn(() => this.#locked((lock) => this.#transact(lock, change)));
  }

  /**
   * Gives the vault another key, under one lock: vault and backup are written to both; then `move` puts the new one
   * where keys are kept and takes the old one away; then both are written to the new one alone.
   *
   * @param move returns the new key as it is kept
   * @throws Failure as `change`, and whatever `move` throws; the vault may be open to both keys then, which the next
   * change ends
   */
  async changeKey(next: VaultIdentity, move: () => Promise<HeldKey>): Promise<void> {
    const asItIs = (held: Holdings): Holdings => held;
    await this.#inTurn(() =>
      this.#locked(async (lock) => {
        // It is already, where this is begun anew because the lock was lost.
        if (!this.#key.identity.equals(next)) {
          if (!(await this.#transact(lock, asItIs, next))) return false;
          await keepBackup(this.#paths.vault, backupOf(this.#paths));
          // Who has a lock of that name instead may have taken the new key away from the vault again.
          lock.assertHeld();
          this.#key = await move();
        }
        if (!(await this.#transact(lock, asItIs))) return false;
        await keepBackup(this.#paths.vault, backupOf(this.#paths));
        return true;
      }),
    );
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
        lock.release();
      }
      if (attempt === ATTEMPTS) {
        throw new Failure("unavailable", `another process keeps changing ${this.#paths.vault}`, {
          hint: "nothing was changed; try again",
        });
      }
    }
  }

  /**
   * @param alsoTo who can open it besides the holder of the kept key
   * @returns false if another process changed the vault in the meantime.
   */
  async #transact(lock: HeldLock, change: (held: Holdings) => Holdings | undefined, ...alsoTo: VaultIdentity[]): Promise<boolean> {
    await discardLeftovers(this.#paths.data);
    await this.#refresh();
    // What one key opens, our key opened: so it is the one that is kept. Of several, any may be.
    if (this.#loaded.recipients > 1 && !(await this.#key.isKept())) throw keyReplaced(this.#paths);
    const held = change(this.#loaded.content);
    if (held === undefined) return true;
    assertEnterable(held.tokens, this.#loaded.content.tokens);
    const content: VaultContent = { ...held, generation: this.#loaded.content.generation + 1 };
    const identities = [this.#key.identity, ...alsoTo];
    const written = await writeBeside(this.#paths.vault, await seal(serializeVault(content), identities));
    try {
      await keepBackup(this.#paths.vault, backupOf(this.#paths));
      lock.assertHeld();
      if (this.#hasMoved()) return false;
      await moveIntoPlace(written, this.#paths.vault);
    } finally {
      await discard(written.path);
    }
    this.#loaded = { content, version: written.version, recipients: identities.length };
    return true;
  }

  /** Reads the file again if it is another one than we know. */
  async #refresh(): Promise<void> {
    if (this.#hasMoved()) this.#loaded = await load(this.#paths, this.#key.identity);
  }

  #hasMoved(): boolean {
    const version = fileVersion(this.#paths);
    return version === undefined || !sameVersion(version, this.#loaded.version);
  }
}
