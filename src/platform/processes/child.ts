/** A command that this process starts as its child, and waits for. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import type { Environment } from "../paths.ts";

/** How it ended. */
export type CommandEnd = { readonly code: number } | { readonly signal: NodeJS.Signals };

export interface Child {
  readonly pid: number;
  readonly end: Promise<CommandEnd>;
  /** What was written to its last descriptor, once nobody can write there any more; empty if it has none for that. */
  readonly written: Promise<string>;
}

export interface ChildOptions {
  readonly environment: Environment;
  /** Which of our descriptors it has as its first, in that order. It gets no others of ours. */
  readonly descriptors: readonly number[];
  /** Whether it gets one more, to write to. */
  readonly writes: boolean;
}

/**
 * @param program a path, or the name of one on the PATH that it gets
 * @throws the system's error if it can't be started
 */
export async function startChild(program: string, argv: readonly string[], options: ChildOptions): Promise<Child> {
  const { environment, descriptors, writes } = options;
  const child = spawn(program, [...argv], { env: { ...environment }, stdio: [...descriptors, ...(writes ? ["pipe" as const] : [])] });
  if (child.pid === undefined) throw (await once(child, "error"))[0];
  return {
    pid: child.pid,
    end: new Promise((resolve) => {
      child.once("exit", (code, signal) => resolve(signal === null ? { code: code ?? 1 } : { signal }));
    }),
    written: writes ? textFrom(child.stdio.at(-1) as Readable) : Promise.resolve(""),
  };
}

/** All that comes, up to the end of it or the first error. */
export function textFrom(stream: Readable): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
    stream.on("error", () => undefined);
    stream.once("close", () => resolve(text));
  });
}
