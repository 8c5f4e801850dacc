/** What Maven 3 does to passwords (plexus-cipher, plexus-sec-dispatcher): obfuscation, where the key lies beside it. */
import { createDecipheriv, createHash } from "node:crypto";
import { Secret } from "../../../core/secret.ts";

/** The key to the master password, the same for everybody. */
const MASTER_KEY = new Secret("settings.security");
const SALT_BYTES = 8;
const KEY_BYTES = 16;

/** The master password of a `settings-security.xml`; undefined if it is none that Maven 3 has encrypted. */
export function decryptMaster(encrypted: string): Secret | undefined {
  return decryptPassword(encrypted, MASTER_KEY);
}

/**
 * Undoes `mvn --encrypt-password`. The bytes: salt, length of the padding, AES-128-CBC of the password, padding;
 * key and initial vector are SHA-256 of master password and salt.
 *
 * @returns undefined if it is encrypted otherwise, or with another master password
 */
export function decryptPassword(encrypted: string, master: Secret): Secret | undefined {
  const bytes = Buffer.from(encrypted, "base64");
  const padding = bytes[SALT_BYTES] ?? 0;
  const salt = bytes.subarray(0, SALT_BYTES);
  const content = bytes.subarray(SALT_BYTES + 1, bytes.length - padding);
  const keyAndVector = createHash("sha256").update(master.reveal()).update(salt).digest();
  try {
    const cipher = createDecipheriv("aes-128-cbc", keyAndVector.subarray(0, KEY_BYTES), keyAndVector.subarray(KEY_BYTES));
    const text = Buffer.concat([cipher.update(content), cipher.final()]);
    return new Secret(new TextDecoder("utf-8", { fatal: true }).decode(text));
  } catch {
    return undefined;
  }
}
