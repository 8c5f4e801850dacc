import { existsSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { pino, destination, type Logger } from "pino";
import { systemClock } from "../core/clock.ts";
import type { Event, Requested } from "../core/event.ts";
import { Failure, systemErrorCode } from "../core/failure.ts";
import { ensurePrivateDirectory } from "../platform/files/private-directory.ts";
import type { Paths } from "../platform/paths.ts";

/** The log is moved to `daemon.log.1` when it has grown to this many bytes, so that both stay below twice that. */
const MAX_LOG_BYTES = 1024 * 1024;

export type { Logger };

export interface OpenLog {
  readonly log: Logger;
  /** Why nothing is written. */
  readonly failure: Failure | undefined;
}

/**
 * Opens `daemon.log`. A disk that is full or a directory that is gone later on loses log lines, and
 * nothing else; where it can't be written at all (a home that is read-only) the daemon goes on without.
 */
export async function openLog(paths: Paths): Promise<OpenLog> {
  try {
    return { log: await openFileLog(paths), failure: undefined };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { log: pino({ enabled: false }), failure: error };
  }
}

async function openFileLog(paths: Paths): Promise<Logger> {
  await ensurePrivateDirectory(paths.log);
  const file = logFile(paths);
  let bytes = existsSync(file) ? statSync(file).size : 0;
  const stream = openFile(file);
  stream.on("error", () => undefined);
  return pino(
    {
      base: null,
      timestamp: () => `,"time":"${new Date(systemClock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    {
      write(line: string) {
        try {
          stream.write(line);
          bytes += line.length;
          if (bytes < MAX_LOG_BYTES) return;
          renameSync(file, `${file}.1`);
          stream.reopen();
          bytes = 0;
        } catch (error) {
          // The log must never be why a request fails.
          if (systemErrorCode(error) === undefined) throw error;
        }
      },
    },
  );
}

function openFile(file: string): ReturnType<typeof destination> {
  try {
    return destination({ dest: file, sync: true, mode: 0o600, append: true });
  } catch (error) {
    throw new Failure("unavailable", `cannot write to the log ${file}: ${systemErrorCode(error) ?? "unknown error"}`, {
      hint: "check its owner and mode, or move it out of the way",
      cause: error,
    });
  }
}

/** The log as a view of events: a line for each request and each change of a token. What the gateway does is in its journal. */
export function logged(log: Logger): (event: Event) => void {
  return (event) => {
    if (event.kind === "request") {
      const { kind, failed, ...fields } = event;
      if (failed === undefined) log.info(fields, kind);
      else log[failed.isBug ? "error" : "warn"]({ ...fields, ...failed.fields }, kind);
    } else if (event.kind === "token") {
      const { kind, ...fields } = event;
      log.info(fields, kind);
    }
  };
}

/** How an event tells what went wrong. */
export function failedBy(error: unknown): Requested["failed"] {
  return error === undefined ? undefined : { isBug: !(error instanceof Failure), fields: errorFields(error) };
}

export function logFile(paths: Paths): string {
  return join(paths.log, "daemon.log");
}

/**
 * An error as the log shows it. A failure's message is written by us, but for what it quotes: a secret may
 * have been typed where an id was asked for. Any other's message may quote what was parsed, so that only
 * its kind and where it came from are kept.
 */
export function errorFields(error: unknown): Record<string, unknown> {
  if (error instanceof Failure) {
    const cause = systemErrorCode(error.cause);
    return { code: error.code, message: withoutQuotations(error.message), ...(cause === undefined ? {} : { cause }) };
  }
  if (!(error instanceof Error)) return { error: typeof error };
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return { error: error.name, cause: systemErrorCode(error), at: frames.map((line) => line.trim()) };
}

function withoutQuotations(message: string): string {
  return message.replace(/'.*'/s, "'…'");
}
