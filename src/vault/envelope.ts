/** The age file (age-encryption.org/v1) around the vault: X25519 for the vault itself. */
import { hkdfSync } from "node:crypto";
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { Failure } from "../core/failure.ts";
import { Secret } from "../core/secret.ts";

/** An X25519 identity, `AGE-SECRET-KEY-1…`. */
export type VaultIdentity = Secret;

/** A header with a hundred recipients is shorter. */
const HEADER_BYTES = 16 * 1024;

const IDENTITY = /^AGE-SECRET-KEY-1[0-9A-Z]{58}$/;

/** A key for one purpose that only who has the identity has: by it what is kept outside of the vault is told from what others wrote. */
export function derivedKey(identity: VaultIdentity, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", identity.reveal(), "", `toolkey ${purpose}`, 32));
}

export async function newIdentity(): Promise<VaultIdentity> {
  return new Secret(await generateX25519Identity());
}

/**
 * Finds the identity in the text of an age identity file: comments, then one key.
 *
 * @throws Failure `damaged` if there is none, or more than one. The text is never quoted.
 */
export function parseIdentityFile(text: string, where: string): VaultIdentity {
  const keys = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  const [key] = keys;
  if (keys.length !== 1 || key === undefined || !IDENTITY.test(key) || !hasChecksum(key)) {
    throw new Failure("damaged", `${where} does not hold one age identity (AGE-SECRET-KEY-1…)`);
  }
  return new Secret(key);
}

/**
 * All identities in the text of an identity file that a person names, of each kind that the library knows.
 *
 * @throws Failure `usage` if there is none. The text is never quoted.
 */
export function parseIdentities(text: Secret): VaultIdentity[] {
  const keys = text
    .reveal()
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  const isEach = keys.every((key) => key.startsWith("AGE-SECRET-KEY-") && hasChecksum(key));
  if (isEach && keys.length > 0) return keys.map((key) => new Secret(key));
  throw new Failure("usage", "that is no file of age identities (AGE-SECRET-KEY-1…)", {
    hint: ["nothing was changed", "one that has a passphrase of its own is decrypted before: age -d"],
  });
}

// The library's own error repeats the key.
function hasChecksum(key: string): boolean {
  try {
    new Decrypter().addIdentity(key);
    return true;
  } catch {
    return false;
  }
}

/** The text of an identity file, as age-keygen writes it but without the public key. */
export function renderIdentityFile(identity: VaultIdentity): string {
  return `# toolkey: opens vault.age; 'age -d -i THIS-FILE vault.age' does too\n${identity.reveal()}\n`;
}

/** Encrypts to the recipients of the given identities. In pieces, so that a large vault is nowhere whole. */
export async function seal(plaintext: Iterable<Uint8Array>, identities: readonly VaultIdentity[]): Promise<AsyncIterable<Uint8Array>> {
  const encrypter = new Encrypter();
  for (const identity of identities) encrypter.addRecipient(await identityToRecipient(identity.reveal()));
  return encrypter.encrypt(ReadableStream.from(plaintext));
}

/** Encrypts for recipients that a person names. @throws Failure `usage` for what is none */
export async function sealFor(plaintext: string, recipients: readonly string[]): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch (error) {
      const isSecret = recipient.toUpperCase().startsWith("AGE-SECRET-KEY-");
      const what = isSecret ? "that is an identity, which is secret, and no recipient" : `'${recipient}' is no recipient of age's`;
      throw new Failure("usage", what, {
        hint: "a recipient begins with age1: age-keygen prints it as 'Public key'",
        cause: error,
      });
    }
  }
  return encrypter.encrypt(plaintext);
}

/** An age file that is for other identities. Whoever has one of those finds it whole. */
export class OtherKey extends Failure {}

/**
 * How many identities open an age file, by its header: https://c2sp.org/age#x25519-recipient-stanza. Who can't
 * open it may have written any number there.
 */
export function countRecipients(file: Uint8Array): number {
  const text = Buffer.from(file.subarray(0, HEADER_BYTES)).toString("latin1");
  return text.slice(0, text.indexOf("\n---")).match(/^-> X25519 /gm)?.length ?? 0;
}

/**
 * Decrypts an age file.
 *
 * @throws Failure `damaged` if it isn't an age file, was changed or cut off; OtherKey
 */
export async function unseal(file: Uint8Array, identities: readonly VaultIdentity[], where: string): Promise<Uint8Array> {
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity.reveal());
  try {
    // As a stream: the library collects the whole through fetch, which takes time and memory to load.
    const pieces: Uint8Array[] = [];
    for await (const piece of await decrypter.decrypt(ReadableStream.from([file]))) pieces.push(piece);
    return Buffer.concat(pieces);
  } catch (error) {
    if (error instanceof Error && error.message.includes("no identity matched")) {
      throw new OtherKey("damaged", `cannot decrypt ${where}: it is encrypted to another key than the one that is kept`, { cause: error });
    }
    throw new Failure("damaged", `cannot decrypt ${where}: it is no age file, or was cut off or changed`, { cause: error });
  }
}
