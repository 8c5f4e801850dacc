import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import { parseTarget } from "../../src/core/target.ts";
import type { Token } from "../../src/core/tokens/token.ts";
import { parseVault, serializeVault, type VaultContent } from "../../src/vault/format.ts";
import { TokenMap } from "../../src/vault/token-map.ts";
import { failureOf } from "../fixtures/failures.ts";
import { makeToken, revealed } from "../fixtures/tokens.ts";

const WHERE = "/home/me/vault.age";

const serialized = (content: Omit<VaultContent, "backups" | "accepted"> & Partial<VaultContent>): Buffer => Buffer.concat([...serializeVault({ backups: [], accepted: "", ...content })]);

const RECORD = {
  id: "git-7f3k",
  tool: "git",
  service: "nuxeo",
  target: "https://connect.nuxeo.com/nuxeo/git",
  username: "alice",
  secret: "SECRET-VALUE",
  kind: "opaque",
  state: "active",
  createdAt: "2026-11-22T04:20:18Z",
  preferred: false,
};
const DOCUMENT = { version: 1, generation: 7, tokens: [RECORD] };

const BACKUP = { path: "/home/me/.npmrc", text: "_authToken=SECRET-VALUE\r\n", after: "ab".repeat(32), takenAt: "2026-11-22T04:20:18Z" } as const;

const FULL: Required<Token> = {
  ...makeToken({ id: "git-full", at: "https://h:8443/a%20b", holds: "S" }),
  username: "älice@x:%",
  facts: {
    description: "a \"quoted\"\nline",
    tokenId: "T",
    subject: "S",
    scope: "C",
    kind: "scoped",
    issuedAt: "2026-01-01T00:00:00Z",
    expiresAt: "2027-01-01T00:00:00Z",
  },
  refreshToken: new Secret("R"),
  authtype: "Bearer",
  onlyFor: "publishing",
  state: "suspended",
  preferred: true,
  dropAt: "2027-02-01T00:00:00Z",
  knownBefore: ["T0"],
  storedByTool: true,
  command: { argv: ["/opt/aws/aws", "a b", ""], variables: { HOME: "/home/me" }, lifetime: 60, ofService: true },
};

const bytes = (value: unknown): Uint8Array => Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
const withRecord = (fields: object): unknown => ({ ...DOCUMENT, tokens: [{ ...RECORD, ...fields }] });
const without = (field: keyof typeof RECORD): unknown => withRecord({ [field]: undefined });

describe("a vault", () => {
  it("is JSON of version, generation and tokens, with the fields as they are named", () => {
    const token = makeToken({ id: "git-7f3k", service: "nuxeo", at: "https://connect.nuxeo.com:443/nuxeo/git/", username: "alice", holds: "SECRET-VALUE", createdAt: "2026-11-22T04:20:18Z" });
    expect(JSON.parse(Buffer.from(serialized({ generation: 7, tokens: new TokenMap([token]) })).toString())).toStrictEqual(DOCUMENT);
  });

  it.each<[what: string, generation: number, tokens: Token[]]>([
    ["nothing", 0, []],
    ["a token with all fields", 1, [FULL]],
    ["tokens in their order", 2 ** 40, [makeToken({ id: "b" }), FULL, makeToken({ id: "a", username: "" })]],
    ["a revoked token", 3, [makeToken({ id: "a", holds: "", state: "revoked" })]],
    ["a token of a client certificate", 4, [makeToken({ id: "a", at: "cert:///etc/client.pem" })]],
  ])("is read again as it was written: %s", (_what, generation, tokens) => {
    const read = parseVault(serialized({ generation, tokens: new TokenMap(tokens) }), WHERE);
    expect(read.generation).toBe(generation);
    expect(revealed(read.tokens.all())).toEqual(revealed(tokens));
  });

  it("is of version 2 while it holds backups, so that an older toolkey says that it can't read it", () => {
    const backups = [BACKUP, { ...BACKUP, text: "\uFEFF<a>\0", path: "/b" }].map((backup) => ({ ...backup, text: new Secret(backup.text) }));
    const written = serialized({ generation: 7, tokens: new TokenMap([{ ...FULL, onlyFor: undefined, storedByTool: undefined, command: undefined }, makeToken({ id: "b" })]), backups });
    expect(JSON.parse(written.toString())).toMatchObject({ version: 2, generation: 7, backups: [BACKUP, { path: "/b" }] });
    const read = parseVault(written, WHERE);
    expect(revealed(read.backups)).toEqual(revealed(backups));
    expect(read.tokens.all()).toHaveLength(2);
    const none = serialized({ ...read, backups: [] });
    expect(JSON.parse(none.toString())).toMatchObject({ version: 1 });
  });

  it("is of version 3 while a tool stored one of its tokens, and what older ones wrote counts as a person's", () => {
    const tokens = [makeToken({ id: "a", storedByTool: true }), makeToken({ id: "b" })];
    expect(JSON.parse(serialized({ generation: 7, tokens: new TokenMap(tokens) }).toString())).toMatchObject({ version: 3, backups: [], tokens: [{ storedByTool: true }, {}] });
    expect(parseVault(bytes(DOCUMENT), WHERE).tokens.all()).toMatchObject([{ storedByTool: undefined }]);
    expect(parseVault(bytes({ ...DOCUMENT, version: 2, backups: [BACKUP] }), WHERE).tokens.all()).toMatchObject([{ storedByTool: undefined }]);
    expect(JSON.parse(serialized({ generation: 7, tokens: new TokenMap(tokens.slice(1)) }).toString())).toMatchObject({ version: 1 });
  });

  it("is of version 4 once something of the configuration was accepted, and in what older ones wrote nothing was", () => {
    const accepted = '[sealed]\ntrusted = [ "/usr/bin/\\u00e4" ]\n';
    const full = { ...FULL, onlyFor: undefined, command: undefined };
    const written = serialized({ generation: 7, tokens: new TokenMap([full]), accepted });
    expect(JSON.parse(written.toString())).toMatchObject({ version: 4, generation: 7, backups: [], accepted });
    expect(parseVault(written, WHERE)).toMatchObject({ accepted });
    expect(revealed(parseVault(written, WHERE).tokens.all())).toEqual(revealed([full]));
    const before = [DOCUMENT, { ...DOCUMENT, version: 2, backups: [BACKUP] }, { ...DOCUMENT, version: 3, backups: [] }];
    expect(before.map((document) => parseVault(bytes(document), WHERE).accepted)).toEqual(["", "", ""]);
  });

  it("is of version 5 while a command fetches one of its tokens", () => {
    const tokens = [{ ...FULL, onlyFor: undefined }, makeToken({ id: "b" })];
    const written = serialized({ generation: 7, tokens: new TokenMap(tokens), accepted: "" });
    expect(JSON.parse(written.toString())).toMatchObject({ version: 5, accepted: "", backups: [], tokens: [{ command: FULL.command }, {}] });
    expect(JSON.parse(serialized({ generation: 7, tokens: new TokenMap(tokens.slice(1)), accepted: "" }).toString())).toMatchObject({ version: 1 });
    expect(failureOf(() => parseVault(bytes({ ...DOCUMENT, version: 5, backups: [], accepted: "", tokens: [{ ...RECORD, command: { argv: [], variables: {} } }] }), WHERE))).toMatchObject({ code: "damaged" });
  });

  it("is of version 6 while one of its tokens is for one aim only, of any version else for both", () => {
    const tokens = [makeToken({ id: "a", onlyFor: "reading" }), makeToken({ id: "b" })];
    const written = serialized({ generation: 7, tokens: new TokenMap(tokens) });
    expect(JSON.parse(written.toString())).toMatchObject({ version: 6, accepted: "", backups: [], tokens: [{ onlyFor: "reading" }, {}] });
    expect(revealed(parseVault(written, WHERE).tokens.all())).toEqual(revealed(tokens));
    expect(JSON.parse(serialized({ generation: 7, tokens: new TokenMap(tokens.slice(1)) }).toString())).toMatchObject({ version: 1 });
    const before = [DOCUMENT, { ...DOCUMENT, version: 2, backups: [] }, { ...DOCUMENT, version: 5, backups: [], accepted: "" }];
    expect(before.map((document) => parseVault(bytes(document), WHERE).tokens.all()[0]?.onlyFor)).toEqual([undefined, undefined, undefined]);
    const v5 = { ...DOCUMENT, version: 5, backups: [], accepted: "", tokens: [{ ...RECORD, onlyFor: "reading" }] };
    for (const document of [v5, { ...v5, version: 6, tokens: [{ ...RECORD, onlyFor: "fun" }] }])
      expect(failureOf(() => parseVault(bytes(document), WHERE))).toMatchObject({ code: "damaged" });
  });

  it("is read again as it was written, whatever its tokens hold", () => {
    const text = fc.string({ unit: "binary" });
    const tokens = fc.array(
      fc.record({ id: fc.uuid(), holds: text, username: fc.option(text, { nil: undefined }), description: fc.option(text, { nil: undefined }), path: text }),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(tokens, (records) => {
        const written = records.map(({ path, description, ...fields }) =>
          makeToken({ ...fields, facts: { description }, at: `https://h/${encodeURIComponent(path).replaceAll("%2F", "/")}` }),
        );
        const read = parseVault(serialized({ generation: 1, tokens: new TokenMap(written) }), WHERE);
        expect(revealed(read.tokens.all())).toEqual(revealed(written));
      }),
    );
  });
});

describe("what is no vault is refused", () => {
  it.each<[what: string, content: unknown, code: string, at: string]>([
    ["nothing", "", "damaged", "does not hold JSON"],
    ["text", "SECRET-VALUE", "damaged", "does not hold JSON"],
    ["JSON that was cut off", JSON.stringify(DOCUMENT).slice(0, -20), "damaged", "does not hold JSON"],
    ["JSON twice", `${JSON.stringify(DOCUMENT)}${JSON.stringify(DOCUMENT)}`, "damaged", "does not hold JSON"],
    ["null", null, "damaged", "at the top"],
    ["a list", [DOCUMENT], "damaged", "at the top"],
    ["a string", '"SECRET-VALUE"', "damaged", "at the top"],
    ["an empty object", {}, "damaged", "at version"],
    ["an older version", { ...DOCUMENT, version: 0 }, "damaged", "at version"],
    ["a version as text", { ...DOCUMENT, version: "1" }, "damaged", "at version"],
    ["a newer version", { ...DOCUMENT, version: 7 }, "unavailable", "was written by a newer toolkey"],
    ["a newer version of another shape", { version: 7, secrets: ["SECRET-VALUE"] }, "unavailable", "was written by a newer toolkey"],
    ["an unknown field", { ...DOCUMENT, extra: "SECRET-VALUE" }, "damaged", "unrecognized_keys at the top"],
    ["__proto__ as a field", JSON.stringify(DOCUMENT).replace("{", '{"__proto__":{"x":"SECRET-VALUE"},'), "damaged", "at the top"],
    ["backups in a version without", { ...DOCUMENT, backups: [BACKUP] }, "damaged", "unrecognized_keys at the top"],
    ["no backups in a version with them", { ...DOCUMENT, version: 2 }, "damaged", "at backups"],
    ["a backup that is none", { ...DOCUMENT, version: 2, backups: ["SECRET-VALUE"] }, "damaged", "at backups.0"],
    ["an unknown field of a backup", { ...DOCUMENT, version: 2, backups: [{ ...BACKUP, mode: 384 }] }, "damaged", "at backups.0"],
    ["a backup of no file", { ...DOCUMENT, version: 2, backups: [{ ...BACKUP, path: "" }] }, "damaged", "at backups.0.path"],
    ["a backup without its text", { ...DOCUMENT, version: 2, backups: [{ ...BACKUP, text: undefined }] }, "damaged", "at backups.0.text"],
    ["a sum that is none", { ...DOCUMENT, version: 2, backups: [{ ...BACKUP, after: "SECRET-VALUE" }] }, "damaged", "at backups.0.after"],
    ["who stored it, in a version without", withRecord({ storedByTool: true }), "damaged", "at tokens.0"],
    ["that nobody stored it", { ...DOCUMENT, version: 3, backups: [], tokens: [{ ...RECORD, storedByTool: false }] }, "damaged", "at tokens.0.storedByTool"],
    ["what was accepted, in a version without", { ...DOCUMENT, version: 3, backups: [], accepted: "" }, "damaged", "at the top"],
    ["nothing of what was accepted", { ...DOCUMENT, version: 4, backups: [] }, "damaged", "at accepted"],
    ["no generation", { ...DOCUMENT, generation: undefined }, "damaged", "at generation"],
    ["a negative generation", { ...DOCUMENT, generation: -1 }, "damaged", "at generation"],
    ["half a generation", { ...DOCUMENT, generation: 1.5 }, "damaged", "at generation"],
    ["a generation beyond counting", { ...DOCUMENT, generation: 2 ** 60 }, "damaged", "at generation"],
    ["no tokens", { ...DOCUMENT, tokens: undefined }, "damaged", "at tokens"],
    ["tokens by their id", { ...DOCUMENT, tokens: { "git-7f3k": RECORD } }, "damaged", "at tokens"],
    ["a token that is none", { ...DOCUMENT, tokens: ["SECRET-VALUE"] }, "damaged", "at tokens.0"],
    ["an unknown field of a token", withRecord({ extra: "SECRET-VALUE" }), "damaged", "at tokens.0"],
    ["a token without an id", without("id"), "damaged", "at tokens.0.id"],
    ["a token with an empty id", withRecord({ id: "" }), "damaged", "at tokens.0.id"],
    ["a token without a tool", without("tool"), "damaged", "at tokens.0.tool"],
    ["a token of any tool", withRecord({ tool: "" }), "damaged", "at tokens.0.tool"],
    ["a token without a target", without("target"), "damaged", "at tokens.0.target"],
    ["a target that is none", withRecord({ target: "https://SECRET-VALUE:SECRET-VALUE" }), "damaged", "at tokens.0.target"],
    ["a target with a secret", withRecord({ target: "https://alice:SECRET-VALUE@h" }), "damaged", "at tokens.0.target"],
    ["a token without a secret", without("secret"), "damaged", "at tokens.0.secret"],
    ["a secret that is no text", withRecord({ secret: ["SECRET-VALUE"] }), "damaged", "at tokens.0.secret"],
    ["a refresh token that is no text", withRecord({ refreshToken: { v: "SECRET-VALUE" } }), "damaged", "at tokens.0.refreshToken"],
    ["null for what is absent", withRecord({ username: null }), "damaged", "at tokens.0.username"],
    ["an unknown kind", withRecord({ kind: "SECRET-VALUE" }), "damaged", "at tokens.0.kind"],
    ["an unknown state", withRecord({ state: "SECRET-VALUE" }), "damaged", "at tokens.0.state"],
    ["a time in another form", withRecord({ createdAt: "2026-11-22T04:20:18.000Z" }), "damaged", "at tokens.0.createdAt"],
    ["a time that is a number", withRecord({ expiresAt: 1 }), "damaged", "at tokens.0.expiresAt"],
    ["a preference that is text", withRecord({ preferred: "yes" }), "damaged", "at tokens.0.preferred"],
    ["two tokens with one id, of which one would be lost", { ...DOCUMENT, tokens: [RECORD, { ...RECORD, secret: "OTHER" }] }, "damaged", "at tokens.1.id"],
  ])("%s", (_what, content, code, at) => {
    const failure = failureOf(() => parseVault(bytes(content), WHERE));
    expect(failure.code).toBe(code);
    expect(failure.message).toContain(WHERE);
    expect(failure.message).toContain(at);
    expect(inspect(failure, { depth: null, showHidden: true })).not.toContain("SECRET-VALUE");
  });

  it("bytes that are no UTF-8", () => {
    const file = Buffer.concat([bytes('{"SECRET-VALUE":"'), Buffer.from("ff", "hex"), bytes('"}')]);
    const failure = failureOf(() => parseVault(file, WHERE));
    expect(failure.code).toBe("damaged");
    expect(inspect(failure, { depth: null })).not.toContain("SECRET-VALUE");
  });

  it("with a hint where a newer toolkey wrote it, for nothing is lost", () => {
    expect(failureOf(() => parseVault(bytes({ version: 7 }), WHERE))).toMatchObject({
      code: "unavailable",
      message: `${WHERE} was written by a newer toolkey (format 7, this one reads 6)`,
      hints: ["install the newer toolkey; nothing was changed"],
    });
  });
});

describe("the token map", () => {
  const tokens = new TokenMap([
    makeToken({ id: "a", at: "https://h/a" }),
    makeToken({ id: "b", at: "https://h" }),
    makeToken({ id: "c", tool: "npm", at: "https://h" }),
    makeToken({ id: "d", at: "https://h:8443" }),
  ]);
  const ids = (map: Iterable<Token>): string[] => [...map].map(({ id }) => id);

  it("finds the tokens of one tool on one origin, in any path and state", () => {
    expect(ids(tokens.of("git", parseTarget("https://h/other")))).toEqual(["a", "b"]);
    expect(ids(tokens.of("npm", parseTarget("https://h")))).toEqual(["c"]);
    expect(ids(tokens.of("git", parseTarget("http://h")))).toEqual([]);
    expect(ids(tokens.of("__proto__", parseTarget("https://h")))).toEqual([]);
  });

  it("is not changed: a change is another map", () => {
    const changed = tokens.with(makeToken({ id: "b", at: "https://g" }), makeToken({ id: "e" }));
    expect(ids(changed.all())).toEqual(["a", "b", "c", "d", "e"]);
    expect(ids(changed.of("git", parseTarget("https://h")))).toEqual(["a"]);
    expect(ids(changed.of("git", parseTarget("https://g")))).toEqual(["b"]);
    expect(ids(tokens.all())).toEqual(["a", "b", "c", "d"]);
    expect(ids(tokens.of("git", parseTarget("https://h")))).toEqual(["a", "b"]);
    expect([tokens.get("e"), changed.get("e")?.id]).toEqual([undefined, "e"]);
  });

  it("filters, and is the same where nothing is filtered out", () => {
    expect(ids(tokens.filter(({ tool }) => tool === "npm").all())).toEqual(["c"]);
    expect(tokens.filter(() => true)).toBe(tokens);
  });
});
