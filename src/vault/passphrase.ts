/**
 * age's own passphrase encryption for `identity.age`: the scrypt stanza of
 * https://c2sp.org/age#scrypt-recipient-stanza as an identity and a recipient of age-encryption, on
 * Node's native scrypt. That library's own is written in JavaScript: it would stop the daemon from
 * answering anybody for seconds, and take 256 MiB of its heap.
 */
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto";
import { Decrypter, Encrypter, Stanza, type Identity, type Recipient } from "age-encryption";
import { Failure } from "../core/failure.ts";
import { Secret } from "../core/secret.ts";

const LABEL = "age-encryption.org/v1/scrypt";
/** age's default work factor: about a second. */
const LOG_N = 18;
/** The largest that is tried: a file can't make us work for minutes or take gigabytes. */
const MAX_LOG_N = 20;
const SALT_BYTES = 16;
const FILE_KEY_BYTES = 16;
const TAG_BYTES = 16;
// The wrapping key is used once, so that the nonce is zero.
const NONCE = Buffer.alloc(12);

/** Encrypts with a passphrase. Any age opens it with `age -d`. */
export async function sealWithPassphrase(plaintext: string, passphrase: Secret): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(scryptRecipient(passphrase));
  return encrypter.encrypt(plaintext);
}

/**
 * Decrypts with a passphrase.
 *
 * @throws Failure `denied` if the passphrase is wrong, `damaged` if the file is not one with a passphrase.
 */
export async function unsealWithPassphrase(file: Uint8Array, passphrase: Secret, where: string): Promise<string> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(scryptIdentity(passphrase));
  try {
    return await decrypter.decrypt(file, "text");
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure("damaged", `cannot decrypt ${where}: it is no age file with a passphrase, or was cut off or changed`, {
      cause: error,
    });
  }
}

function scryptRecipient(passphrase: Secret): Recipient {
  return {
    async wrapFileKey(fileKey) {
      const salt = randomBytes(SALT_BYTES);
      const cipher = createCipheriv("chacha20-poly1305", await wrappingKey(passphrase, salt, LOG_N), NONCE, {
        authTagLength: TAG_BYTES,
      });
      const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
      return [new Stanza(["scrypt", base64(salt), String(LOG_N)], body)];
    },
  };
}

function scryptIdentity(passphrase: Secret): Identity {
  return {
    async unwrapFileKey(stanzas) {
      const [stanza] = stanzas;
      if (stanza === undefined || stanzas.length !== 1 || stanza.args[0] !== "scrypt") return null;
      const salt = Buffer.from(stanza.args[1] ?? "", "base64");
      const logN = /^[1-9]\d?$/.test(stanza.args[2] ?? "") ? Number(stanza.args[2]) : Number.NaN;
      if (stanza.args.length !== 3 || salt.length !== SALT_BYTES || stanza.body.length !== FILE_KEY_BYTES + TAG_BYTES) {
        throw new Error("invalid scrypt stanza");
      }
      if (!(logN <= MAX_LOG_N)) throw new Error("the work factor is too high");
      const decipher = createDecipheriv("chacha20-poly1305", await wrappingKey(passphrase, salt, logN), NONCE, {
        authTagLength: TAG_BYTES,
      });
      decipher.setAuthTag(stanza.body.subarray(FILE_KEY_BYTES));
      try {
        return Buffer.concat([decipher.update(stanza.body.subarray(0, FILE_KEY_BYTES)), decipher.final()]);
      } catch (error) {
        throw new Failure("denied", "the passphrase is wrong", { cause: error });
      }
    },
  };
}

function wrappingKey(passphrase: Secret, salt: Uint8Array, logN: number): Promise<Buffer> {
  const N = 2 ** logN;
  const r = 8;
  return new Promise((resolve, reject) => {
    scrypt(
      passphrase.reveal(),
      Buffer.concat([Buffer.from(LABEL), salt]),
      32,
      { N, r, p: 1, maxmem: 128 * r * (N + 4) },
      (error, key) => (error === null ? resolve(key) : reject(error)),
    );
  });
}

function base64(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("=", "");
}
