/**
 * What time it certainly is: one that the clock has shown for a day without going back behind it. A clock that is
 * wrong for less long has no say in what is deleted.
 */
import { instant, milliseconds, type Instant } from "./clock.ts";

const LAG_MS = 24 * 60 * 60_000;

/** All of it is only what the clock said. */
export interface SeenTime {
  /** It is later than this. */
  readonly certain: Instant;
  /** What becomes certain if the clock has not gone back behind it a day later. */
  readonly seen: Instant;
}

/** What is known after a look at the clock; the same object if that is nothing new. */
export function look(before: SeenTime | undefined, now: number): SeenTime {
  const at = instant(now);
  if (before === undefined) return { certain: instant(0), seen: at };
  if (at < before.certain) return { certain: at, seen: at };
  if (at < before.seen) return { certain: before.certain, seen: at };
  return now - milliseconds(before.seen) < LAG_MS ? before : { certain: before.seen, seen: at };
}
