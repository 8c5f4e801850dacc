/** How Cargo asks, names registries and is configured: its texts in, data out. */
import { describe, expect, it } from "vitest";
import { Failure } from "../../../src/core/failure.ts";
import { Secret } from "../../../src/core/secret.ts";
import { formatTarget } from "../../../src/core/target.ts";
import { cargoCredentials } from "../../../src/protocols/cargo/credential-protocol.ts";
import { leadCrates } from "../../../src/protocols/cargo/index-config.ts";
import { targetOfIndex } from "../../../src/protocols/cargo/index-url.ts";
import { CRATES } from "../../../src/protocols/cargo/requests.ts";
import { cargoWords, RUNS_PROJECT } from "../../../src/protocols/cargo/words.ts";
import { newTarget } from "../../../src/protocols/new-target.ts";
import { makeToken } from "../../fixtures/tokens.ts";

describe("the place of a registry", () => {
  it.each<[index: string, target: string | undefined]>([
    ["sparse+https://r.example/index/", "https://r.example/index"],
    ["sparse+http://127.0.0.1:8000/", "http://127.0.0.1:8000"],
    ["https://git.example/index.git", "https://git.example/index.git"],
    ["sparse+https://index.crates.io/", "https://crates.io"],
    ["https://github.com/rust-lang/crates.io-index", "https://crates.io"],
    ["https://github.com/rust-lang/crates.io-index-of-mine", "https://github.com/rust-lang/crates.io-index-of-mine"],
    ["sparse+https://index.crates.io.evil.example/", "https://index.crates.io.evil.example"],
    ["ssh://git@git.example/index", undefined],
    ["file:///srv/index", undefined],
    ["sparse+https://u:p@r.example/", undefined],
    ["sparse+https://r.example/a/../b/", undefined],
    ["", undefined],
  ])("%s: %s", (index, target) => {
    const found = targetOfIndex(index);
    expect(found && formatTarget(found)).toBe(target);
  });

  it("is what a person may give for it, too", () => {
    for (const text of ["sparse+https://index.crates.io/", "https://crates.io", "crates.io", "static.crates.io"]) expect(formatTarget(newTarget(text, "cargo"))).toBe("https://crates.io");
    expect(formatTarget(newTarget("sparse+https://r.example/index/", "cargo"))).toBe("https://r.example/index");
    expect(() => newTarget("sparse+https://r.example/index/", "npm")).toThrow(Failure);
  });
});

describe("the protocol of Cargo's credential providers", () => {
  const INDEX = "sparse+https://r.example/index/";
  const read = (message: object | string) =>
    cargoCredentials.read("message", `argument=--cargo-plugin\n\n${typeof message === "string" ? message : JSON.stringify({ v: 1, registry: { "index-url": INDEX, name: "acme" }, ...message })}\n`);

  it.each([["read", "reading"], ["publish", "publishing"], ["yank", "publishing"], ["owners", "publishing"], ["of-the-future", "publishing"]])("says what it wants a token for: %s is %s", (operation, aim) => {
    const asked = read({ kind: "get", operation });
    expect(asked).toMatchObject({ operation: "get", aim });
    if (asked?.operation === "get") expect(formatTarget(asked.place().target)).toBe("https://r.example/index");
  });

  it.each([
    ["Bare", {}, { token: 'a"b', cache: "session" }],
    ["Bearer", {}, { token: 'Bearer a"b', cache: "session" }],
    ["Basic", { username: "u" }, { token: `Basic ${Buffer.from('u:a"b').toString("base64")}`, cache: "session" }],
    ["Bare", { facts: { expiresAt: "2027-01-01T00:00:00Z" } }, { token: 'a"b', cache: "expires", expiration: 1798761600 }],
  ] as const)("answers in a line, for this operation alone: %s", (presents, fields, expected) => {
    const asked = read({ kind: "get", operation: "read" });
    const line = asked?.operation === "get" ? asked.render(makeToken({ id: "c", holds: 'a"b', ...fields }), presents) : "";
    expect(line).toMatch(/^[^\n]+\n$/);
    expect(JSON.parse(line)).toEqual({ Ok: { kind: "get", ...expected, operation_independent: false } });
  });

  it("keeps what a login gives, and asks for what it doesn't", () => {
    const given = read({ kind: "login", token: "T", "login-url": "https://r.example/me" });
    expect(given?.operation === "store" ? given.kept?.secret.reveal() : "").toBe("T");
    expect(given).toMatchObject({ done: '{"Ok":{"kind":"login"}}\n', isOurs: false });
    const open = read({ kind: "login", "login-url": "https://r.example/me" });
    expect(open).toMatchObject({ kept: undefined, question: { page: "https://r.example/me", prompt: "token for acme: " } });
    const answered = open?.operation === "store" ? open.question?.answered(new Secret("TYPED")) : "";
    const again = cargoCredentials.read("message", answered ?? "");
    expect(again?.operation === "store" ? again.kept?.secret.reveal() : "").toBe("TYPED");
  });

  it("forgets at a logout what names no token", () => {
    expect(read({ kind: "logout" })).toMatchObject({ operation: "erase", secret: undefined, id: undefined, done: '{"Ok":{"kind":"logout"}}\n' });
  });

  it.each([
    ["a kind of the future", { kind: "frob" }, "operation-not-supported"],
    ["no kind", {}, "operation-not-supported"],
    ["a registry by ssh", { kind: "get", registry: { "index-url": "ssh://git.example/x" } }, "url-not-supported"],
    ["no registry", { kind: "get", registry: null }, "url-not-supported"],
  ])("lets Cargo go on to others for %s", (_what, message, kind) => {
    expect(read(message)).toEqual({ operation: "settled", text: `${JSON.stringify({ Err: { kind } })}\n` });
  });

  it("says a miss and a failure in Cargo's words; a login that is not kept is no miss", () => {
    const said = cargoCredentials.replies("message");
    expect(said.miss).toEqual({ text: '{"Err":{"kind":"not-found"}}\n', exitCode: 0 });
    expect(JSON.parse(said.failure(new Failure("locked", 'the vault "is" locked')).text)).toEqual({ Err: { kind: "other", message: 'toolkey: the vault "is" locked', "caused-by": [] } });
    expect(JSON.parse(cargoCredentials.replies("message", '\n{"kind":"login"}\n').miss.text)).toMatchObject({ Err: { kind: "other" } });
  });

  it.each(["{", "SECRET", '{"token":"SECRET"'])("quotes nothing of what is no JSON: %s", (text) => {
    expect(() => read(text)).toThrow(new Failure("bad-request", "what Cargo wrote is not JSON"));
  });

  it("knows no other operation", () => {
    expect(cargoCredentials.read("get", "\n{}")).toBeUndefined();
  });
});

describe("what Cargo asks a registry for", () => {
  it.each([
    "GET config.json", "GET 1/a", "GET 2/ab", "GET 3/a/abc", "GET ab/cd/abcdef", "GET index/Ab/cd/abcd_e", "HEAD se/rd/serde",
    "GET api/v1/crates/token/1.0.0/download", "GET api/v1/crates/jwt/1.0.0-rc.1+x/download", "GET dl/serde/serde-1.0.0.crate",
  ])("%s reads", (request) => {
    const [method = "", path = ""] = request.split(" ");
    expect(CRATES.effectOf(method, path.split("/"))).toBe("reads");
  });

  it.each([
    "GET api/v1/me/tokens", "GET api/v1/crates", "GET api/v1/crates/serde/owners", "PUT api/v1/crates/new", "DELETE api/v1/crates/serde/1.0.0/yank",
    "POST config.json", "GET ab/cd/xyz", "GET 3/x/abc", "GET serde/latest/download", "GET access/api/v1/tokens", "GET ", "GET api/security/token",
  ])("%s is none of it", (request) => {
    const [method = "", path = ""] = request.split(" ");
    expect(CRATES.effectOf(method, path.split("/"))).toBeUndefined();
  });

  const GATEWAY = "http://127.0.0.1:7";
  const follow = (url: URL): string | undefined =>
    url.origin === GATEWAY ? undefined : url.host === "r.example" ? `${GATEWAY}/https/r.example${url.pathname}${url.search}` : url.href;
  const leadOf = (dl: string): unknown => JSON.parse(leadCrates(JSON.stringify({ dl }), follow));

  it("finds crates through the gateway where they are at the host of the index", () => {
    expect(CRATES.rewrite?.(["index", "config.json"])).toBe(leadCrates);
    expect(CRATES.rewrite?.(["api", "v1", "crates", "serde", "1.0.0", "download"])).toBeUndefined();
    expect(JSON.parse(leadCrates('{"dl":"https://r.example/dl/{crate}/{version}$&/download","api":"https://r.example"}', follow))).toEqual({
      dl: `${GATEWAY}/https/r.example/dl/{crate}/{version}$&/download`, api: "https://r.example", "auth-required": true,
    });
    expect(leadOf("https://r.example")).toEqual({ dl: `${GATEWAY}/https/r.example`, "auth-required": true });
    expect(leadOf("HTTPS://R.example:443/{lowerprefix}/a%40b")).toEqual({ dl: `${GATEWAY}/https/r.example/{lowerprefix}/a%40b`, "auth-required": true });
    for (const text of ['{"dl":"https://cdn.example/{crate}"}', "{", "[]", '{"dl":7}', '{"dl":"https://u:p@cdn.example/x"}']) expect(leadCrates(text, follow)).toBe(text);
  });

  it.each([
    "/../../https/other.example/x", "/%2e%2E/x", "/.%2e;x/y", "/a/./b", "//x", "/a//{crate}", "/x\\..\\y", "/x?q=1", "/x#y", "/a%2f..", "/a%252f..", "/%5c", "/a b", "/{sha256-checksum}/x.crate", "/\u0001",
    "/{crate}/{version}/../../../x", "?x",
  ])("leads no path that is another one to somebody: %j", (path) => {
    expect(leadOf(`https://r.example${path}`)).toEqual({ dl: `https://r.example${path}` });
  });

  it("knows no version that depends on a crate whose file would be somewhere else", () => {
    const lines = CRATES.rewrite?.(["se", "rd", "serde"]);
    const line = (dep: object): string => JSON.stringify({ name: "serde", vers: "1.0.0", deps: [{ name: "a-b_c", req: "^1" }, dep] });
    const good = [line({ name: "x", package: null }), line({ name: "x", package: "y", req: "\"" }), '{"name":"serde","vers":"0.1.0"}'];
    const bad = ["../../https/other.example/li/b1/lib1", "a/b", "..", "a%2fb", "a?b", "a#b", "a\\b"].flatMap((name) => [line({ name }), line({ name: "x", package: name })]);
    const hidden = line({ name: "../x" }).replaceAll("name", String.raw`n\u0061me`);
    expect(lines?.(`${good.join("\n")}\n`, follow)).toBe(`${good.join("\n")}\n`);
    for (const each of [...bad, hidden]) expect(lines?.(`${good[0]}\n${each}\n${good[2]}\n`, follow)).toBe(`${good[0]}\n${good[2]}\n`);
  });

  it.each([`${GATEWAY}/https/other.example/{crate}`, "http://u@127.1:7/x", "https://r.example\\@127.0.0.1:7/", "127.0.0.1:7/https/x", "/x", "http:/\\127.0.0.1:7/x"])("leads nowhere by what is the gateway, or may be: %s", (dl) => {
    expect(leadOf(dl)).toEqual({});
  });
});

describe("a command line of Cargo's", () => {
  it.each<[line: string, kind: string, command: string]>([
    ["", "local", ""],
    ["--version", "local", ""],
    ["build --help", "local", "build"],
    ["new x", "local", "new"],
    ["fetch", "fetches", "fetch"],
    ["+nightly --config a=1 -Z x -C d b", "fetches", "build"],
    ["run -- publish", "fetches", "run"],
    ["nextest run", "fetches", "nextest"],
    ["login", "account", "login"],
    ["publish --registry acme", "by-name", "publish"],
    ["search x", "by-name", "search"],
  ])("%s: %s", (line, kind, command) => {
    expect(cargoWords(line.split(" ").filter((word) => word !== ""))).toMatchObject({ kind, command });
  });

  it("says whether it publishes, and builds what it publishes", () => {
    expect([["publish"], ["publish", "--no-verify"], ["yank", "x"], ["search", "x"]].map((line) => cargoWords(line)).map(({ changes, verifies }) => [changes, verifies])).toEqual([[true, true], [true, false], [true, false], [false, false]]);
    expect(cargoWords(["publish", "--registry=acme", "--index", "i", "--manifest-path", "d/Cargo.toml"])).toMatchObject({ registry: "acme", index: "i", manifest: "d/Cargo.toml" });
  });

  it("runs programs of the project's, but for those that only fetch", () => {
    const runs = (line: string): boolean => new RegExp(RUNS_PROJECT).test(line);
    expect(["build", "b", "test", "run x", "package", "install x", "clippy", "+nightly build", "add-on", "doc"].filter((line) => !runs(line))).toEqual([]);
    expect(["", "fetch", "add x", "+nightly fetch", "update", "publish", "tree", "vendor", "login"].filter(runs)).toEqual([]);
  });
});
