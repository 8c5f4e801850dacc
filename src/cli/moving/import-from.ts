/** What `toolkey import --from` does; loaded when it is asked for. */
import { createReadStream } from "node:fs";
import { mkdtemp, realpath, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import type { Imported } from "../../core/views/moving.ts";
import { sayIfLong } from "../../client/daemon/long-wait.ts";
import { Terminal } from "../../client/terminal/terminal.ts";
import { ask, type Context } from "../context.ts";
import { keepMemory } from "../keep-memory.ts";
import { readPassphrase, smallFile } from "../terminal/secret-input.ts";
import { reportImport } from "../text/moving-text.ts";

const STANDARD_INPUT = "-";
/** As the daemon reads of a file. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** Takes the tokens of an export. @throws Failure with which the daemon answers, `usage` if nobody can be asked for the passphrase */
export async function importFrom(
  from: string,
  { identity }: { identity: string | undefined },
  context: Context,
): Promise<void> {
  await keepMemory();
  const key = identity === undefined ? undefined : await smallFile(identity);
  const imported = await withFile(from, context, (file) => take(file, from, key, context));
  context.output.json(imported);
  if (!context.output.isForPrograms) reportImport(imported, context.output);
}

async function take(file: string, from: string, identity: string | undefined, context: Context): Promise<Imported> {
  try {
    return await ask(context, "importTokens", { file, identity });
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "lacking") throw error;
    return ask(context, "importTokens", { file, passphrase: await passphraseOf(from, context) });
  }
}

async function passphraseOf(from: string, context: Context): Promise<string> {
  const what = from === STANDARD_INPUT ? "the export" : from;
  // Also where standard input is the file itself.
  const isPiped = from !== STANDARD_INPUT && !context.stdin.isTTY;
  if (context.given !== undefined || isPiped) return (await readPassphrase(context, "")).reveal();
  const terminal = context.asks ? Terminal.open() : undefined;
  if (terminal === undefined) {
    throw new Failure("usage", `${what} needs its passphrase, and there is no terminal to ask on`, {
      hint: ["nothing was changed", "--secret-file FILE or --secret-fd N gives it"],
    });
  }
  try {
    return (await terminal.hidden(`passphrase of ${what}: `)).reveal();
  } finally {
    terminal.close();
  }
}

/** Calls with a file that the daemon can read, too: what is none, a pipe, is kept in one meanwhile, as encrypted as it is. */
async function withFile(from: string, { stdin }: Context, use: (file: string) => Promise<Imported>): Promise<Imported> {
  const path = from === STANDARD_INPUT ? undefined : await regular(from);
  if (path !== undefined) return use(path);
  const directory = await temporaryDirectory();
  try {
    const file = join(directory, "tokens.age");
    const bytes = whole(from === STANDARD_INPUT ? stdin : createReadStream(from));
    await writeFile(file, await sayIfLong(bytes, "the export, and its end"), { mode: 0o600 });
    return await use(file);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** @throws Failure `unavailable` where nothing can be made, as in a container that is only to be read */
async function temporaryDirectory(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), "toolkey-import-"));
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    throw new Failure("unavailable", `a pipe can't be kept in ${tmpdir()} meanwhile: ${code}`, {
      hint: ["nothing was changed", "set TMPDIR to a directory of your own, or name a file"],
      cause: error,
    });
  }
}

/** Its path without symbolic links; undefined for a pipe. @throws Failure `not-found`, `unavailable` */
async function regular(path: string): Promise<string | undefined> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new Failure("usage", `${path} is a directory`, { hint: "name the file that 'toolkey export' wrote" });
    return found.isFile() ? await realpath(path) : undefined;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") throw new Failure("not-found", `there is no file ${path}`, { cause: error });
    if (code === undefined || error instanceof Failure) throw error;
    throw new Failure("unavailable", `cannot read ${path}: ${code}`, { cause: error });
  }
}

async function whole(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_FILE_BYTES) throw new Failure("usage", "what is piped in is too large for an export", { hint: "nothing was changed" });
  }
  return Buffer.concat(chunks);
}
