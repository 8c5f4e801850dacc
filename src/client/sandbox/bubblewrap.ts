/** The program that makes a sandbox: bubblewrap's `bwrap` (bwrap(1)). */
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import type { Environment } from "../../platform/paths.ts";
import { runProgram } from "../../platform/processes/programs.ts";
import { CAPABILITIES_OF_ROOT } from "./lists.ts";

const BWRAP = "bwrap";
const ENV = "/usr/bin/env";
/** Of a program for itself; larger is one that is many. */
const MAX_PROGRAM_BYTES = 200_000;
/** Nowhere else: what is on PATH may be a project's. */
const OF_THE_SYSTEM = ["/usr/bin", "/bin", "/usr/local/bin", "/run/current-system/sw/bin"];

/** What a terminal or another process sends, and a command may have something to do about. */
const SIGNALS = ["HUP", "INT", "QUIT", "TERM", "USR1", "USR2"];

const HINT =
  "a sandbox needs user namespaces, or root: 'bwrap --ro-bind / / true' says whether it can be made; in a container and on some systems " +
  "(kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns, user.max_user_namespaces) they are turned off. " +
  "'toolkey run --no-sandbox' does without";

/** @throws Failure `unavailable` where it isn't installed */
export function findBubblewrap(): string {
  const program = process.platform === "linux" ? OF_THE_SYSTEM.map((directory) => join(directory, BWRAP)).find(isExecutable) : undefined;
  if (program !== undefined) return program;
  throw new Failure(
    "unavailable",
    process.platform === "linux"
      ? `there is no program '${BWRAP}', which makes the sandbox; the command was not started`
      : "a sandbox needs Linux; the command was not started",
    {
      hint:
        process.platform === "linux"
          ? "install bubblewrap, which has it (apt install bubblewrap); 'toolkey run --no-sandbox' does without"
          : "'toolkey run --no-sandbox' does without",
    },
  );
}

/** What to say where it ended before it had started the command. It has said why on stderr. */
export function notMade(): Failure {
  return new Failure("unavailable", "the sandbox could not be made, see above; the command was not started", { hint: HINT });
}

/**
 * Whether this system has what gives a command back the signals that bwrap is to ignore: `env` of coreutils 8.31. Else a Ctrl-C
 * ends all of the sandbox at once.
 */
export async function canResetSignals(environment: Environment): Promise<boolean> {
  const size = statSync(ENV, { throwIfNoEntry: false })?.size ?? 0;
  // To look into it takes less time than to start it.
  if (size < MAX_PROGRAM_BYTES) return size > 0 && readFileSync(ENV).includes("default-signal");
  const tried = await runProgram(ENV, [`--default-signal=${SIGNALS.join(",")}`, "true"], { PATH: environment["PATH"] });
  return tried?.exitCode === 0;
}

/** The words before a command. @param mounts the words that say what is where; @param status the descriptor that is told how it ended */
export function bubblewrapWords(
  bwrap: string,
  mounts: readonly string[],
  { directory, status, resetsSignals }: { readonly directory: string; readonly status: number; readonly resetsSignals: boolean },
): string[] {
  const isRoot = process.getuid?.() === 0;
  return [
    ...(resetsSignals ? ["/bin/sh", "-c", `trap "" ${SIGNALS.join(" ")}; exec "$@"`, "sh"] : []),
    bwrap,
    // All of it ends with the command, and with whoever started it.
    "--die-with-parent",
    "--unshare-pid",
    "--unshare-ipc",
    ...(isRoot ? ["--cap-drop", "ALL", ...CAPABILITIES_OF_ROOT.flatMap((name) => ["--cap-add", `CAP_${name}`])] : []),
    ...mounts,
    "--json-status-fd",
    String(status),
    "--chdir",
    directory,
    "--",
    ...(resetsSignals ? [ENV, `--default-signal=${SIGNALS.join(",")}`] : []),
  ];
}

/** Whether bwrap has started the command. @param status what it wrote to that descriptor */
export function hasStarted(status: string): boolean {
  return status.includes('"exit-code"');
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
