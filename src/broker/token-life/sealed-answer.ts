/** An answer as it lies in a file: sealed by a key that the vault has (AES-256-GCM). Pure. */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { HttpAnswer } from "../../issuers/http.ts";

const ALGORITHM = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Of what is sealed, before the rest. */
const LENGTH_BYTES = 4;
const HEAD_BYTES = LENGTH_BYTES + NONCE_BYTES + TAG_BYTES;

/** @param name of the file: it opens under no other */
export function sealAnswer(answer: HttpAnswer, key: Buffer, name: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(name));
  const sealed = Buffer.concat([cipher.update(JSON.stringify(answer)), cipher.final()]);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(sealed.length);
  return Buffer.concat([length, nonce, cipher.getAuthTag(), sealed]);
}

/** Undefined for what is not whole, or not ours. */
export function openAnswer(bytes: Buffer, key: Buffer, name: string): HttpAnswer | undefined {
  if (bytes.length <= HEAD_BYTES) return undefined;
  const [nonce, tag] = [bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + NONCE_BYTES), bytes.subarray(LENGTH_BYTES + NONCE_BYTES, HEAD_BYTES)];
  // What is behind it was there to keep the room.
  const sealed = bytes.subarray(HEAD_BYTES, HEAD_BYTES + bytes.readUInt32BE(0));
  if (sealed.length === 0) return undefined;
  try {
    const decipher = createDecipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(name)).setAuthTag(tag);
    return JSON.parse(Buffer.concat([decipher.update(sealed), decipher.final()]).toString("utf8")) as HttpAnswer;
  } catch {
    return undefined;
  }
}
