/** What is decrypted, as checked JSON. What is wrong is named by its place, never by its value: it holds secrets. */
import { Failure } from "../core/failure.ts";
import { storedTarget, type Target } from "../core/target.ts";
import type { Token } from "../core/tokens/token.ts";
import { toToken, type TokenRecord } from "./token-record.ts";

/** A file that was decrypted: where it is, and what it should be, as in "a vault". */
export interface Decrypted {
  readonly where: string;
  readonly what: string;
}

/** @throws Failure `damaged` */
export function readJson(plaintext: Uint8Array | string, { where }: Decrypted): unknown {
  try {
    return JSON.parse(typeof plaintext === "string" ? plaintext : new TextDecoder("utf-8", { fatal: true }).decode(plaintext));
  } catch {
    // The parser's own message quotes the text, which holds secrets.
    throw new Failure("damaged", `${where} can be decrypted, but does not hold JSON`);
  }
}

/** The version of its format; undefined for what has none. @throws Failure `unavailable` if a newer toolkey wrote it */
export function formatVersion(json: unknown, latest: number, { where }: Decrypted): unknown {
  const version = typeof json === "object" && json !== null && "version" in json ? json.version : undefined;
  if (typeof version !== "number" || version <= latest) return version;
  throw new Failure("unavailable", `${where} was written by a newer toolkey (format ${version}, this one reads ${latest})`, {
    hint: "install the newer toolkey; nothing was changed",
  });
}

/** @throws Failure `damaged` for an id that is there twice, and for what is no target */
export function tokensOf(records: readonly TokenRecord[], file: Decrypted): Token[] {
  const known = new Set<string>();
  return records.map((record, index) => {
    // A map would hold the last of them only.
    if (known.has(record.id)) throw damaged(file, "repeated_id", ["tokens", index, "id"]);
    known.add(record.id);
    return toToken(record, readTarget(record.target, file, index));
  });
}

export function damaged({ where, what }: Decrypted, reason: string, keys: readonly PropertyKey[] | undefined): Failure {
  return new Failure("damaged", `${where} can be decrypted, but is not ${what}: ${reason} at ${path(keys)}`);
}

function readTarget(text: string, file: Decrypted, index: number): Target {
  try {
    return storedTarget(text);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw damaged(file, "invalid_target", ["tokens", index, "target"]);
  }
}

function path(keys: readonly PropertyKey[] | undefined): string {
  return keys === undefined || keys.length === 0 ? "the top" : keys.map(String).join(".");
}
