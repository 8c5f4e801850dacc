import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { Decrypter, Encrypter, Stanza } from "age-encryption";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import { sealWithPassphrase, unsealWithPassphrase } from "../../src/vault/passphrase.ts";
import { failureLater } from "../fixtures/failures.ts";
import { longTest } from "../fixtures/form.ts";
import { missing } from "../fixtures/programs/programs.ts";

const WHERE = "/home/me/identity.age";
const TEXT = "# a comment\nAGE-SECRET-KEY-1…\n";
const PASSPHRASE = new Secret("correct hörse 🔑 battery");

/** Encrypted by age-encryption itself, with little work. */
async function sealedElsewhere(passphrase: Secret, text = TEXT): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.setScryptWorkFactor(5);
  encrypter.setPassphrase(passphrase.reveal());
  return encrypter.encrypt(text);
}

/** A file whose header holds these stanzas, and whose key nobody knows. */
async function withStanzas(...stanzas: Stanza[]): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.addRecipient({ wrapFileKey: () => stanzas });
  return encrypter.encrypt(TEXT);
}

const SALT = "c2FsdCBvZiAxNiBieXRlcw";
const BODY = Uint8Array.from(randomBytes(32));

describe("a file with a passphrase", () => {
  it("made by age-encryption is opened by ours", async () => {
    expect(await unsealWithPassphrase(await sealedElsewhere(PASSPHRASE), PASSPHRASE, WHERE)).toBe(TEXT);
  });

  longTest("made by ours is opened by age-encryption, with age's own work factor", async () => {
    const sealed = await sealWithPassphrase(TEXT, PASSPHRASE);
    expect(Buffer.from(sealed).toString("latin1")).toMatch(/^age-encryption\.org\/v1\n-> scrypt [\w+/]{22} 18\n[\w+/]{43}\n--- /);
    const decrypter = new Decrypter();
    decrypter.addPassphrase(PASSPHRASE.reveal());
    expect(await decrypter.decrypt(sealed, "text")).toBe(TEXT);
  });

  it("is refused with another passphrase, which is not repeated", async () => {
    const sealed = await sealedElsewhere(PASSPHRASE);
    for (const wrong of ["wrong-GUESS", "", PASSPHRASE.reveal().toUpperCase(), `${PASSPHRASE.reveal()} `]) {
      const failure = await failureLater(() => unsealWithPassphrase(sealed, new Secret(wrong), WHERE));
      expect([failure.code, failure.message]).toEqual(["denied", "the passphrase is wrong"]);
      expect(inspect(failure, { depth: null })).not.toMatch(/GUESS|battery/i);
    }
  });

  it.each<[what: string, file: () => Promise<Uint8Array>]>([
    ["nothing", async () => Buffer.alloc(0)],
    ["text", async () => Buffer.from("AGE-SECRET-KEY-1…")],
    ["cut off in its header", async () => (await sealedElsewhere(PASSPHRASE)).slice(0, 60)],
    ["cut off in its body", async () => (await sealedElsewhere(PASSPHRASE)).slice(0, -1)],
    ["changed in its body", async () => Uint8Array.from(await sealedElsewhere(PASSPHRASE), (byte, at) => (at === 180 ? byte ^ 1 : byte))],
    ["for a key, not a passphrase", () => withStanzas(new Stanza(["X25519", SALT], BODY))],
    ["for a passphrase and more", () => withStanzas(new Stanza(["scrypt", SALT, "5"], BODY), new Stanza(["X25519", SALT], BODY))],
    ["for two passphrases", () => withStanzas(new Stanza(["scrypt", SALT, "5"], BODY), new Stanza(["scrypt", SALT, "5"], BODY))],
    ["with more work than is done for a file: 21", () => withStanzas(new Stanza(["scrypt", SALT, "21"], BODY))],
    ["with more work than is done for a file: 63", () => withStanzas(new Stanza(["scrypt", SALT, "63"], BODY))],
    ["with more work than is done for a file: 999", () => withStanzas(new Stanza(["scrypt", SALT, "999"], BODY))],
    ["with no work", () => withStanzas(new Stanza(["scrypt", SALT, "0"], BODY))],
    ["with work that is no number", () => withStanzas(new Stanza(["scrypt", SALT, "1e1"], BODY))],
    ["with work written otherwise", () => withStanzas(new Stanza(["scrypt", SALT, "05"], BODY))],
    ["without work", () => withStanzas(new Stanza(["scrypt", SALT], BODY))],
    ["with an argument too many", () => withStanzas(new Stanza(["scrypt", SALT, "5", "6"], BODY))],
    ["with a short salt", () => withStanzas(new Stanza(["scrypt", "c2FsdA", "5"], BODY))],
    ["with a short key", () => withStanzas(new Stanza(["scrypt", SALT, "5"], BODY.slice(1)))],
  ])("is refused if it is %s", async (_what, file) => {
    const sealed = await file();
    expect(await failureLater(() => unsealWithPassphrase(sealed, PASSPHRASE, WHERE))).toMatchObject({
      code: "damaged",
      message: `cannot decrypt ${WHERE}: it is no age file with a passphrase, or was cut off or changed`,
    });
  });

  it("with a work factor above 20 is refused for that, before any work", async () => {
    const { cause } = await failureLater(async () => unsealWithPassphrase(await withStanzas(new Stanza(["scrypt", SALT, "21"], BODY)), PASSPHRASE, WHERE));
    expect(cause).toMatchObject({ message: "the work factor is too high" });
  });
});

describe("the age program", { skip: missing("age", "script") }, () => {
  let directory = "";
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "tk-passphrase-"));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  // age reads a passphrase from a terminal only; script gives it one.
  function onTerminal(command: string, typed: string): void {
    execFileSync("script", ["-qec", command, "/dev/null"], { cwd: directory, input: typed, stdio: ["pipe", "ignore", "ignore"], timeout: 30_000 });
  }

  longTest("opens a file of ours with the passphrase", async () => {
    writeFileSync(join(directory, "identity.age"), await sealWithPassphrase(TEXT, PASSPHRASE));
    onTerminal("age -d -o opened identity.age", `${PASSPHRASE.reveal()}\n`);
    expect(readFileSync(join(directory, "opened"), "utf8")).toBe(TEXT);
  });

  it("makes a file with a passphrase that ours opens", async () => {
    writeFileSync(join(directory, "plain"), TEXT);
    onTerminal("age -p -o made.age plain", `${PASSPHRASE.reveal()}\n${PASSPHRASE.reveal()}\n`);
    expect(await unsealWithPassphrase(readFileSync(join(directory, "made.age")), PASSPHRASE, WHERE)).toBe(TEXT);
  });
});
