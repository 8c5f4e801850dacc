import { writeSync } from "node:fs";
import { systemErrorCode } from "../../core/failure.ts";

/** The terminal of whoever opens it. */
export const TERMINAL = "/dev/tty";

/** Writes for the person; nobody is told if the terminal is gone. */
export function say(terminal: number, text: string): void {
  try {
    writeSync(terminal, text);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
  }
}
