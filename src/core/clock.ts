import { Failure } from "./failure.ts";

/** A point in time: ISO 8601 in UTC with seconds, `2026-11-22T04:20:18Z`. Sorts as text. */
export type Instant = string;

/** Where the time comes from. The only place that reads it is `systemClock`. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** The last instant: years of five digits would neither sort as text nor be read again. */
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59);

/** Milliseconds since the epoch → instant, cut to the second. What is later than the last one is the last one. */
export function instant(milliseconds: number): Instant {
  return `${new Date(Math.min(milliseconds, LAST_MS)).toISOString().slice(0, 19)}Z`;
}

/** Instant → milliseconds since the epoch. */
export function milliseconds(at: Instant): number {
  return Date.parse(at);
}

/** Seconds since the epoch, as git and token services write it; undefined if the text is no such number. */
export function instantFromEpochSeconds(text: string): Instant | undefined {
  if (!/^\d{1,11}$/.test(text)) return undefined;
  return instant(Number(text) * 1000);
}

const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/**
 * `90s`, `15m`, `12h`, `30d`, `2w` → milliseconds.
 *
 * @throws Failure `usage` for anything else.
 */
export function duration(text: string): number {
  const match = /^(\d{1,6})([smhdw])$/.exec(text.trim());
  const unit = match?.[2] === undefined ? undefined : UNITS[match[2]];
  if (match === null || unit === undefined) {
    throw new Failure("usage", `'${text}' is not a duration`, { hint: "write it as 90s, 15m, 12h, 30d or 2w" });
  }
  return Number(match[1]) * unit;
}

/** Milliseconds → the same, in the largest unit of which they are whole. */
export function durationText(milliseconds: number): string {
  const [name, size] = Object.entries(UNITS).findLast(([, unit]) => milliseconds > 0 && milliseconds % unit === 0) ?? ["s", 1000];
  return `${milliseconds / size}${name}`;
}

/**
 * When something ends: a duration from now (`30d`), a day (`2027-01-31`, the end of it in UTC) or an
 * ISO 8601 time.
 *
 * @throws Failure `usage` for anything else, or a time that has passed.
 */
export function endInstant(text: string, now: number): Instant {
  const trimmed = text.trim();
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(trimmed);
  let end: number;
  if (/^\d+[smhdw]$/.test(trimmed)) end = now + duration(trimmed);
  else if (isDay) end = Date.parse(`${trimmed}T23:59:59Z`);
  else if (/^\d{4}-\d{2}-\d{2}T/.test(trimmed)) end = Date.parse(trimmed);
  else end = Number.NaN;
  // Date.parse() takes February 30 for March 2.
  if (Number.isNaN(end) || (isDay && !instant(end).startsWith(trimmed))) {
    throw new Failure("usage", `'${text}' is not a time`, {
      hint: "write a duration (30d), a day (2027-01-31) or an ISO time (2027-01-31T12:00:00Z)",
    });
  }
  if (end <= now) throw new Failure("usage", `'${text}' has already passed`);
  return instant(end);
}
