/** An answer as it lies in a file: sealed by a key that the vault has (AES-256-GCM). Pure. */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { HttpAnswer } from "../../issuers/http.ts";

const ALGORITHM = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** @param name of the file: it opens under no other */
export function sealAnswer(answer: HttpAnswer, key: Buffer, name: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(name));
  const sealed = Buffer.concat([cipher.update(JSON.stringify(answer)), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

/** Undefined for what is not whole, or not ours. */
export function openAnswer(bytes: Buffer, key: Buffer, name: string): HttpAnswer | undefined {
  const [nonce, tag] = [bytes.subarray(0, NONCE_BYTES), bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)];
  const sealed = bytes.subarray(NONCE_BYTES + TAG_BYTES);
  if (sealed.length === 0) return undefined;
  try {
    const decipher = createDecipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(name)).setAuthTag(tag);
    return JSON.parse(Buffer.concat([decipher.update(sealed), decipher.final()]).toString("utf8")) as HttpAnswer;
  } catch {
    return undefined;
  }
}
