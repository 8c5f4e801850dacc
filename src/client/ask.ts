/** Asks a person on the terminal, also where standard input and output are taken, as git's helpers' are. */
import { closeSync, openSync } from "node:fs";
import { createInterface, type Interface } from "node:readline";
import { ReadStream, WriteStream } from "node:tty";
import { Writable } from "node:stream";
import { Failure, systemErrorCode } from "../core/failure.ts";
import { Secret } from "../core/secret.ts";

/** The terminal of this process, whatever its standard streams are. */
export class Terminal {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #descriptors: readonly number[];

  private constructor(descriptors: readonly [number, number]) {
    this.#descriptors = descriptors;
    this.#input = new ReadStream(descriptors[0]);
    this.#output = new WriteStream(descriptors[1]);
  }

  /** Undefined if there is no terminal. */
  static open(): Terminal | undefined {
    try {
      return new Terminal([openSync("/dev/tty", "r"), openSync("/dev/tty", "w")]);
    } catch (error) {
      if (systemErrorCode(error) === undefined) throw error;
      return undefined;
    }
  }

  /** A line without its end. @throws Failure `denied` if the person gave up (Ctrl-C, Ctrl-D) */
  async line(prompt: string): Promise<string> {
    return this.#read(this.#output, (lines) => {
      lines.setPrompt(prompt);
      lines.prompt();
    });
  }

  /** A line that is not shown while it is typed. @throws Failure `denied` if the person gave up */
  async hidden(prompt: string): Promise<Secret> {
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
    try {
      // The prompt comes once nothing typed is shown any more: a fast typist, or a program, waits for it.
      return new Secret(await this.#read(nowhere, () => this.#output.write(prompt)));
    } finally {
      this.#output.write("\n");
    }
  }

  /** Yes or no; anything but y or yes is no. @throws Failure `denied` if the person gave up */
  async confirm(question: string): Promise<boolean> {
    return /^y(es)?$/i.test((await this.line(`${question} [y/N] `)).trim());
  }

  /** Writes a line for the person. */
  write(text: string): void {
    this.#output.write(`${text}\n`);
  }

  /** Shows what is going on until the returned function is called, then takes it away again. */
  busy(what: string): () => void {
    this.#output.write(what);
    return () => this.#output.write("\r\u001B[K");
  }

  close(): void {
    this.#input.destroy();
    this.#output.destroy();
    for (const descriptor of this.#descriptors) {
      try {
        closeSync(descriptor);
      } catch (error) {
        // The stream has closed it already.
        if (systemErrorCode(error) !== "EBADF") throw error;
      }
    }
  }

  // In terminal mode readline switches the terminal's own echo off and writes to `echo` instead.
  #read(echo: Writable, begin: (lines: Interface) => unknown): Promise<string> {
    const lines = createInterface({ input: this.#input, output: echo, terminal: true, historySize: 0 });
    return new Promise<string>((resolve, reject) => {
      const gaveUp = (): void => reject(new Failure("denied", "given up; nothing was changed"));
      lines.once("SIGINT", gaveUp);
      lines.once("close", gaveUp);
      lines.once("line", resolve);
      begin(lines);
    }).finally(() => lines.close());
  }
}
