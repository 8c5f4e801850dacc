import { readFile } from "node:fs/promises";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { Secret } from "../../core/secret.ts";
import { sayIfLong } from "../../client/daemon/long-wait.ts";
import { Terminal } from "../../client/terminal/terminal.ts";
import { isAttended, type Context } from "../context.ts";
import { keepMemory } from "../keep-memory.ts";
import { MAX_SECRET_BYTES, type GivenSecret } from "./given-secret.ts";

/** What is shorter is found by trying: the file that it opens may be copied. In characters. */
const SHORTEST_PASSPHRASE = 8;

/**
 * Reads a secret: the one that was given, else hidden from the terminal, or from standard input when it is piped. White space around it
 * is cut off.
 *
 * @throws Failure `usage` if there is none, or more than one line
 */
export async function readSecret(context: Context, prompt: string): Promise<Secret> {
  const { given } = context;
  if (given !== undefined) return asLine(asLine(withoutEnd(given), "secret").reveal().trim(), "secret");
  return asLine((await typedOrPiped(context, prompt, "secret")).trim(), "secret", TYPED);
}

/**
 * The same for a passphrase that is there already, or is not asked for twice: its spaces are part of it.
 *
 * @throws as `readSecret`
 */
export async function readPassphrase(context: Context, prompt: string): Promise<Secret> {
  if (context.given !== undefined) return asLine(withoutEnd(context.given), "passphrase");
  return asLine((await typedOrPiped(context, prompt, "passphrase")).replace(LINE_END, ""), "passphrase", TYPED);
}

const LINE_END = /\r?\n$/;

function withoutEnd({ text }: GivenSecret): string {
  return text.reveal().replace(LINE_END, "");
}

async function typedOrPiped(context: Context, prompt: string, what: string): Promise<string> {
  await keepMemory();
  if (context.stdin.isTTY && !context.asks) throw unasked("standard input is a terminal", "pipe the secret in, or --secret-file FILE");
  if (context.stdin.isTTY) return (await fromTerminal(prompt)).reveal();
  return sayIfLong(fromPipe(context.stdin), `the ${what} on standard input, and its end`);
}

const TYPED = "paste it at the prompt, or pipe it in";

/** @param ifEmpty what to do then */
function asLine(text: string, what: string, ...ifEmpty: readonly string[]): Secret {
  const wrong = (how: string, ...hints: readonly string[]): Failure =>
    new Failure("usage", `the ${what} ${how}`, { hint: ["nothing was changed", ...hints] });
  if (text === "") throw wrong("is empty", ...ifEmpty);
  if (/[\r\n]/.test(text)) throw wrong("is more than one line");
  if (text.includes("\0")) throw wrong("holds a NUL, which no text does");
  return new Secret(text);
}

/** What holds a key: PEM as it is, each kind of line break between its lines (RFC 7468). */
const PRIVATE_KEY = /^-----BEGIN ((?:[A-Z]+ )*PRIVATE KEY)-----\s+([A-Za-z0-9+/=\s]+?)\s+-----END \1-----$/;

/**
 * Reads a private key in PEM, from a file or from standard input. Its line breaks become spaces, so that it is one line as all secrets
 * are.
 *
 * @param file its path; undefined for standard input
 * @throws Failure `usage` if it is none, or is locked with a passphrase of its own
 */
export async function readPrivateKey(context: Context, file: string | undefined): Promise<Secret> {
  await keepMemory();
  const { given } = context;
  const text = given === undefined ? await (file === undefined ? pipedKey(context) : smallFile(file)) : given.text.reveal();
  const [, label, body = ""] = PRIVATE_KEY.exec(text.trim()) ?? [];
  if (label !== undefined && !label.startsWith("ENCRYPTED")) {
    return new Secret(`-----BEGIN ${label}----- ${body.trim().split(/\s+/).join(" ")} -----END ${label}-----`);
  }
  const isLocked = /ENCRYPTED/.test(text);
  throw new Failure("usage", isLocked ? "the key is locked with a passphrase" : "that is no private key in PEM", {
    hint: [
      "nothing was changed",
      isLocked
        ? "openssl pkey -in FILE gives it without one: pipe that in"
        : "it begins with -----BEGIN RSA PRIVATE KEY----- or -----BEGIN PRIVATE KEY-----: give its file, or pipe it in",
    ],
  });
}

/** The text of a file that a person names, or a pipe. @throws Failure `usage` if it is larger than any key, or can't be read */
export async function smallFile(path: string): Promise<string> {
  try {
    const text = await readFile(path, "utf8");
    if (text.length > MAX_SECRET_BYTES) throw new Failure("usage", `${path} is too large for a key`, { hint: "nothing was changed" });
    return text;
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    throw new Failure("usage", `${path} can't be read: ${String(systemErrorCode(error))}`, { hint: "nothing was changed", cause: error });
  }
}

async function pipedKey({ stdin }: Context): Promise<string> {
  if (!stdin.isTTY) return sayIfLong(fromPipe(stdin), "the key on standard input, and its end");
  throw new Failure("usage", "a private key has several lines, which no prompt takes", {
    hint: ["nothing was changed", "--key-file FILE reads it, and then the file can be deleted; or pipe it in"],
  });
}

/**
 * Takes the new passphrase that was given, or asks for one twice.
 *
 * @param what it opens
 * @throws Failure `usage` if nobody is to be asked, there is no terminal, it is too short, or they differ
 */
export async function readNewPassphrase(context: Context, what = "the toolkey vault"): Promise<Secret> {
  if (context.given !== undefined) {
    const passphrase = await readPassphrase(context, "");
    assertLongEnough(passphrase);
    return passphrase;
  }
  const otherwise = "--secret-file FILE or --secret-fd N gives it";
  if (!context.asks) throw unasked("a passphrase is chosen on a terminal", otherwise);
  await keepMemory();
  const terminal = openTerminal("a passphrase can only be chosen on a terminal", otherwise);
  try {
    const first = await terminal.hidden(`new passphrase for ${what}: `);
    assertLongEnough(first);
    const second = await terminal.hidden("the same again: ");
    if (!first.equals(second)) throw new Failure("usage", "the two passphrases differ", { hint: "nothing was changed" });
    return first;
  } finally {
    terminal.close();
  }
}

/** @throws Failure `usage` */
export function assertLongEnough(passphrase: Secret): void {
  if (passphrase.isEmpty) throw new Failure("usage", "the passphrase is empty", { hint: "nothing was changed" });
  if (passphrase.reveal().length >= SHORTEST_PASSPHRASE) return;
  throw new Failure("usage", `the passphrase has fewer than ${SHORTEST_PASSPHRASE} characters`, {
    hint: "take four words that do not belong together; nothing was changed",
  });
}

/** The same before something that need not be: false also without a terminal. */
export async function agree({ asks }: Context, question: string): Promise<boolean> {
  const terminal = asks ? Terminal.open() : undefined;
  if (terminal === undefined) return false;
  try {
    return await terminal.confirm(question);
  } finally {
    terminal.close();
  }
}

/** Reads a line that may be seen, or undefined if nobody is to be asked, or without a terminal on standard input. */
export async function readLine(context: Context, prompt: string): Promise<string | undefined> {
  if (!isAttended(context)) return undefined;
  const terminal = openTerminal("there is no terminal");
  try {
    return await terminal.line(prompt);
  } finally {
    terminal.close();
  }
}

/**
 * Asks before something is done that can't be undone.
 *
 * @param option by which it is said beforehand
 * @throws Failure `usage` without a terminal, or if nobody is to be asked, `denied` if the answer is no
 */
export async function confirm({ asks }: Context, question: string, option = "--yes"): Promise<void> {
  const beforehand = `${option} says it beforehand`;
  if (!asks) throw unasked("this needs a yes", beforehand);
  const terminal = openTerminal("this needs a yes, and there is no terminal to ask on", beforehand);
  try {
    if (!(await terminal.confirm(question))) throw new Failure("denied", "nothing was changed");
  } finally {
    terminal.close();
  }
}

/** Where a question would come, with `--json`. */
function unasked(what: string, instead: string): Failure {
  return new Failure("usage", `${what}, and with --json nothing is asked`, { hint: ["nothing was changed", instead] });
}

function openTerminal(complaint: string, ...hints: readonly string[]): Terminal {
  const terminal = Terminal.open();
  if (terminal === undefined) throw new Failure("usage", complaint, { hint: ["nothing was changed", ...hints] });
  return terminal;
}

async function fromTerminal(prompt: string): Promise<Secret> {
  const terminal = openTerminal("there is no terminal");
  try {
    return await terminal.hidden(prompt);
  } finally {
    terminal.close();
  }
}

async function fromPipe(stdin: NodeJS.ReadStream): Promise<string> {
  stdin.setEncoding("utf8");
  let text = "";
  for await (const chunk of stdin) {
    text += String(chunk);
    if (text.length > MAX_SECRET_BYTES) throw new Failure("usage", "what is piped in is too large for a secret");
  }
  return text;
}
