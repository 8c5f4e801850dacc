/**
 * Looks for a token in what a host answers, so that none is repeated to whoever asked without having it. Texts write the same in many
 * ways: what is compared are letters and digits alone, in lower case, as they stand there and with escapes resolved. That covers
 * JSON, HTML, XML, YAML, URLs, quoted-printable, UTF-16 and every way to break lines. Pure, but for the state of a search.
 */
import type { Secret } from "../../core/secret.ts";

/** Where a body is of a kind that repeats nothing (an archive), this much of it is looked at: whatever does is small. In bytes. */
export const LOOKED_AT = 64 * 1024;

/** So many bytes at most stand for one: `&#x3D;`, `\u003d`, four in UTF-32; and line breaks. */
const WIDEST = 8;
/** What is shorter is found by chance. */
const SHORTEST = 8;

/** The forms in which an answer could repeat what it was sent, as they stand there. */
export interface Traces {
  readonly raw: readonly Buffer[];
  /** The same as letters and digits. */
  readonly folded: readonly Buffer[];
  /** No form of it is longer than this, however it is written, in bytes. */
  readonly longest: number;
  /** Nor shorter than this: a letter takes a byte at least. */
  readonly shortest: number;
}

/** Found once for each. */
const known = new WeakMap<Secret, Traces>();

export function tracesOf(secret: Secret, authorization: Secret): Traces {
  const found = known.get(authorization) ?? findTraces(secret, authorization);
  known.set(authorization, found);
  return found;
}

function findTraces(secret: Secret, authorization: Secret): Traces {
  const text = secret.reveal();
  const credentials = authorization.reveal().replace(/^\S+ /, "");
  const raw = [...new Set([text, credentials])].map((form) => Buffer.from(form)).filter(({ length }) => length >= SHORTEST);
  const within = [text, credentials, Buffer.from(text).toString("hex"), ...inBase64(text)].map((form) =>
    fold(Buffer.from(form), PLAIN).toString("latin1"),
  );
  const folded = [...new Set(within)].filter(({ length }) => length >= SHORTEST).map((form) => Buffer.from(form));
  const lengths = [...raw, ...folded].map(({ length }) => length);
  return { raw, folded, longest: WIDEST * Math.max(0, ...lengths), shortest: Math.min(...lengths) };
}

/** Whether a line of an answer, as a header, has it in it. */
export function tells(line: string, traces: Traces): boolean {
  // Most headers are too short for it.
  return Buffer.byteLength(line) >= traces.shortest && isIn(Buffer.from(line), traces);
}

const NOTHING_HELD = Buffer.alloc(0);

/** Looks for it in a body that comes in pieces, and lets no part of it through. */
export class Search {
  readonly #traces: Traces;
  readonly #isText: boolean;
  /** So much of it is held until more has come, in bytes. */
  readonly #held: number;
  #left: number;
  #tail = NOTHING_HELD;

  /** @param isText whether all of it is looked at, in every form; else only the beginning, as it is */
  constructor(traces: Traces, isText: boolean) {
    this.#traces = traces;
    this.#isText = isText;
    this.#held = isText ? traces.longest : traces.longest / WIDEST;
    this.#left = isText ? Number.POSITIVE_INFINITY : LOOKED_AT;
  }

  /** @returns what may go on; undefined if it is in there */
  pass(chunk: Buffer): Buffer | undefined {
    if (this.#left <= 0 && this.#tail.length === 0) return chunk;
    const text = this.#tail.length === 0 ? chunk : Buffer.concat([this.#tail, chunk]);
    if (this.#left > 0 && (this.#isText ? isIn(text, this.#traces) : this.#traces.raw.some((form) => text.includes(form))))
      return undefined;
    this.#left -= chunk.length;
    const end = this.#left > 0 ? Math.max(0, text.length - this.#held) : text.length;
    this.#tail = Buffer.from(text.subarray(end));
    return text.subarray(0, end);
  }

  /** What is left when the body has ended. */
  rest(): Buffer {
    return this.#tail;
  }
}

function isIn(text: Buffer, { raw, folded }: Traces): boolean {
  if (raw.some((form) => text.includes(form))) return true;
  for (const how of READINGS) {
    // Without anything that it resolves, a text reads as it stands there.
    if (how !== PLAIN && !how.beginnings.some((byte) => text.includes(byte))) continue;
    const letters = fold(text, how);
    if (folded.some((form) => letters.includes(form))) return true;
  }
  return false;
}

/** Base64 of it wherever it begins within what was encoded: three ways, without the letters at the ends, where others have a part. */
function inBase64(text: string): string[] {
  return [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]);
    const whole = bytes.toString("base64").replace(/=+$/, "");
    return whole.slice(before === 0 ? 0 : before + 1, bytes.length % 3 === 0 ? undefined : -1);
  });
}

/** Each byte's letter or digit in lower case; 0 for what is left out. */
const LETTERS = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[a-z0-9]/i.test(String.fromCodePoint(byte)) && byte < 0x80 ? (String.fromCodePoint(byte).toLowerCase().codePointAt(0) ?? 0) : 0,
);

/** A way in which texts write bytes as something else. */
interface Reading {
  readonly beginnings: readonly number[];
  /** As `LETTERS`, with `BEGINS` for what such a thing begins with. */
  readonly letters: Uint8Array;
  /** What is meant at a place (`NOTHING`: no byte), and where the text goes on; undefined if it begins nothing. */
  readonly resolve: (text: Buffer, at: number) => readonly [code: number, next: number] | undefined;
}

const BEGINS = 0xff;
const NOTHING = -1;
const [AMPERSAND, BACKSLASH] = [0x26, 0x5c];

const PLAIN = reading("", () => undefined);
const READINGS: readonly Reading[] = [
  PLAIN,
  reading("\\&%", (text, at) =>
    text[at] === BACKSLASH ? backslash(text, at) : text[at] === AMPERSAND ? entity(text, at) : percent(text, at),
  ),
  // By itself: between a name and a value there is the same sign.
  reading("=", quotedPrintable),
];

function reading(beginnings: string, resolve: Reading["resolve"]): Reading {
  const letters = Uint8Array.from(LETTERS);
  const bytes = [...Buffer.from(beginnings)];
  for (const byte of bytes) letters[byte] = BEGINS;
  return { beginnings: bytes, letters, resolve };
}

/** Of JSON, JavaScript, YAML, Python: `\u003d`, `\u{3d}`, `\U0000003d`, `\x3d`, `\075`, `\n`. */
function backslash(text: Buffer, at: number): ReturnType<Reading["resolve"]> {
  let next = at + 1;
  // In a text within a text there are more.
  while (text[next] === BACKSLASH) next += 1;
  if (LETTERS[text[next] ?? 0] === 0) return undefined;
  const [whole = "", four, braced, eight, two, octal] =
    /^(?:u([\da-fA-F]{4})|u\{([\da-fA-F]{1,6})\}|U([\da-fA-F]{8})|x([\da-fA-F]{2})|([0-7]{3})|[nrtbfv0ae])/.exec(
      text.toString("latin1", next, next + 9),
    ) ?? [];
  return [octal === undefined ? hexadecimal(four ?? braced ?? eight ?? two) : Number.parseInt(octal, 8), next + whole.length];
}

/** Of HTML and XML: `&#x3D;`, `&#61;`; no letter and no digit has a name. */
function entity(text: Buffer, at: number): ReturnType<Reading["resolve"]> {
  const [whole, hex, decimal] =
    /^&(?:amp;)*(?:#x([\da-f]{1,8});|#(\d{1,8});|[a-z]{2,12};)/i.exec(text.toString("latin1", at, at + 40)) ?? [];
  return whole === undefined ? undefined : [decimal === undefined ? hexadecimal(hex) : Number(decimal), at + whole.length];
}

/** Of URLs, encoded once or more. */
function percent(text: Buffer, at: number): ReturnType<Reading["resolve"]> {
  const [whole, hex] = /^%(?:25)*([\da-f]{2})/i.exec(text.toString("latin1", at, at + 15)) ?? [];
  return whole === undefined ? undefined : [hexadecimal(hex), at + whole.length];
}

function quotedPrintable(text: Buffer, at: number): ReturnType<Reading["resolve"]> {
  const [whole, hex] = /^=([\dA-F]{2})/.exec(text.toString("latin1", at, at + 3)) ?? [];
  return whole === undefined ? undefined : [hexadecimal(hex), at + whole.length];
}

function hexadecimal(digits: string | undefined): number {
  return digits === undefined ? NOTHING : Number.parseInt(digits, 16);
}

/** The letters and digits of a text. */
function fold(text: Buffer, { letters, resolve }: Reading): Buffer {
  const folded = Buffer.allocUnsafe(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at += 1) {
    const letter = letters[text[at] as number] as number;
    if (letter === 0) continue;
    if (letter !== BEGINS) {
      folded[length] = letter;
      length += 1;
      continue;
    }
    const resolved = resolve(text, at);
    if (resolved === undefined) continue;
    const [code, next] = resolved;
    const meant = LETTERS[code] ?? 0;
    if (meant !== 0) {
      folded[length] = meant;
      length += 1;
    }
    at = next - 1;
  }
  return folded.subarray(0, length);
}
