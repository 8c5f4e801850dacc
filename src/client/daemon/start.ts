/** Starts the daemon: detached, with only the environment it needs, and waits until it says how that went. */
import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { parseReadiness, READINESS_DESCRIPTOR } from "../../core/wire/readiness.ts";
import { assertNodeIsNew } from "../../platform/processes/node-version.ts";
import { NO_DEBUGGER } from "../../platform/processes/no-debugger.ts";
import { homeOf, type Environment, type Paths } from "../../platform/paths.ts";
import { firstPlace } from "../../platform/files/runtime-directory.ts";
import { claim } from "./claim.ts";

/** How long a start may take, in milliseconds. */
const PATIENCE_MS = 20_000;
const LOOK_AGAIN_MS = 15;

/**
 * What the daemon gets of the starter's environment: where its places are. It outlasts the session it came from, so
 * that what belongs to that comes with each request (`core/wire/caller-variables.ts`), and variables such as NODE_OPTIONS could open it to
 * others.
 */
const PASSED_ON = /^(HOME|PATH|USER|LOGNAME|LANG|LC_.*|TZ|TMPDIR|TMP|TEMP|TOOLKEY_HOME|XDG_(DATA|CONFIG|STATE)_HOME|XDG_RUNTIME_DIR)$/;

/**
 * How V8 keeps house in the daemon: with no threads of its own for it, room of 2 MB for short-lived objects (each
 * request of the gateway makes 25 KB of that), and WebAssembly, which is the HTTP parser, without the compiler that takes
 * 25 MB to make it a little quicker. `--optimize-for-size` would leave no such room, so the daemon asks for that itself.
 */
export const V8_OPTIONS = ["--single-threaded", "--max-semi-space-size=2", "--liftoff-only"];

/**
 * Returns once a daemon listens, whoever started it. Of several clients at once only one starts it; the
 * others wait for that.
 *
 * @throws Failure with which the daemon could not start, or for too old a Node.
 */
export async function startDaemon(paths: Paths, environment: Environment, hasStarted: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; waited < PATIENCE_MS; waited += LOOK_AGAIN_MS) {
    const { taken: giveBack } = await firstPlace(paths, environment, ({ runtime }) => claim(join(runtime, "starting")));
    if (giveBack !== undefined) return spawnDaemon(environment).finally(giveBack);
    await wait(LOOK_AGAIN_MS);
    if (await hasStarted()) return;
  }
  throw new Failure("unavailable", "another client is starting the daemon, and does not get on with it", {
    hint: "try again, or 'toolkey doctor'",
  });
}

async function spawnDaemon(environment: Environment): Promise<void> {
  assertNodeIsNew();
  const daemon = spawn(process.execPath, [NO_DEBUGGER, ...V8_OPTIONS, join(import.meta.dirname, "daemon.cjs")], {
    cwd: "/",
    detached: true,
    stdio: ["ignore", "ignore", "ignore", "pipe"],
    env: {
      ...Object.fromEntries(Object.entries(environment).filter(([name]) => PASSED_ON.test(name))),
      // Relative to our directory, which is not the daemon's.
      ...(environment["TOOLKEY_HOME"] ? { TOOLKEY_HOME: resolve(environment["TOOLKEY_HOME"]) } : { HOME: resolve(homeOf(environment)) }),
    },
  });
  const failed = new Promise<never>((_resolve, reject) => {
    daemon.once("error", (error) => {
      reject(new Failure("unavailable", `cannot start the daemon: ${systemErrorCode(error) ?? "unknown error"}`, { cause: error }));
    });
  });
  const told = await Promise.race([readAll(daemon.stdio[READINESS_DESCRIPTOR] as Readable), failed]);
  daemon.unref();
  const readiness = parseReadiness(told);
  if (readiness instanceof Failure) throw readiness;
  if (readiness === undefined) {
    throw new Failure("unavailable", "the daemon stopped during its start and gave no reason", { hint: "try 'toolkey doctor'" });
  }
}

async function readAll(stream: Readable): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
}
