import { instant, type Clock, type Instant } from "../core/clock.ts";
import type { SkippedSource } from "../core/wire/administration.ts";
import type { KeySourceName } from "../core/views/status.ts";
import type { VaultState } from "../core/views/status.ts";
import { Failure } from "../core/failure.ts";
import type { Secret } from "../core/secret.ts";
import { checkPrivateDirectory, ensurePrivateDirectory } from "../platform/files/private-directory.ts";
import type { Environment, Paths } from "../platform/paths.ts";
import { newIdentity } from "../vault/envelope.ts";
import { adoptOrMakeKey, changeableSource, moveKey, readKey, type HeldKey } from "../vault/kept-key.ts";
import { findKeySource, keySource, linkProvided, type KeySource } from "../vault/key-source.ts";
import { SeenClock } from "../vault/seen-clock.ts";
import { UsageLog } from "../vault/usage.ts";
import { Vault } from "../vault/vault.ts";
import { vaultExists } from "../vault/vault-file.ts";
import { OpenTime, type LockTimes } from "./open-time.ts";

/** How often a vault is opened for one request: its key may be changed between the reading of key and vault. */
const OPENINGS = 3;

/** An open vault and what is kept beside it. */
export interface OpenVault {
  readonly vault: Vault;
  readonly usage: UsageLog;
  readonly seen: SeenClock;
}

/**
 * Whether the vault is open, for how long, and what opens it. When the session closes, identity and tokens
 * are dropped.
 *
 * A vault whose key source needs nobody (keychain, file) opens with the first request that needs it,
 * also after it closed for lack of use. One with a passphrase waits for `unlock`, and so does every
 * vault that a person locked.
 */
export class Session {
  readonly #paths: Paths;
  readonly #environment: Environment;
  readonly #clock: Clock;
  readonly #times: LockTimes;
  readonly #onOpen: ((open: OpenVault) => void) | undefined;
  readonly #onClosingSoon: (() => void) | undefined;
  readonly #onClose: (why: "asked" | "idle" | "absolute") => void;
  #open: (OpenVault & { readonly time: OpenTime; readonly source: KeySource }) | undefined;
  #opening: Promise<OpenVault> | undefined;
  #lockedByPerson = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(world: {
    paths: Paths;
    environment: Environment;
    clock: Clock;
    times: LockTimes;
    onOpen?: (open: OpenVault) => void;
    /** Called a while before the vault closes however much it is used, if only a person can open it again. */
    onClosingSoon?: () => void;
    onClose: (why: "asked" | "idle" | "absolute") => void;
  }) {
    this.#paths = world.paths;
    this.#environment = world.environment;
    this.#clock = world.clock;
    this.#times = world.times;
    this.#onOpen = world.onOpen;
    this.#onClosingSoon = world.onClosingSoon;
    this.#onClose = world.onClose;
  }

  /**
   * The open vault. For a request that counts as use, it is opened if that needs nobody, and the lock put
   * off; what does not count only gets what is open already.
   *
   * @throws Failure `no-vault`, `locked`, and as `Vault.open`
   */
  async use(counts = true): Promise<OpenVault> {
    await this.#closeIfDue();
    const open = this.#open;
    if (open !== undefined) {
      if (counts) open.time.use();
      return open;
    }
    const isToStayClosed = this.#lockedByPerson || !counts;
    if (isToStayClosed && vaultExists(this.#paths)) throw new Failure("locked", "the vault is locked", { hint: "toolkey unlock" });
    return this.#openOnce();
  }

  /**
   * Runs an action on the open vault. If the vault can't be read any more with the identity we hold,
   * because another process changed its key, it is opened anew.
   */
  async withVault<T>(action: (open: OpenVault) => Promise<T>, counts = true): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      let open: OpenVault | undefined;
      try {
        open = await this.use(counts);
        return await action(open);
      } catch (error) {
        if (!(error instanceof Failure) || error.code !== "damaged" || attempt === OPENINGS) throw error;
        // Another request may have opened it anew already.
        if (open !== undefined && this.#open === open) this.#drop();
      }
    }
  }

  /** Counts as use until the returned function is called: what goes through the gateway takes as long as it likes. */
  using(): () => void {
    return this.#open?.time.using() ?? (() => undefined);
  }

  /** When the vault closes however much it is used, if that is soon, and only a person can open it again. */
  closingSoon(): Instant | undefined {
    return this.#open?.source.name === "passphrase" ? this.#open.time.closingSoon : undefined;
  }

  /** As `derivedKey` of the vault's own. @throws as `use` */
  async deriveKey(purpose: string): Promise<Buffer> {
    return (await this.use()).vault.derivedKey(purpose);
  }

  /** The vault if it is open, without this counting as use. */
  async peek(): Promise<OpenVault | undefined> {
    await this.#closeIfDue();
    return this.#open;
  }

  async state(): Promise<{ state: VaultState; keySource: KeySource | undefined; locksAt: Instant | undefined }> {
    await this.#closeIfDue();
    if (!vaultExists(this.#paths)) return { state: "absent", keySource: undefined, locksAt: undefined };
    if (this.#open !== undefined) return { state: "open", keySource: this.#open.source, locksAt: instant(this.#open.time.end.at) };
    const source = await findKeySource(this.#paths, this.#environment);
    const waits = this.#lockedByPerson || source.name === "passphrase";
    return { state: waits ? "locked" : "closed", keySource: source, locksAt: undefined };
  }

  /** Opens the vault for a person. @throws Failure `denied` for a wrong passphrase, and as `use` */
  async unlock(passphrase: Secret | undefined): Promise<OpenVault> {
    await this.#closeIfDue();
    // A request that is just finding out that it has no passphrase must not decide for one that has.
    while (this.#opening !== undefined) await this.#opening.catch(() => undefined);
    const open = this.#open ?? (await this.#openOnce(passphrase));
    this.#lockedByPerson = false;
    return open;
  }

  /** Closes the vault until `unlock`. */
  async lock(): Promise<void> {
    this.#lockedByPerson = true;
    await this.#close("asked");
  }

  /** The lock times are others now. */
  timesChanged(): void {
    this.#arm();
  }

  /**
   * Makes a vault with the first key source that works.
   *
   * @param accepted of the configuration, as in the vault's `Holdings`
   * @throws Failure `exists` if there is one; the last source's own failure if none works.
   */
  async create(
    names: readonly KeySourceName[],
    passphrase: Secret | undefined,
    accepted = "",
  ): Promise<{ source: KeySource; skipped: SkippedSource[] }> {
    if (vaultExists(this.#paths)) {
      throw new Failure("exists", `there is a vault already: ${this.#paths.vault}`, {
        hint: "to change its key: toolkey init --rekey",
      });
    }
    await ensurePrivateDirectory(this.#paths.data);
    const skipped: SkippedSource[] = [];
    for (const [index, name] of names.entries()) {
      const source = await keySource(name, this.#paths, this.#environment);
      let refused: unknown;
      const obtain = async (): Promise<HeldKey> => {
        try {
          return await adoptOrMakeKey(source, this.#paths, this.#environment, passphrase);
        } catch (error) {
          refused = error;
          throw error;
        }
      };
      try {
        const vault = await Vault.create(this.#paths, obtain, accepted);
        await linkProvided(this.#paths, source);
        await this.#keep(vault, source);
        return { source, skipped };
      } catch (error) {
        if (error !== refused || !(error instanceof Failure) || error.code !== "unavailable" || index === names.length - 1) throw error;
        skipped.push({ source: name, reason: error.message });
      }
    }
    throw new Failure("usage", "no key source was named");
  }

  /**
   * Gives the vault a new key, kept in the given source.
   *
   * @throws Failure `denied` if somebody else provides the key, and as `Vault.changeKey`
   */
  async rekey(name: KeySourceName, passphrase: Secret | undefined): Promise<{ source: KeySource; before: KeySource }> {
    let before = await changeableSource(this.#paths, this.#environment);
    const source = await keySource(name, this.#paths, this.#environment);
    const next = await newIdentity();
    let isKept = false;
    const move = async (): Promise<HeldKey> => {
      // Anew, since it is under the lock now.
      before = await changeableSource(this.#paths, this.#environment);
      const kept = await moveKey(next, { from: before, to: source }, this.#paths, this.#environment, passphrase);
      isKept = true;
      return kept;
    };
    try {
      await this.withVault(async ({ vault }) => {
        await vault.changeKey(next, move);
        await this.#keep(vault, source);
      });
    } catch (error) {
      if (!isKept || !(error instanceof Failure)) throw error;
      throw new Failure(error.code, error.message, {
        hint: [
          `the new key is kept already (${source.where}) and opens the vault`,
          "the key before opens it, too, until the next change: repeat this one",
        ],
        cause: error,
      });
    }
    return { source, before };
  }

  /** Writes down when tokens were used, and what was seen of the clock. @throws what the file system throws */
  async save(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    const tokens = await open.vault.tokens();
    await open.seen.save();
    await open.usage.save((id) => tokens.get(id) !== undefined);
  }

  async #openOnce(passphrase?: Secret): Promise<OpenVault> {
    this.#opening ??= this.#openNow(passphrase).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #openNow(passphrase: Secret | undefined): Promise<OpenVault> {
    await checkPrivateDirectory(this.#paths.data);
    if (!vaultExists(this.#paths)) {
      throw new Failure("no-vault", `there is no vault at ${this.#paths.vault}`, { hint: "make one: toolkey init" });
    }
    const source = await findKeySource(this.#paths, this.#environment);
    return this.#keep(await Vault.open(this.#paths, await readKey(source, this.#paths, this.#environment, passphrase)), source);
  }

  async #keep(vault: Vault, source: KeySource): Promise<OpenVault> {
    const usage = this.#open?.usage ?? (await UsageLog.open(this.#paths));
    const seen = this.#open?.seen ?? (await SeenClock.open(this.#paths, this.#clock));
    this.#open = { vault, usage, seen, time: new OpenTime(this.#clock, this.#times), source };
    this.#lockedByPerson = false;
    this.#arm();
    this.#onOpen?.(this.#open);
    return this.#open;
  }

  // A timer doesn't run while the machine sleeps, so every request looks at the clock as well.
  async #closeIfDue(): Promise<void> {
    if (this.#open?.time.isOver === true) await this.#close(this.#open.time.end.why);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#open === undefined) return;
    const { time } = this.#open;
    const now = this.#clock.now();
    const announces = now < time.announcedAt && time.announcedAt < time.end.at;
    const wait = Math.max((announces ? time.announcedAt : time.end.at) - now, 0);
    const look = async (): Promise<void> => {
      await this.#closeIfDue();
      if (announces && this.closingSoon() !== undefined) this.#onClosingSoon?.();
    };
    // Timers count in 32 bits.
    this.#timer = setTimeout(() => void look().finally(() => this.#arm()), Math.min(wait + 50, 2 ** 31 - 1));
    this.#timer.unref();
  }

  async #close(why: "asked" | "idle" | "absolute"): Promise<void> {
    if (this.#open === undefined) return;
    // When a token was last used is not worth failing for: a full disk must not keep the vault open.
    await this.save().catch(() => undefined);
    this.#drop();
    this.#onClose(why);
  }

  #drop(): void {
    this.#open = undefined;
    clearTimeout(this.#timer);
  }
}
