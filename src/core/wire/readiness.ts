/** What a daemon tells its starter, as one line of text. */
import { Failure, failureCode } from "../failure.ts";

/** The descriptor that a starter hands to the daemon. */
export const READINESS_DESCRIPTOR = 3;

/** It listens; another one does already; or it could not start. */
export type Readiness = "ready" | "running" | Failure;

export function renderReadiness(readiness: Readiness): string {
  if (!(readiness instanceof Failure)) return `${readiness}\n`;
  const { code, message, hints } = readiness;
  return `${JSON.stringify({ code, message, hints })}\n`;
}

/** Undefined if the daemon ended without a word, or before its line was out. */
export function parseReadiness(text: string): Readiness | undefined {
  if (!text.endsWith("\n")) return undefined;
  const line = text.trim();
  if (line === "ready" || line === "running") return line;
  if (!line.startsWith("{")) return undefined;
  const { code, message, hints } = JSON.parse(line) as { code: string; message: string; hints: string[] };
  return new Failure(failureCode(code), message, { hint: hints });
}
