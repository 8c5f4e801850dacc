/** The end of the daemon, which comes whatever fails on the way. */
import { setTimeout as wait } from "node:timers/promises";
import { errorFields, type Logger } from "./log.ts";

/** How long one step of the end may take, in milliseconds: the last answers have the longest. */
const STEP_MS = 40_000;

const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/** What is done at the end, by its name in the log. */
export type Step = readonly [name: string, action: () => unknown];

/** Ends the process, once its steps are done. */
export type End = (why: string, exitCode: 0 | 1) => void;

/**
 * Makes the process end on signals and on mistakes, too. A step that fails is logged, and the next one is done; what
 * else goes wrong meanwhile is logged. A signal to a process that is ending already ends it at once.
 */
export function prepareEnd(log: Logger, steps: readonly Step[]): End {
  let isEnding = false;
  const end: End = (why, exitCode) => {
    if (isEnding) return;
    isEnding = true;
    log.info({ why }, "ending");
    void (async () => {
      for (const [name, action] of steps) {
        try {
          await Promise.race([action(), wait(STEP_MS, undefined, { ref: false })]);
        } catch (error) {
          log.warn({ step: name, ...errorFields(error) }, "not done at the end");
        }
      }
      process.exit(exitCode);
    })();
  };
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (isEnding) process.exit(1);
      end(signal, 0);
    });
  }
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (error: unknown) => {
      log.fatal(errorFields(error), event);
      end(event, 1);
    });
  }
  return end;
}
