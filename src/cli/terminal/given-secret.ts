/**
 * A secret that is handed in by a file or by an open descriptor, in the place of a question: for machines without people. No message names
 * the file, or repeats what an option was given: it may be the secret itself, in the wrong place.
 */
import { constants, createReadStream, existsSync, fstatSync, open, readdirSync, readFileSync, type Stats } from "node:fs";
import { Socket } from "node:net";
import { isatty } from "node:tty";
import { promisify } from "node:util";
import { sayIfLong } from "../../client/daemon/long-wait.ts";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { Secret } from "../../core/secret.ts";
import { keepMemory } from "../keep-memory.ts";

/** More than any token, and than any key; a file that is named by mistake must not be taken for one. */
export const MAX_SECRET_BYTES = 64 * 1024;

/** Of the command line. */
export interface SecretOptions {
  readonly secretFile?: string | undefined;
  readonly secretFd?: string | undefined;
}

export interface GivenSecret {
  /** As it was given: with its line breaks. */
  readonly text: Secret;
  /** For people: the option that gave it. */
  readonly option: string;
  /** What else is to be said of it. */
  readonly warning?: string | undefined;
}

/** @param what it is, for people */
export function secretOptions(what: string): Readonly<Record<string, { type: "string"; requiresArg: true; describe: string }>> {
  return {
    "secret-file": { type: "string", requiresArg: true, describe: `a file with ${what}, which is not asked for then` },
    "secret-fd": { type: "string", requiresArg: true, describe: `the same from an open descriptor; 0 is standard input` },
  };
}

/**
 * Reads the secret that the options give, and closes where it came from: nothing that is started later inherits it.
 *
 * @throws Failure `usage`
 */
export async function readGivenSecret({ secretFile, secretFd }: SecretOptions): Promise<GivenSecret | undefined> {
  if (secretFile === undefined && secretFd === undefined) return undefined;
  if (secretFile !== undefined && secretFd !== undefined) throw wrong("--secret-file and --secret-fd are two ways to give one secret");
  await keepMemory();
  if (secretFile === undefined) return { text: await textOf(descriptorOf(secretFd ?? ""), "--secret-fd"), option: "--secret-fd" };
  const file = await openFile(secretFile);
  const warning = isOpenToOthers(fstatSync(file)) ? "others on this machine can read the file of --secret-file: chmod 600" : undefined;
  return { text: await textOf(file, "--secret-file"), option: "--secret-file", warning };
}

/** Where a command has no question that a secret could answer. @throws Failure `usage` if one was given */
export function assertNoneGiven(given: GivenSecret | undefined, why: string, ...hints: readonly string[]): void {
  if (given !== undefined) throw wrong(`${given.option} gives a secret, and none is needed: ${why}`, hints);
}

function wrong(what: string, hints: readonly string[] = [], cause: { readonly cause?: unknown } = {}): Failure {
  return new Failure("usage", what, { hint: ["nothing was changed", ...hints], ...cause });
}

/** @throws Failure `usage` for what was not handed in */
function descriptorOf(text: string): number {
  if (!/^\d{1,4}$/.test(text)) {
    throw wrong("--secret-fd wants the number of an open descriptor", ["a secret itself never stands on the command line"]);
  }
  const descriptor = Number(text);
  if (descriptor === 1 || descriptor === 2) throw wrong("descriptors 1 and 2 are for what toolkey says");
  if (isHandedIn(descriptor)) return descriptor;
  throw wrong(`descriptor ${descriptor} is not open`, [`the shell opens it: toolkey … --secret-fd ${descriptor} ${descriptor}<FILE`]);
}

/**
 * Whether a descriptor came from whoever started this process. Node has some of its own by now, in whatever places were free: what is no
 * file, and pipes into which it writes itself, for which one would wait for ever.
 */
function isHandedIn(descriptor: number): boolean {
  const found = statOf(descriptor);
  if (found === undefined) return false;
  if (found.isFIFO()) return !writesInto(found);
  return found.isFile() || found.isSocket() || found.isCharacterDevice() || found.isDirectory();
}

function statOf(descriptor: number): Stats | undefined {
  try {
    return fstatSync(descriptor);
  } catch (error) {
    if (systemErrorCode(error) === "EBADF") return undefined;
    throw error;
  }
}

/** Whether this process has an end of a pipe that is for writing. False where the system doesn't tell (proc(5)). */
function writesInto({ dev, ino }: Stats): boolean {
  const own = "/proc/self/fdinfo";
  const numbers = existsSync(own) ? readdirSync(own).map(Number) : [];
  return numbers.some((number) => {
    const found = statOf(number);
    if (found?.ino !== ino || found.dev !== dev) return false;
    const [, flags = "0"] = /^flags:\s*(\d+)$/m.exec(readFileSync(`${own}/${number}`, "utf8")) ?? [];
    return (Number.parseInt(flags, 8) & 3) === constants.O_WRONLY;
  });
}

/** @throws Failure `usage` */
async function openFile(path: string): Promise<number> {
  try {
    // A terminal must not become that of this process.
    const opening = promisify(open)(path, constants.O_RDONLY | constants.O_NOCTTY);
    return await sayIfLong(opening, "whoever writes into the file of --secret-file");
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    const isMissing = code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG";
    const cause = { cause: error };
    if (isMissing) throw wrong("there is no such file as --secret-file names", ["a secret itself never stands on the command line"], cause);
    throw wrong(`the file of --secret-file can't be read: ${code}`, [], cause);
  }
}

/** As ssh has it with keys: only of one's own files; those that a container is given belong to others, and have the mode that they have. */
function isOpenToOthers(found: Stats): boolean {
  return found.isFile() && found.uid === process.getuid?.() && (found.mode & 0o077) !== 0;
}

/** @param option for people */
async function textOf(descriptor: number, option: string): Promise<Secret> {
  const found = fstatSync(descriptor);
  if (found.isDirectory()) throw wrong(`${option} names a directory`);
  if (isatty(descriptor)) {
    throw wrong(`${option} names a terminal, where what is typed can be seen`, ["without the option it is asked for, and not shown"]);
  }
  const bytes = await sayIfLong(contentOf(descriptor, found, option), `the secret of ${option}, and its end`);
  try {
    return new Secret(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw wrong(`what ${option} gives is no text in UTF-8`);
  }
}

async function contentOf(descriptor: number, found: Stats, option: string): Promise<Buffer> {
  const stream = streamOf(descriptor, found);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_SECRET_BYTES) throw wrong(`what ${option} gives is too large for a secret`);
    }
  } catch (error) {
    const code = systemErrorCode(error);
    if (error instanceof Failure || code === undefined) throw error;
    throw wrong(`what ${option} names can't be read: ${code}`, [], { cause: error });
  }
  return Buffer.concat(chunks);
}

/** It closes the descriptor at its end. */
function streamOf(descriptor: number, found: Stats): NodeJS.ReadableStream {
  if (descriptor === 0) return process.stdin;
  // A pipe may be one that doesn't wait, of which a file's way of reading makes an error.
  if (found.isFIFO() || found.isSocket()) return new Socket({ fd: descriptor, readable: true, writable: false });
  return createReadStream("", { fd: descriptor });
}
