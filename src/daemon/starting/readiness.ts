/**
 * How a daemon that was just started tells its starter how that went: one line on descriptor 3.
 * Without that descriptor (a service manager started it) nobody is told.
 */
import { closeSync, fstatSync, writeSync } from "node:fs";
import { renderReadiness, READINESS_DESCRIPTOR, type Readiness } from "../../core/wire/readiness.ts";

/** Tells the starter, once. */
export function tellStarter(readiness: Readiness): void {
  try {
    if (!fstatSync(READINESS_DESCRIPTOR).isFIFO() && !fstatSync(READINESS_DESCRIPTOR).isSocket()) return;
    writeSync(READINESS_DESCRIPTOR, renderReadiness(readiness));
    closeSync(READINESS_DESCRIPTOR);
  } catch {
    // Nobody is waiting, or not any more.
  }
}
