/**
 * How each token was used, in `usage.json` beside the vault, so that a read never writes the vault. It holds no secret and
 * no place's name. Losing it loses nothing but this: a token of which nothing is known is suspended by its first refusal.
 */
import { join } from "node:path";
import * as z from "zod/mini";
import type { Instant } from "../core/clock.ts";
import type { TokenUsage } from "../core/tokens/token.ts";
import { readVersioned, replaceFile } from "../platform/files/durable-file.ts";
import type { Paths } from "../platform/paths.ts";
import { acquireLock } from "./lock.ts";

/** The times are worth a second of waiting: a process that ends writes them. */
const LOCK_TRIES = 30;

const usageDocument = z.record(
  z.string(),
  z.strictObject({
    lastUsedAt: z.optional(z.string()),
    approvedAt: z.optional(z.string()),
    workedAt: z.optional(z.array(z.string())),
    heldUntil: z.optional(z.record(z.string(), z.string())),
    isDoubted: z.optional(z.boolean()),
  }),
);

/** Of each token; the oldest are forgotten. */
const MAX_PLACES = 32;

export class UsageLog {
  readonly #file: string;
  readonly #vault: string;
  #byId: Map<string, TokenUsage>;
  #changed = false;

  private constructor(file: string, vault: string, byId: Map<string, TokenUsage>) {
    this.#file = file;
    this.#vault = vault;
    this.#byId = byId;
  }

  /** Reads the file. One that is not there or not readable as such counts as empty. */
  static async open(paths: Paths): Promise<UsageLog> {
    const file = join(paths.data, "usage.json");
    return new UsageLog(file, paths.vault, await read(file));
  }

  of(id: string): TokenUsage | undefined {
    return this.#byId.get(id);
  }

  used(id: string, at: Instant): void {
    this.#note(id, { lastUsedAt: at });
  }

  /**
   * A client says that the service accepted it.
   *
   * @param place its mark; undefined if it isn't known
   * @returns whether anything but the time is news
   */
  approved(id: string, at: Instant, place: string | undefined): boolean {
    const { approvedAt, workedAt = [], heldUntil = {}, isDoubted = false } = this.#byId.get(id) ?? {};
    const isNews =
      approvedAt === undefined || isDoubted || (place !== undefined && (!workedAt.includes(place) || heldUntil[place] !== undefined));
    this.#note(id, { approvedAt: at, ...(isDoubted ? { isDoubted: false } : {}) });
    if (isNews && place !== undefined) {
      const { [place]: _over, ...held } = heldUntil;
      this.#note(id, { workedAt: [place, ...workedAt.filter((other) => other !== place)].slice(0, MAX_PLACES), heldUntil: held });
    }
    return isNews;
  }

  /** It is not served at this place until then. */
  heldBack(id: string, place: string, until: Instant): void {
    const others = Object.entries(this.#byId.get(id)?.heldUntil ?? {}).filter(([other]) => other !== place);
    this.#note(id, { heldUntil: Object.fromEntries([...others, [place, until] as const].slice(-MAX_PLACES)) });
  }

  /** It was refused, and nobody knows where. */
  doubted(id: string): void {
    this.#note(id, { isDoubted: true });
  }

  /** It may be served everywhere again. @returns whether it was not */
  pardon(id: string): boolean {
    const { heldUntil = {}, isDoubted = false } = this.#byId.get(id) ?? {};
    if (Object.keys(heldUntil).length === 0 && !isDoubted) return false;
    this.#note(id, { heldUntil: {}, isDoubted: false });
    return true;
  }

  /** It has another secret, of which nobody has said anything yet. */
  renewed(id: string): void {
    this.#note(id, { approvedAt: undefined, workedAt: [], heldUntil: {}, isDoubted: false });
  }

  /**
   * Writes what is new, together with what another process wrote since, for the tokens that still are. Under the
   * vault's lock, as all in that directory is written.
   *
   * @throws what the file system throws; it stays in memory then.
   */
  async save(isKnown: (id: string) => boolean): Promise<void> {
    if (!this.#changed) return;
    const lock = await acquireLock(this.#vault, LOCK_TRIES);
    try {
      const onDisk = await read(this.#file);
      const merged = new Map<string, TokenUsage>();
      for (const [id, usage] of [...onDisk, ...this.#byId]) {
        if (isKnown(id)) merged.set(id, latest(merged.get(id), usage));
      }
      // Before the write: what is noted while it goes on is written the next time.
      this.#byId = merged;
      this.#changed = false;
      await replaceFile(this.#file, Buffer.from(JSON.stringify(Object.fromEntries(merged))));
    } catch (error) {
      this.#changed = true;
      throw error;
    } finally {
      lock.release();
    }
  }

  #note(id: string, usage: TokenUsage): void {
    this.#byId.set(id, { ...this.#byId.get(id), ...usage });
    this.#changed = true;
  }
}

/** @param b ours, which counts where it says something */
function latest(a: TokenUsage | undefined, b: TokenUsage): TokenUsage {
  return { ...a, ...b, lastUsedAt: later(a?.lastUsedAt, b.lastUsedAt) };
}

function later(a: Instant | undefined, b: Instant | undefined): Instant | undefined {
  return a === undefined || (b !== undefined && b > a) ? b : a;
}

async function read(file: string): Promise<Map<string, TokenUsage>> {
  const found = await readVersioned(file).catch(() => undefined);
  if (found === undefined) return new Map();
  try {
    return new Map(Object.entries(usageDocument.parse(JSON.parse(found.bytes.toString("utf8")))));
  } catch {
    return new Map();
  }
}
