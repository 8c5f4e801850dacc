/** What commands of Cargo's are given, by its configuration and that of the project. */
import { describe, expect, it } from "vitest";
import { parse } from "smol-toml";
import { Secret } from "../../../src/core/secret.ts";
import { formatTarget, parseTarget } from "../../../src/core/target.ts";
import { cargo } from "../../../src/protocols/cargo/plan.ts";
import { NOTHING, outcomeOf, surveyOf, throughOf, type Situation } from "../client-request.ts";

const OWN = "/home/me/.cargo/config.toml";
const ACME = "sparse+https://acme.example/index/";
const FILES = { [OWN]: `[registries]\nacme = { index = "${ACME}" }\n[registries.other]\nindex = "sparse+https://other.example/"\n` };
const TOKENS = [{ id: "cargo-1", target: "https://acme.example" }];
const fetching = (situation: Situation = {}): Situation => ({ arguments: ["fetch"], files: FILES, tokens: TOKENS, ...situation });
/** The settings of a plan, as Cargo reads them. */
const settingsOf = (plan: Readonly<Record<string, unknown>>): Record<string, unknown> => parse((plan["descriptors"] as Record<string, string>)["settings"] ?? "");
const planOf = async (situation: Situation) => {
  const through = await throughOf(cargo, situation);
  return through !== undefined && "plan" in through ? through : expect.fail(JSON.stringify(through));
};

describe("which registries Cargo asks", () => {
  const needs = async (situation: Situation) => (await outcomeOf(cargo, fetching(situation))).needs;
  it.each<[what: string, situation: Situation, expected: string[]]>([
    ["those of the person", {}, ["https://acme.example/index", "https://other.example"]],
    ["those of variables, which come first", { environment: { CARGO_REGISTRIES_ACME_INDEX: "sparse+https://new.example/" } }, ["https://new.example", "https://other.example"]],
    ["those in CARGO_HOME", { environment: { CARGO_HOME: "/c" }, files: { "/c/config": `[registries.x]\nindex = "${ACME}"\n` } }, ["https://acme.example/index"]],
    ["those that a file includes", { files: { [OWN]: 'include = ["a.toml", { path = "/b.toml", optional = true }]\n', "/home/me/.cargo/a.toml": `include = "config.toml"\n[registries.x]\nindex = "${ACME}"\n` } }, ["https://acme.example/index"]],
    ["those of the command line", { arguments: ["--config", `registries.x.index="${ACME}"`, "fetch"], files: {} }, ["https://acme.example/index"]],
    ["those of a lock file, and of manifests", { directory: "/p/member", files: { "/p/Cargo.lock": `[[package]]\nname = "x"\nsource = "${ACME}"\n[[package]]\nsource = "registry+https://github.com/rust-lang/crates.io-index"\n`, "/p/member/Cargo.toml": 'a = { version = "1", registry-index = \'sparse+https://dep.example/\' }\n' } }, ["https://dep.example", "https://acme.example/index"]],
    ["none by git, and not crates.io", { files: { [OWN]: '[registries.g]\nindex = "https://git.example/index"\n[registries.c]\nindex = "sparse+https://index.crates.io/"\n' } }, []],
  ])("%s", async (_what, situation, expected) => {
    expect(await needs(situation)).toEqual(expected);
  });

  it("and by another name of the project's one where that has no token", async () => {
    const files = { ...FILES, "/p/.cargo/config.toml": '[registries.acme]\nindex = "sparse+https://evil.example/"\n' };
    expect(await needs({ files })).toEqual(["https://evil.example", "https://other.example"]);
    expect((await planOf(fetching({ files }))).permit).toMatchObject({ routes: [] });
  });

  it.each<[what: string, files: Readonly<Record<string, string>>]>([
    ["the last of several", { "/p/.cargo/config.toml": 'include = ["a.toml", "b.toml"]\n' }],
    ["what the last one names, before the first", { "/p/.cargo/config.toml": 'include = ["a.toml", "c.toml"]\n', "/p/.cargo/c.toml": 'include = "b.toml"\n' }],
    ["a file itself before what it names", { "/p/.cargo/config.toml": 'include = ["a.toml"]\n[registries.acme]\nindex = "sparse+https://b.example/"\n' }],
  ])("of files that include others takes, as Cargo, %s", async (_what, files) => {
    const named = Object.fromEntries(["a", "b"].map((name) => [`/p/.cargo/${name}.toml`, `[registries.acme]\nindex = "sparse+https://${name}.example/"\n`]));
    expect(await needs({ files: { ...named, ...files } })).toEqual(["https://b.example"]);
  });

  it("says which of those that the project needs have no token", async () => {
    const survey = await surveyOf(cargo, fetching({ files: { ...FILES, "/p/Cargo.toml": 'x = { version = "1", registry = "acme" }\n' } }));
    expect(survey.asks?.map(({ target }) => formatTarget(target))).toEqual(["https://acme.example/index"]);
    expect(survey.needs.map(({ aim }) => aim)).toEqual(["reading", "reading"]);
  });

  it.each([[OWN, "registries = [\n"], ["/p/.cargo/config.toml", "x\n"], ["--config", ""]])("is not told by what can't be read: %s", async (path, text) => {
    const situation = path === "--config" ? { arguments: ["--config", "x", "fetch"] } : { files: { [path]: text } };
    await expect(surveyOf(cargo, fetching(situation))).rejects.toThrow(new RegExp(`^cannot read ${path}: line \\d, column \\d+: it is not well-formed$`));
  });
});

describe("Cargo through the gateway", () => {
  const GATEWAY = "sparse+http://127.0.0.1:7777/https/acme.example/index/";

  it("has each registry replaced by one there, and its phantom for that alone", async () => {
    const { plan, permit } = await planOf(fetching());
    expect(settingsOf(plan)).toEqual({
      source: { "toolkey-acme-itself": { registry: ACME, "replace-with": "toolkey-acme" }, "toolkey-acme": { registry: GATEWAY } },
      registries: { "toolkey-acme": { index: GATEWAY, token: "Bearer PHANTOM", "credential-provider": ["cargo:token"] } },
    });
    expect(plan).toMatchObject({ arguments: ["--config", { descriptor: "settings" }], environment: { no_proxy: "127.0.0.1" }, given: [{ token: "cargo-1", place: "https://acme.example/index" }] });
    expect(permit).toMatchObject({ addressing: "url", holder: "command", publishes: false, routes: [{ target: "https://acme.example/index", isAuthorized: true, publishes: false }] });
    expect(JSON.stringify(plan)).not.toContain("secret-of");
  });

  it("replaces a source under the name that it has, since it may have but one", async () => {
    const { plan } = await planOf(fetching({ files: { ...FILES, "/p/.cargo/config.toml": `[source.mine]\nregistry = "sparse+https://acme.example/index"\nreplace-with = "evil"\n[source.evil]\nregistry = "sparse+https://evil.example/"\n` } }));
    expect(settingsOf(plan)).toMatchObject({ source: { mine: { registry: ACME, "replace-with": "toolkey-acme" } } });
  });

  it("takes the way that the person has set for Cargo, and no project", async () => {
    const files = { ...FILES, [OWN]: `${FILES[OWN]}[http]\nproxy = "proxy.example:8080"\ncainfo = "own/ca.pem"\n`, "/p/.cargo/config.toml": '[http]\nproxy = "evil.example"\ncainfo = "evil.pem"\n' };
    expect((await planOf(fetching({ files, environment: { NO_PROXY: "near.example" } }))).plan["environment"]).toEqual({ no_proxy: "near.example,127.0.0.1" });
    expect((await planOf(fetching({ files }))).permit).toMatchObject({ caFiles: ["/home/me/own/ca.pem"], proxies: { httpProxy: "http://proxy.example:8080", httpsProxy: "http://proxy.example:8080" } });
    expect((await planOf(fetching({ files, environment: { CARGO_HTTP_CAINFO: "v.pem" } }))).permit).toMatchObject({ caFiles: ["/p/v.pem"] });
  });

  it("says to rustup by a variable which toolchain is meant", async () => {
    const { plan } = await planOf(fetching({ arguments: ["+nightly", "fetch"] }));
    expect(plan).toMatchObject({ arguments: [], instead: { "+nightly": { descriptor: "settings", before: "--config=" } }, environment: { RUSTUP_TOOLCHAIN: "nightly" } });
  });

  it("gives two registries of one host each its own place", async () => {
    const files = { [OWN]: '[registries.a]\nindex = "sparse+https://acme.example/a/"\n[registries.b]\nindex = "sparse+https://acme.example/b/"\n[registries.again]\nindex = "sparse+https://acme.example/a"\n' };
    const { plan, permit } = await planOf(fetching({ files }));
    expect(Object.keys(settingsOf(plan)["source"] as object)).toEqual(["toolkey-a-itself", "toolkey-a-itself-1", "toolkey-a", "toolkey-b-itself", "toolkey-b"]);
    expect(permit).toMatchObject({ routes: [{ target: "https://acme.example/a" }, { target: "https://acme.example/b" }] });
  });

  it("leads nowhere without a token", async () => {
    expect((await planOf(fetching({ tokens: [] }))).plan).toEqual(NOTHING);
  });
});

describe("Cargo itself", () => {
  it("gets tokens in settings of this command alone", async () => {
    const { plan } = await outcomeOf(cargo, fetching());
    expect(settingsOf(plan)).toEqual({ registries: { acme: { index: ACME, token: "Bearer secret-of-cargo-1", "credential-provider": ["cargo:token"] } } });
    const unnamed = await outcomeOf(cargo, fetching({ files: { "/p/Cargo.lock": `source = "${ACME}"\n` } }));
    expect(settingsOf(unnamed.plan)).toEqual({ registries: { "toolkey-acme-example-0": { index: ACME, token: "Bearer secret-of-cargo-1", "credential-provider": ["cargo:token"] } } });
    expect((await outcomeOf(cargo, fetching({ tokens: [] }))).plan).toEqual(NOTHING);
  });

  const publishing = (...more: string[]): Situation => fetching({ arguments: ["publish", "--no-verify", ...more] });

  it.each<[what: string, situation: Situation, expected: string[]]>([
    ["the one that is named", publishing("--registry", "acme"), ["https://acme.example/index"]],
    ["one by its index", publishing(`--index=${ACME}`), ["https://acme.example/index"]],
    ["the only one of its manifest", { ...publishing(), files: { ...FILES, "/p/Cargo.toml": '[package]\npublish = ["other"]\n' } }, ["https://other.example"]],
    ["the person's default", { ...publishing(), files: { [OWN]: `${FILES[OWN]}[registry]\ndefault = "acme"\n` } }, ["https://acme.example/index"]],
    ["else crates.io", publishing(), ["https://crates.io"]],
    ["none for a name that nothing has", publishing("--registry", "typo"), []],
    ["none with a token of its own", publishing("--registry", "acme", "--token", "x"), []],
  ])("publishes to %s, directly", async (_what, situation, expected) => {
    expect((await outcomeOf(cargo, situation)).needs).toEqual(expected);
    if (expected.length > 0) expect(await throughOf(cargo, situation)).toEqual({ direct: "'cargo publish' asks the registry itself" });
  });

  it("for crates.io gets its token as such", async () => {
    const { plan } = await outcomeOf(cargo, { ...publishing(), tokens: [{ id: "c", target: "https://crates.io" }] });
    expect(settingsOf(plan)).toEqual({ registry: { token: "Bearer secret-of-c", "credential-provider": ["cargo:token"] } });
  });

  it("gets none to publish what it builds before, nor where a project has programs of its own run", async () => {
    expect(await throughOf(cargo, fetching({ arguments: ["publish", "--registry", "acme"] }))).toMatchObject({ withheld: "'cargo publish' builds what it publishes, and asks the registry itself" });
    for (const [text, what] of [["[build]\nrustc = './evil'\n", "build.rustc"], ["[registries.acme]\ncredential-provider = 'evil'\n", "registries.acme.credential-provider"], ["[credential-alias]\nx = 'y'\n", "credential-alias"]]) {
      const situation = { ...publishing("--registry", "acme"), files: { ...FILES, "/p/.cargo/config.toml": text ?? "" } };
      expect(await throughOf(cargo, situation)).toEqual({ withheld: `${what} in /p/.cargo/config.toml has Cargo run programs of the project's` });
    }
  });

  it("asks for nothing where it needs nothing", async () => {
    for (const line of [["--version"], ["new", "x"], ["clean"]]) expect((await outcomeOf(cargo, fetching({ arguments: line }))).plan).toEqual(NOTHING);
    expect((await outcomeOf(cargo, fetching({ arguments: ["login"] }))).plan).toMatchObject({ given: [], notes: ["'cargo login' can't reach toolkey in a command of toolkey run"] });
  });
});

describe("a project that says which Cargo runs", () => {
  const PATH = "[toolchain]\npath = '/p/evil'\n";
  const answerTo = (line: string, situation: Situation) =>
    throughOf(cargo, fetching({ arguments: line.split(" "), directory: "/p/member", ...situation, files: { ...FILES, ...situation.files } }));
  const publish = "publish --no-verify --registry acme";

  it.each<[path: string, text: string]>([
    ["/p/rust-toolchain.toml", PATH],
    ["/p/member/rust-toolchain", PATH],
    ["/p/rust-toolchain", "evil\n"],
    ["/p/rust-toolchain", "/p/evil"],
    ["/p/rust-toolchain.toml", "[toolchain]\nchannel = 'evil'\n"],
    ["/p/rust-toolchain.toml", "[toolchain]\nchannel = 'stable'\npath = '/p/evil'\n"],
    ["/p/rust-toolchain.toml", "[toolchain]\nchannel = ['stable']\n\n[\n"],
  ])("gives that no token, and no phantom of a command: %s %j", async (path, text) => {
    const why = `${path} has rustup run a cargo that is none of Rust's own`;
    for (const line of [publish, "yank --registry acme x@1.0.0", "search --registry acme x"])
      expect(await answerTo(line, { files: { [path]: text } })).toEqual({ withheld: why });
    expect(await answerTo("fetch", { files: { [path]: text } })).toMatchObject({ withheld: why, hint: expect.stringContaining("toolkey run -- sh -c 'cargo ...', which is a session") });
    const survey = await surveyOf(cargo, { ...fetching({ files: { ...FILES, [path]: text } }), isInSession: true });
    expect(survey.planThrough?.([], { gateway: "http://127.0.0.1:7", phantom: new Secret("P") })).toHaveProperty("permit");
  });

  it.each<[what: string, line: string, situation: Situation]>([
    ["a version", publish, { files: { "/p/rust-toolchain.toml": '[toolchain]\nchannel = "1.80"\ncomponents = ["clippy"]\n' } }],
    ["a version with its platform", publish, { files: { "/p/rust-toolchain": "1.80.1-x86_64-unknown-linux-gnu\n" } }],
    ["a nightly", publish, { files: { "/p/rust-toolchain": "nightly-2026-01-31" } }],
    ["components alone", publish, { files: { "/p/rust-toolchain.toml": '[toolchain]\ncomponents = ["clippy"]\n' } }],
    ["one that a nearer file takes the place of", publish, { files: { "/p/member/rust-toolchain": "beta", "/p/rust-toolchain.toml": PATH } }],
    ["the person's own, at home", publish, { directory: "/home/me/x", files: { "/home/me/rust-toolchain": "mine" } }],
    ["what the person has said by a word", `+mine ${publish}`, { files: { "/p/rust-toolchain.toml": PATH } }],
    ["what the person has said by a variable", publish, { environment: { RUSTUP_TOOLCHAIN: "mine" }, files: { "/p/rust-toolchain.toml": PATH } }],
  ])("is of no matter with %s", async (_what, line, situation) => {
    expect(await answerTo(line, situation)).toEqual({ direct: "'cargo publish' asks the registry itself" });
  });
});

describe("a project that says whom to trust", () => {
  const said = async (text: string, url = "https://acme.example/index", path = "/p/.cargo/config.toml") => {
    const survey = await surveyOf(cargo, { directory: "/p/sub", files: { ...FILES, [path]: text } });
    return survey.distrust?.(parseTarget(url))?.note;
  };

  it.each(["cainfo = 'x'", "proxy-cainfo = 'x'", "ssl-version = 'tlsv1.0'"])("gets no token by the provider: %s", async (line) => {
    expect(await said(`[http]\n${line}\n`)).toBe(`cargo gets no token for https://acme.example/index: http.${line.split(" ")[0]} in /p/.cargo/config.toml would decide who can read it`);
  });

  it("also by a file that it includes; and by a proxy where there is no TLS", async () => {
    const survey = await surveyOf(cargo, { files: { "/p/.cargo/config": 'include = "../x.toml"\n', "/p/x.toml": "http.cainfo = 'x'\n" } });
    expect(survey.distrust?.(parseTarget("https://acme.example"))?.note).toContain("http.cainfo in /p/x.toml");
    expect(await said("[http]\nproxy = 'x'\n")).toBeUndefined();
    expect(await said("[http]\nproxy = 'x'\n", "http://acme.example/index")).toContain("http.proxy in /p/.cargo/config.toml");
  });

  it("is none of the person's own files", async () => {
    expect(await said("[http]\ncainfo = 'x'\n", undefined, OWN)).toBeUndefined();
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`/p/.cargo/${at}.toml`, `include = "${at + 1}.toml"\n`]));
    await expect(surveyOf(cargo, { files: { ...many, "/p/.cargo/config.toml": 'include = "0.toml"\n', "/p/.cargo/40.toml": "http.cainfo = 'x'\n" } })).rejects.toThrow("includes more than 30 files");
  });
});
