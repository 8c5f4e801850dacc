/** The file of `toolkey export`: any age opens it, and nothing that is not one is taken for it. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import type { Token } from "../../src/core/tokens/token.ts";
import { openExport, sealExport, type ExportContent } from "../../src/vault/export-file.ts";
import { failureLater } from "../fixtures/failures.ts";
import { missing } from "../fixtures/programs/programs.ts";
import { makeToken, revealed } from "../fixtures/tokens.ts";

const WHERE = "/home/me/tokens.age";
const RECORD = { id: "git-7f3k", tool: "git", service: "h", target: "https://h", secret: "SECRET-VALUE", kind: "opaque", state: "active", createdAt: "2026-11-22T04:20:18Z", preferred: false };
const DOCUMENT = { toolkey: "export", version: 1, from: "laptop", exportedAt: "2026-11-30T04:00:00Z", tokens: [RECORD] };

const FULL: Required<Token> = {
  ...makeToken({ id: "git-full", at: "https://h:8443/a%20b", holds: "S" }),
  username: "älice@x:%",
  facts: { description: "a \"quoted\"\nline", tokenId: "T", subject: "S", scope: "C", kind: "scoped", issuedAt: "2026-01-01T00:00:00Z", expiresAt: "2027-01-01T00:00:00Z" },
  refreshToken: new Secret("R"),
  authtype: "Bearer",
  onlyFor: "publishing",
  state: "revoking",
  preferred: true,
  dropAt: "2027-02-01T00:00:00Z",
  knownBefore: ["T0"],
  storedByTool: true,
  command: { argv: ["/opt/aws/aws", "a b", ""], variables: { HOME: "/home/me" }, lifetime: 60, ofService: true },
};
const CONTENT: ExportContent = {
  from: "laptop",
  exportedAt: "2026-11-30T04:00:00Z",
  tokens: [{ token: FULL, stays: "fetched", approvedAt: "2026-11-01T00:00:00Z" }, { token: makeToken({ id: "b" }), stays: undefined, approvedAt: undefined }],
};

let identity: Secret;
let recipient: string;
let directory: string;

beforeAll(async () => {
  identity = new Secret(await generateX25519Identity());
  recipient = await identityToRecipient(identity.reveal());
  directory = mkdtempSync(join(tmpdir(), "tk-"));
  writeFileSync(join(directory, "key.txt"), `# public key: ${recipient}\n${identity.reveal()}\n`);
});
afterAll(() => rmSync(directory, { recursive: true }));

const sealed = (): Promise<Uint8Array> => sealExport(CONTENT, { recipients: [recipient] });

/** Whatever text, for the identity. */
async function holding(document: unknown): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return encrypter.encrypt(typeof document === "string" ? document : JSON.stringify(document));
}

describe("an export", () => {
  it("is read again as it was written, with all fields", async () => {
    expect(revealed(await openExport(await sealed(), { identity }, WHERE))).toEqual(revealed(CONTENT));
  });

  it("under a passphrase is read by that, and says that it wants it", async () => {
    const file = await sealExport(CONTENT, { passphrase: "correct horse battery" });
    expect(revealed(await openExport(file, { passphrase: new Secret("correct horse battery") }, WHERE))).toEqual(revealed(CONTENT));
    expect(await failureLater(() => openExport(file, {}, WHERE))).toMatchObject({ code: "lacking", message: `${WHERE} is encrypted under a passphrase` });
    expect(await failureLater(() => openExport(file, { passphrase: new Secret("wrong") }, WHERE))).toMatchObject({ code: "denied", message: "the passphrase is wrong" });
    expect(await failureLater(() => openExport(file, { identity }, WHERE))).toMatchObject({ code: "usage" });
  });

  it.skipIf(missing("age"))("is opened by age itself, and what age has encrypted is opened here, also in armor", async () => {
    const path = join(directory, "tokens.age");
    writeFileSync(path, await sealed());
    const text = execFileSync("age", ["-d", "-i", join(directory, "key.txt"), path], { encoding: "utf8" });
    expect(JSON.parse(text)).toMatchObject({ toolkey: "export", version: 1, from: "laptop", tokens: [{ id: "git-full", secret: "S", stays: "fetched" }, { id: "b" }] });
    for (const options of [[], ["-a"]]) {
      execFileSync("age", [...options, "-r", recipient, "-o", path], { input: text });
      expect(revealed(await openExport(readFileSync(path), { identity }, WHERE))).toEqual(revealed(CONTENT));
      rmSync(path);
    }
  });

  it("for several is opened by each of them, by a file of several identities too", async () => {
    const other = new Secret(await generateX25519Identity());
    const file = await sealExport(CONTENT, { recipients: [recipient, await identityToRecipient(other.reveal())] });
    for (const each of [identity, other]) expect((await openExport(file, { identity: each }, WHERE)).tokens).toHaveLength(2);
    const both = new Secret(`# two\r\n${await generateX25519Identity()}\n\n${identity.reveal()}\n`);
    expect((await openExport(await sealed(), { identity: both }, WHERE)).tokens).toHaveLength(2);
  });

  it.each([["age1", "'age1' is no recipient of age's"], ["ssh-ed25519 AAAA", "'ssh-ed25519 AAAA' is no recipient of age's"], ["", "'' is no recipient of age's"]])("for %j can't be made", async (text, message) => {
    expect(await failureLater(() => sealExport(CONTENT, { recipients: [recipient, text] }))).toMatchObject({ code: "usage", message });
  });

  it("for an identity in place of its recipient is refused, without repeating it", async () => {
    const failure = await failureLater(() => sealExport(CONTENT, { recipients: [identity.reveal()] }));
    expect(failure).toMatchObject({ code: "usage", message: "that is an identity, which is secret, and no recipient" });
    expect(inspect(failure.message + failure.hints.join())).not.toContain(identity.reveal());
  });
});

describe("refused is", () => {
  it("an export for another identity, one without, and what is no identity", async () => {
    const other = new Secret(await generateX25519Identity());
    const file = await sealed();
    expect(await failureLater(() => openExport(file, { identity: other }, WHERE))).toMatchObject({ code: "denied", message: `${WHERE} is encrypted for another identity` });
    expect(await failureLater(() => openExport(file, {}, WHERE))).toMatchObject({ code: "usage", message: `${WHERE} is encrypted for an identity, and none was given` });
    for (const text of ["", "age1x", "AGE-SECRET-KEY-1QQ", `${identity.reveal()}\nx`]) {
      expect(await failureLater(() => openExport(file, { identity: new Secret(text) }, WHERE))).toMatchObject({ code: "usage", message: "that is no file of age identities (AGE-SECRET-KEY-1…)" });
    }
  });

  it("a vault, in words of its own", async () => {
    const file = await holding({ version: 4, generation: 7, tokens: [RECORD] });
    expect(await failureLater(() => openExport(file, { identity }, WHERE))).toMatchObject({ code: "usage", message: `${WHERE} is a vault itself, and no export` });
  });

  it.each<[what: string, change: (file: Uint8Array) => Uint8Array]>([
    ["an empty file", () => new Uint8Array()],
    ["text", () => Buffer.from("hello\n")],
    ["one that was cut off", (file) => file.subarray(0, -20)],
    ["one that was changed", (file) => Buffer.from(file).fill(0, file.length - 5)],
    ["armor of nothing", () => Buffer.from("-----BEGIN AGE ENCRYPTED FILE-----\n!\n-----END AGE ENCRYPTED FILE-----\n")],
  ])("%s", async (_what, change) => {
    const file = change(await sealed());
    expect(await failureLater(() => openExport(file, { identity }, WHERE))).toMatchObject({ code: "damaged", message: `cannot decrypt ${WHERE}: it is no age file, or was cut off or changed` });
  });

  it.each<[what: string, document: unknown, at: string]>([
    ["what is no JSON", "SECRET-VALUE", `${WHERE} can be decrypted, but does not hold JSON`],
    ["a list", [], "invalid_type at the top"],
    ["one without a version", { ...DOCUMENT, version: undefined }, "at version"],
    ["one with a field that nobody knows", { ...DOCUMENT, more: 1 }, "unrecognized_keys at the top"],
    ["one with a field of a token that nobody knows", { ...DOCUMENT, tokens: [{ ...RECORD, more: "SECRET-VALUE" }] }, "unrecognized_keys at tokens.0"],
    ["one with a state that there is not", { ...DOCUMENT, tokens: [{ ...RECORD, state: "SECRET-VALUE" }] }, "at tokens.0.state"],
    ["one with a target that is none", { ...DOCUMENT, tokens: [{ ...RECORD, target: "https://h:SECRET-VALUE" }] }, "invalid_target at tokens.0.target"],
    ["one with an id twice", { ...DOCUMENT, tokens: [RECORD, RECORD] }, "repeated_id at tokens.1.id"],
  ])("%s", async (_what, document, at) => {
    const file = await holding(document);
    const failure = await failureLater(() => openExport(file, { identity }, WHERE));
    expect(failure).toMatchObject({ code: "damaged", message: expect.stringContaining(at) as string });
    expect(inspect(failure, { depth: 5 })).not.toContain("SECRET-VALUE");
  });

  it("what a newer toolkey wrote, with words", async () => {
    const file = await holding({ ...DOCUMENT, version: 2, more: [] });
    expect(await failureLater(() => openExport(file, { identity }, WHERE))).toMatchObject({
      code: "unavailable",
      message: `${WHERE} was written by a newer toolkey (format 2, this one reads 1)`,
      hints: ["install the newer toolkey; nothing was changed"],
    });
  });
});
