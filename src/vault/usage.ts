/**
 * When each token was last used and approved, in `usage.json` beside the vault, so that a read never
 * writes the vault. It holds no secret, and losing it loses nothing but these times.
 */
import { join } from "node:path";
import * as z from "zod/mini";
import type { Instant } from "../core/clock.ts";
import type { TokenUsage } from "../core/token.ts";
import { readVersioned, replaceFile } from "../platform/durable-file.ts";
import type { Paths } from "../platform/paths.ts";
import { acquireLock } from "./lock.ts";

/** The times are worth a second of waiting: a process that ends writes them. */
const LOCK_TRIES = 30;

const usageDocument = z.record(
  z.string(),
  z.strictObject({ lastUsedAt: z.optional(z.string()), approvedAt: z.optional(z.string()) }),
);

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

  approved(id: string, at: Instant): void {
    this.#note(id, { approvedAt: at });
  }

  /**
   * Writes what is new, together with what another process wrote since, for the tokens that still are. Under the
   * vault's lock, as all in that directory is written.
   *
   * @throws what the file system throws; the times stay in memory then.
   */
  async save(isKnown: (id: string) => boolean): Promise<void> {
    if (!this.#changed) return;
    const lock = await acquireLock(this.#vault, LOCK_TRIES);
    try {
      const merged = new Map<string, TokenUsage>();
      for (const [id, usage] of [...(await read(this.#file)), ...this.#byId]) {
        if (isKnown(id)) merged.set(id, latest(merged.get(id), usage));
      }
      await replaceFile(this.#file, Buffer.from(JSON.stringify(Object.fromEntries(merged))));
      this.#byId = merged;
      this.#changed = false;
    } finally {
      lock.release();
    }
  }

  #note(id: string, usage: TokenUsage): void {
    this.#byId.set(id, { ...this.#byId.get(id), ...usage });
    this.#changed = true;
  }
}

function latest(a: TokenUsage | undefined, b: TokenUsage): TokenUsage {
  return { lastUsedAt: later(a?.lastUsedAt, b.lastUsedAt), approvedAt: later(a?.approvedAt, b.approvedAt) };
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
