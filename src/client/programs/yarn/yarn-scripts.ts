/**
 * The part of the plugin for Yarn that marks what scripts start (platform/processes/script-mark.ts). Yarn interprets scripts itself, so
 * that
 * a program of theirs would else be one that Yarn has started, git above all.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import childProcess from "node:child_process";

/** As Yarn starts programs. */
type Spawn = (program: string, given: readonly string[], options?: object) => unknown;

export class MarkedScripts {
  readonly #scripts = new AsyncLocalStorage<true>();
  readonly #shell: string;

  /** @param shell marks itself, and runs the shell */
  constructor(shell: string) {
    this.#shell = shell;
  }

  /** From now on, what a wrapped script starts is marked. */
  mark(): void {
    const module = childProcess as unknown as { spawn: Spawn };
    const spawn = module.spawn;
    module.spawn = (program, given, options) =>
      this.#scripts.getStore() === undefined
        ? spawn(program, given, options)
        : spawn(this.#shell, ["-c", 'exec "$0" "$@"', program, ...given], options);
  }

  wrap(script: () => Promise<unknown>): () => Promise<unknown> {
    return () => this.#scripts.run(true, script);
  }
}
