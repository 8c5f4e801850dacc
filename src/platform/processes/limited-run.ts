/** Runs a program that may hang, print without end, or leave others behind. */
import { spawn } from "node:child_process";
import { systemErrorCode } from "../../core/failure.ts";
import type { Environment } from "../paths.ts";

/** Between being asked to end and being ended, in milliseconds. */
const GRACE_MS = 2_000;

/** What it leaves behind may hold its output open: then no more is waited for, in milliseconds. */
const LEFT_OPEN_MS = 500;

export interface RunLimits {
  readonly milliseconds: number;
  /** Of its output; of what it says on standard error the first so many. */
  readonly bytes: number;
  /** Ends it, and what it has started, at once. */
  readonly signal?: AbortSignal | undefined;
}

/** How it ended. */
export type RunEnd =
  | { readonly how: "exited"; readonly code: number }
  | { readonly how: "killed"; readonly signal: NodeJS.Signals }
  | { readonly how: "took-too-long" | "printed-too-much" }
  /** `code` of the system's error. */
  | { readonly how: "not-started"; readonly code: string };

export interface RunResult {
  readonly end: RunEnd;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program with nothing to read, in `/`, with exactly this environment. What it starts ends with it, if it stays in its group. */
export function runLimited(argv: readonly string[], environment: Environment, limits: RunLimits): Promise<RunResult> {
  const [program = "", ...words] = argv;
  return new Promise((resolve) => {
    const child = spawn(program, words, { cwd: "/", env: { ...environment }, stdio: ["ignore", "pipe", "pipe"], detached: true });
    let why: "took-too-long" | "printed-too-much" | undefined;
    const [printed, said]: [Buffer[], Buffer[]] = [[], []];
    const sizes = { stdout: 0, stderr: 0 };
    const timers: NodeJS.Timeout[] = [];
    const later = (milliseconds: number, action: () => void): number => timers.push(setTimeout(action, milliseconds));
    const signal = (name: NodeJS.Signals): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, name);
      } catch (error) {
        if (systemErrorCode(error) !== "ESRCH") throw error;
      }
    };
    const give = (reason: NonNullable<typeof why>): void => {
      if (why !== undefined) return;
      why = reason;
      signal("SIGTERM");
      later(GRACE_MS, () => signal("SIGKILL"));
    };
    const abort = (): void => signal("SIGKILL");
    limits.signal?.addEventListener("abort", abort, { once: true });
    const settle = (end: RunEnd): void => {
      // What it has left behind, whatever that waits for.
      signal("SIGKILL");
      limits.signal?.removeEventListener("abort", abort);
      for (const timer of timers) clearTimeout(timer);
      child.stdout.destroy();
      child.stderr.destroy();
      const [stdout, stderr] = [printed, said].map((chunks) => Buffer.concat(chunks).toString("utf8"));
      resolve({ end: why === undefined ? end : { how: why }, stdout: stdout ?? "", stderr: stderr ?? "" });
    };
    if (limits.signal?.aborted === true) abort();
    later(limits.milliseconds, () => give("took-too-long"));
    child.stdout.on("data", (chunk: Buffer) => {
      sizes.stdout += chunk.length;
      if (sizes.stdout > limits.bytes) give("printed-too-much");
      else printed.push(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      if (sizes.stderr < limits.bytes) said.push(chunk.subarray(0, limits.bytes - sizes.stderr));
      sizes.stderr += chunk.length;
    });
    let ended: RunEnd | undefined;
    child.once("error", (error) => settle({ how: "not-started", code: systemErrorCode(error) ?? "unknown error" }));
    child.once("exit", (code, name) => {
      ended = name === null ? { how: "exited", code: code ?? 1 } : { how: "killed", signal: name };
      later(LEFT_OPEN_MS, () => settle(ended ?? { how: "exited", code: 1 }));
    });
    child.once("close", () => ended !== undefined && settle(ended));
  });
}
