/** What has been seen of the clock, in `clock.json` beside the vault. Losing it only puts deletions off by a day. */
import { join } from "node:path";
import * as z from "zod/mini";
import type { Clock, Instant } from "../core/clock.ts";
import { look, type SeenTime } from "../core/seen-time.ts";
import { readVersioned, replaceFile } from "../platform/files/durable-file.ts";
import type { Paths } from "../platform/paths.ts";
import { acquireLock } from "./lock.ts";

const instant = z.string().check(z.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/));
const document = z.strictObject({ certain: instant, seen: instant });

/** It is written once a day; whoever has the lock for longer than this puts that off. */
const LOCK_TRIES = 30;

export class SeenClock {
  readonly #paths: Paths;
  readonly #clock: Clock;
  #kept: SeenTime | undefined;
  #time: SeenTime | undefined;

  private constructor(paths: Paths, clock: Clock, kept: SeenTime | undefined) {
    this.#paths = paths;
    this.#clock = clock;
    this.#kept = kept;
    this.#time = kept;
  }

  /** Reads the file. One that is not there or not readable as such counts as nothing seen. */
  static async open(paths: Paths, clock: Clock): Promise<SeenClock> {
    return new SeenClock(paths, clock, await read(fileOf(paths)));
  }

  /** Looks at the clock. Returns what time it certainly is by now. */
  certain(): Instant {
    this.#time = look(this.#time, this.#clock.now());
    return this.#time.certain;
  }

  /**
   * Writes what is new, unless another process has seen the clock further back since.
   *
   * @throws what the file system throws
   */
  async save(): Promise<void> {
    if (this.#time === undefined || this.#time === this.#kept) return;
    const lock = await acquireLock(this.#paths.vault, LOCK_TRIES);
    try {
      const file = fileOf(this.#paths);
      const theirs = await read(file);
      const isNews = theirs !== undefined && (theirs.certain !== this.#kept?.certain || theirs.seen !== this.#kept.seen);
      const time = isNews ? look(theirs, this.#clock.now()) : this.#time;
      await replaceFile(file, Buffer.from(JSON.stringify(time)));
      this.#time = time;
      this.#kept = time;
    } finally {
      lock.release();
    }
  }
}

function fileOf(paths: Paths): string {
  return join(paths.data, "clock.json");
}

async function read(file: string): Promise<SeenTime | undefined> {
  try {
    const found = await readVersioned(file);
    return found && document.parse(JSON.parse(found.bytes.toString("utf8")));
  } catch {
    return undefined;
  }
}
