import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { Encrypter, generateHybridIdentity, generateX25519Identity } from "age-encryption";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import { newIdentity, parseIdentityFile, renderIdentityFile, seal as sealPieces, unseal, type VaultIdentity } from "../../src/vault/envelope.ts";
import { failureLater, failureOf } from "../fixtures/failures.ts";
import { missing } from "../fixtures/programs/programs.ts";

const WHERE = "/home/me/vault.age";
const PLAINTEXT = Buffer.from('{"secret":"SECRET-VALUE"}');

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "tk-envelope-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

async function seal(plaintext: Uint8Array, identities: readonly VaultIdentity[]): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of await sealPieces([plaintext], identities)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The identity with one letter exchanged for another of the alphabet. */
function mistyped(identity: Secret): string {
  const text = identity.reveal();
  return `${text.slice(0, -1)}${text.endsWith("Q") ? "P" : "Q"}`;
}

describe("a sealed vault", () => {
  it("is opened by its identity, and holds nothing to be read without it", async () => {
    const identity = await newIdentity();
    const sealed = await seal(PLAINTEXT, [identity]);
    expect(Buffer.from(await unseal(sealed, [identity], WHERE))).toEqual(PLAINTEXT);
    expect(Buffer.from(sealed).toString("latin1")).toMatch(/^age-encryption\.org\/v1\n-> X25519 /);
    expect(Buffer.from(sealed).toString("latin1")).not.toContain("SECRET-VALUE");
  });

  it("is never the same file twice", async () => {
    const identity = await newIdentity();
    expect(await seal(PLAINTEXT, [identity])).not.toEqual(await seal(PLAINTEXT, [identity]));
  });

  it("for two identities is opened by each of them", async () => {
    const [old, next, other] = [await newIdentity(), await newIdentity(), await newIdentity()];
    const sealed = await seal(PLAINTEXT, [old, next]);
    for (const identity of [old, next]) expect(Buffer.from(await unseal(sealed, [identity], WHERE))).toEqual(PLAINTEXT);
    expect(Buffer.from(await unseal(sealed, [other, next], WHERE))).toEqual(PLAINTEXT);
  });

  it("for another identity is refused, and the reason given", async () => {
    const sealed = await seal(PLAINTEXT, [await newIdentity()]);
    expect(await failureLater(async () => unseal(sealed, [await newIdentity()], WHERE))).toMatchObject({
      code: "damaged",
      message: `cannot decrypt ${WHERE}: it is encrypted to another key than the one that is kept`,
    });
  });

  it("with any byte changed is refused, wherever it is", async () => {
    const identity = await newIdentity();
    const sealed = await seal(PLAINTEXT, [identity]);
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Uint8Array.from(sealed, (byte, at) => (at === index ? byte ^ 1 : byte));
      const { code, message } = await failureLater(() => unseal(changed, [identity], WHERE));
      expect([code, message.startsWith(`cannot decrypt ${WHERE}: it is `)]).toEqual(["damaged", true]);
    }
  });

  it("that was cut off anywhere, or to which was added, is refused", async () => {
    const identity = await newIdentity();
    const sealed = await seal(PLAINTEXT, [identity]);
    for (let length = 0; length < sealed.length; length += 7) {
      expect((await failureLater(() => unseal(sealed.slice(0, length), [identity], WHERE))).code).toBe("damaged");
    }
    expect((await failureLater(() => unseal(Buffer.concat([sealed, Buffer.from("x")]), [identity], WHERE))).code).toBe("damaged");
  });

  it.each(["", "{}", "not age", "age-encryption.org/v1\n", "age-encryption.org/v2\n-> X25519 x\n--- x\n", "\0".repeat(1000)])(
    "is not %j",
    async (text) => {
      const identity = await newIdentity();
      expect(await failureLater(() => unseal(Buffer.from(text), [identity], WHERE))).toMatchObject({
        code: "damaged",
        message: `cannot decrypt ${WHERE}: it is no age file, or was cut off or changed`,
      });
    },
  );
});

describe("an identity file", () => {
  it("is read again as it was written", async () => {
    const identity = await newIdentity();
    expect(parseIdentityFile(renderIdentityFile(identity), WHERE).reveal()).toBe(identity.reveal());
  });

  it.each<[what: string, write: (key: string) => string]>([
    ["as age-keygen writes it", (key) => `# created: 2026-11-22T04:20:18Z\n# public key: age1…\n${key}\n`],
    ["the key alone", (key) => key],
    ["with line ends of DOS", (key) => `# comment\r\n${key}\r\n`],
    ["with spaces and blank lines", (key) => `\n\n  ${key}  \n\n# end`],
  ])("is read %s", async (_what, write) => {
    const key = await generateX25519Identity();
    expect(parseIdentityFile(write(key), WHERE).reveal()).toBe(key);
  });

  it("is refused, and not repeated, if it holds anything but one identity that is whole", async () => {
    const [identity, other] = [await newIdentity(), await newIdentity()];
    const key = identity.reveal();
    const texts = [
      "",
      "# only a comment\n",
      "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq",
      `${key}\n${other.reveal()}\n`,
      `${key} trailing\n`,
      `"${key}"`,
      key.slice(0, -1),
      `${key}Q`,
      key.toLowerCase(),
      mistyped(identity),
      key.replace("AGE-SECRET-KEY-1", "AGE-SECRET-KEY-2"),
      await generateHybridIdentity(),
    ];
    for (const text of texts) {
      const failure = failureOf(() => parseIdentityFile(text, WHERE));
      expect([failure.code, failure.message]).toEqual(["damaged", `${WHERE} does not hold one age identity (AGE-SECRET-KEY-1…)`]);
      expect(inspect(failure, { depth: null, showHidden: true })).not.toMatch(/AGE-SECRET-KEY-[^1]|AGE-SECRET-KEY-1[A-Z0-9]/i);
    }
  });
});

describe("the age program", { skip: missing("age", "age-keygen") }, () => {
  it("opens a sealed vault with an identity file of ours", async () => {
    const identity = await newIdentity();
    const key = file("identity.txt", renderIdentityFile(identity));
    const vault = file("vault.age", await seal(PLAINTEXT, [identity]));
    expect(execFileSync("age", ["-d", "-i", key, vault])).toEqual(PLAINTEXT);
  });

  it("seals for an identity that it made, and ours opens it", async () => {
    const key = join(directory, "made.txt");
    execFileSync("age-keygen", ["-o", key], { stdio: "ignore" });
    const identity = parseIdentityFile(readFileSync(key, "utf8"), key);
    const recipient = execFileSync("age-keygen", ["-y", key], { encoding: "utf8" }).trim();
    const sealed = execFileSync("age", ["-r", recipient], { input: PLAINTEXT });
    expect(Buffer.from(await unseal(sealed, [identity], WHERE))).toEqual(PLAINTEXT);
  });

  it("agrees on a vault of megabytes, which is many chunks", async () => {
    const identity = await newIdentity();
    const large = Buffer.alloc(3 * 65_536 + 1, "x");
    const key = file("large.txt", renderIdentityFile(identity));
    expect(execFileSync("age", ["-d", "-i", key, file("large.age", await seal(large, [identity]))]).equals(large)).toBe(true);
  });
});

it("a file of another age recipient, among which ours is, is opened", async () => {
  const identity = await newIdentity();
  const sealed = await seal(PLAINTEXT, [await newIdentity(), identity]);
  expect(Buffer.from(await unseal(sealed, [identity], WHERE))).toEqual(PLAINTEXT);
});

it("a file with a passphrase is not taken for a damaged one", async () => {
  const encrypter = new Encrypter();
  encrypter.setScryptWorkFactor(2);
  encrypter.setPassphrase("x");
  const sealed = await encrypter.encrypt(PLAINTEXT);
  const identity = await newIdentity();
  expect((await failureLater(() => unseal(sealed, [identity], WHERE))).message).toBe(`cannot decrypt ${WHERE}: it is encrypted to another key than the one that is kept`);
});
