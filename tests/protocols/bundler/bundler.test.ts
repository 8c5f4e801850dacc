import { describe, expect, it } from "vitest";
import { findInBundleConfig, findInGemCredentials } from "../../../src/protocols/bundler/config-secrets.ts";
import { bundler } from "../../../src/protocols/bundler/plan.ts";
import { GEMS } from "../../../src/protocols/bundler/requests.ts";
import { mirrorOf, settingName, settingOf, settingsIn } from "../../../src/protocols/bundler/settings.ts";
import { sourcesOf } from "../../../src/protocols/bundler/sources.ts";
import { isSession, toolOfCommand } from "../../../src/protocols/command.ts";
import { NOTHING, outcomeOf, throughOf } from "../client-request.ts";

describe("settings", () => {
  it("have names as Bundler writes them", () => {
    expect(settingName("mirror.https://gems.acme-corp.example/a_b/")).toBe("BUNDLE_MIRROR__HTTPS://GEMS__ACME___CORP__EXAMPLE/A_B/");
    expect(settingOf("BUNDLE_GEMS__ACME___CORP__EXAMPLE")).toBe("gems.acme-corp.example");
    expect(settingOf("GEM_HOME")).toBeUndefined();
  });

  it("are read by lines, as Bundler reads them", () => {
    const text = `---\r\nBUNDLE_A: 'x'\r\n BUNDLE_B: "y: z"\n  BUNDLE_C: no\n"BUNDLE_D": no\nBUNDLE_E: |\nBUNDLE_F: no\nBUNDLE_F:\n- no\nBUNDLE_A: a"b\nBUNDLE_HTTPS://H.EXAMPLE: u:p\nBUNDLE_G:no\n\tBUNDLE_H: no`;
    expect([...settingsIn(text)]).toEqual([["a", 'a"b'], ['b: "y', 'z"'], ["e", "|"], ["https://h.example/", "u:p"]]);
  });

  it.each([
    ["a URL", "MIRROR__HTTPS://GEMS__EXAMPLE/", "https://mirror.example/"],
    ["a host", "MIRROR__GEMS__EXAMPLE", "https://mirror.example/"],
    ["all", "MIRROR__ALL", "https://mirror.example/"],
    ["another", "MIRROR__HTTPS://OTHER__EXAMPLE/", undefined],
  ])("name a mirror by %s", (_what, name, mirror) => {
    expect(mirrorOf(settingsIn(`---\nBUNDLE_${name}: "https://mirror.example"\n`), "https://gems.example/")).toBe(mirror);
  });
});

it("sources are those of Gemfile, lock file and command line, and not those of git", () => {
  const gemfile = `source 'https://a.example/x'\n# source "https://comment.example"\nsource("https://b.example") do\n  gem "x", git: "https://git.example/x"\nend\ngem "y", :source => "https://c.example"\ngem "z", source: "https://u:p@d.example"\nsource "https://#{ENV["T"]}@e.example"\n`;
  const lock = "GIT\n  remote: https://git.example/x\n  specs:\n\nGEM\r\n  remote: https://f.example/\r\n  specs:\n    remote (1.0)\n";
  expect(sourcesOf(gemfile, lock, ["add", "x", "--source", "https://g.example", "-s=https://u:p@h.example"])).toEqual([
    "https://a.example/x", "https://b.example", "https://c.example", "https://f.example/", "https://g.example",
  ]);
  expect(sourcesOf(`source "https://a.example/\0"\nsource "https://b.example/${"x".repeat(1000)}"\nsource "https://c.example/é"`, "", [])).toEqual([]);
  expect(sourcesOf(Array.from({ length: 1000 }, (_, index) => `source "https://h${index}.example"`).join("\n"), "", [])).toHaveLength(100);
});

describe("a command", () => {
  const files = { "/p/Gemfile": 'source "https://gems.example/a"\nsource "https://rubygems.org"\n' };
  const tokens = [{ id: "b-1", target: "https://gems.example/a", username: "bob", secret: "s/+" }];

  it("is led by a mirror and a login of the gateway's URL", async () => {
    expect(await throughOf(bundler, { files, tokens, directory: "/p/lib" })).toMatchObject({
      plan: {
        environment: {
          "BUNDLE_MIRROR__HTTPS://GEMS__EXAMPLE/A/": "http://127.0.0.1:7777/https/gems.example/a/",
          "BUNDLE_HTTP://127__0__0__1:7777/HTTPS/GEMS__EXAMPLE/A/": { secret: "toolkey:PHANTOM" },
        },
        given: [{ token: "b-1", place: "https://gems.example/a" }],
      },
      permit: { addressing: "url", holder: "command", publishes: false, routes: [{ target: "https://gems.example/a", isAuthorized: true, publishes: false }] },
    });
  });

  it("has its token directly for the URL alone, and none without a user name or where the project says whom to trust", async () => {
    expect((await outcomeOf(bundler, { files, tokens })).plan).toMatchObject({ environment: { "BUNDLE_HTTPS://GEMS__EXAMPLE/A/": { secret: "bob:s%2F%2B" } } });
    const nameless = [{ id: "b-1", target: "https://gems.example/a" }];
    expect((await outcomeOf(bundler, { files, tokens: nameless })).plan).toMatchObject({ environment: {}, notes: ["b-1 is left out with --direct: there Bundler logs in by a user name, and it has none"] });
    const trusting = { ...files, "/p/.bundle/config": '---\nBUNDLE_SSL_CA_CERT: "x.pem"\n' };
    expect((await outcomeOf(bundler, { files: trusting, tokens })).plan).toMatchObject({ environment: {}, given: [] });
  });

  it.each([
    ["what is no YAML", '---\nBUNDLE_SSL_VERIFY_MODE: "0"\n\t{ : [ }\n'],
    ["what YAML has for a text", '---\nBUNDLE_X: |\n BUNDLE_SSL_VERIFY_MODE: "0"\n'],
    ["a comment for one of them", '---\nBUNDLE_SSL_VERIFY_MODE: 0 # x: "\n'],
    ["an older end of line", '---\rBUNDLE_SSL_VERIFY_MODE: "0"\r'],
  ])("has none directly where settings say whom to trust, in %s", async (_what, text) => {
    const { plan } = await outcomeOf(bundler, { files: { ...files, "/p/.bundle/config": text }, tokens });
    expect(plan).toMatchObject({ environment: {}, notes: ["bundler gets no token here, since the project decides whom to trust, or whose settings hold: ssl_verify_mode in /p/.bundle/config"] });
  });

  it("has the sources of a Gemfile that settings name, and no token directly where the project's do", async () => {
    const moved = { "/p/Gemfile": "", "/p/sub/Gemfile": files["/p/Gemfile"], "/p/sub/.bundle/config": '---\nBUNDLE_MIRROR__GEMS__EXAMPLE: "https://m.example"\n' };
    const ofProject = { files: { ...moved, "/p/.bundle/config": '---\nBUNDLE_GEMFILE: "sub/Gemfile"\n' }, tokens };
    expect(await outcomeOf(bundler, ofProject)).toMatchObject({ needs: ["https://gems.example/a", "https://rubygems.org"], plan: { environment: {}, notes: [expect.stringContaining("gemfile in /p/.bundle/config")] } });
    expect(await throughOf(bundler, ofProject)).toMatchObject({ plan: { notes: ["b-1 is left out: /p/sub/.bundle/config has a mirror for https://gems.example/a/"] } });
    const ofPerson = { files: { ...moved, "/home/me/.bundle/config": '---\nBUNDLE_GEMFILE: "sub/Gemfile"\n' }, tokens };
    expect((await outcomeOf(bundler, ofPerson)).plan).toMatchObject({ given: [{ token: "b-1" }] });
    const distrusted = { ...ofPerson.files, "/p/sub/.bundle/config": 'BUNDLE_SSL_VERIFY_MODE: "0"' };
    expect((await outcomeOf(bundler, { files: distrusted, tokens })).plan).toMatchObject({ environment: {}, given: [] });
    expect((await outcomeOf(bundler, { files: { "/p/x/.bundle/config": 'BUNDLE_SSL_VERIFY_MODE: "0"', "/p/x/Gemfile.lock": "GEM\n  remote: https://gems.example/a/\n" }, environment: { BUNDLE_GEMFILE: "x/Gemfile" }, tokens })).plan).toMatchObject({ environment: {}, given: [] });
  });

  it.each([
    ["capitals", "Gemfile", 'source "https://gems.example/A"', "Bundler would send it to https://gems.example/A as well"],
    ["dots, in a lock file", "Gemfile.lock", "GEM\n  remote: https://gems__example/a/\n", "Bundler would send it to https://gems__example/a/ as well"],
    ["a mirror", ".bundle/config", 'BUNDLE_MIRROR__ALL: "https://gems.example/A"', "Bundler would send it to https://gems.example/A as well"],
    ["git", "Gemfile", 'gem "x", git: "https://gems.example/a"', "the project has https://gems.example/a for something else than a source"],
    ["git by a name", "Gemfile", 'git_source(:x) { |name| "https://gems.example/#{name}" }', "the project has https://gems.example/ for something else than a source"],
    ["git in a lock file", "Gemfile.lock", "GIT\n  remote: https://gems.example/x\n", "the project has https://gems.example/x for something else than a source"],
  ])("has no token directly that would go elsewhere by %s", async (_what, name, line, why) => {
    const path = `/p/${name}`;
    const all: Record<string, string> = { ...files, [path]: `${path === "/p/Gemfile" ? files[path] : ""}${line}\n` };
    expect((await outcomeOf(bundler, { files: all, tokens })).plan).toMatchObject({ environment: {}, given: [], notes: [`b-1 is left out with --direct: ${why}`] });
  });

  it("has its token directly beside other sources, and others' repositories", async () => {
    const gemfile = `${files["/p/Gemfile"]}source "https://gems.example/ab"\ngem "x", git: "https://git.example/x"\n# https://gems.example/\n`;
    expect((await outcomeOf(bundler, { files: { "/p/Gemfile": gemfile }, tokens })).plan).toMatchObject({ given: [{ token: "b-1" }] });
  });

  it.each([
    ["BUNDLE_GEMFILE", { environment: { BUNDLE_GEMFILE: "other/My.gemfile" } }, "/p/other/My.gemfile"],
    ["--gemfile", { arguments: ["install", "--gemfile", "g"] }, "/p/g"],
    ["gems.rb", {}, "/p/gems.rb"],
    ["a lock", { files: { "/p/gems.rb": "", "/p/gems.locked": "GEM\n  remote: https://x.example/\n" } }, undefined],
  ])("reads what %s says", async (_what, situation, path) => {
    const read = path === undefined ? {} : { files: { [path]: 'source "https://x.example"' } };
    expect((await outcomeOf(bundler, { ...read, ...situation })).needs).toEqual(["https://x.example"]);
  });

  it("that asks no server gets nothing, and one that runs the project's programs is a session", async () => {
    for (const command of ["exec", "console", "config", "list"]) expect((await outcomeOf(bundler, { arguments: [command, "x"], files, tokens })).plan).toEqual(NOTHING);
    expect([["bundle", "exec", "rake"], ["bundle", "e", "rake"], ["/usr/bin/bundler", "console"]].map((words) => isSession(toolOfCommand(words)))).toEqual([true, true, true]);
    expect([["bundle"], ["bundle", "install"], ["bundle", "add", "exec"]].map((words) => isSession(toolOfCommand(words)))).toEqual([false, false, false]);
  });

  it("passes over settings that are broken", async () => {
    expect((await outcomeOf(bundler, { files: { ...files, "/p/.bundle/config": '---\n"' }, tokens })).needs).toEqual(["https://gems.example/a", "https://rubygems.org"]);
  });
});

it("asks to read gems and the index of them, and nothing else", () => {
  const asks = (method: string, path: string) => GEMS.effectOf(method, path.split("/"));
  for (const path of ["versions", "info/rake", "gems/rake-1.0.gem", "specs.4.8.gz", "prerelease_specs.4.8.gz", "quick/Marshal.4.8/rake-1.0.gemspec.rz", "api/v1/dependencies", ""]) expect(asks("GET", path)).toBe("reads");
  for (const path of ["api/v1/api_key", "api/v1/gems", "api/security/token", "info/a/b"]) expect(asks("GET", path)).toBeUndefined();
  expect(asks("POST", "api/v1/gems")).toBeUndefined();
});

describe("logins in plain text", () => {
  const seen = (text: string) => findInBundleConfig(text).map(({ url, username, secret, stays, line }) => [line, url, username, secret.reveal(), stays === undefined]);
  it("are those of hosts, and of no other settings", () => {
    const settings = '---\nBUNDLE_WITHOUT: "a:b"\nBUNDLE_BUILD__NOKOGIRI: "--with:x"\nBUNDLE_MIRROR__HTTPS://RUBYGEMS__ORG/: "https://m.example"\nBUNDLE_GEM__PUSH_KEY: "x"\nBUNDLE_PATH__SYSTEM: "true"\nBUNDLE_LOCAL__RACK: "/a:b"\n';
    expect(seen(`${settings}BUNDLE_A__EXAMPLE: "u:p"\r\nBUNDLE_HTTPS://B__EXAMPLE:8443/C/: "u%40x:p%3A:q"\nBUNDLE_D__EXAMPLE: "\${X}:y"\n`)).toEqual([
      [8, "https://a.example", "u", "p", true],
      [9, "https://b.example:8443/c/", "u@x", "p::q", true],
    ]);
  });
  it("stay where the secret has no user name", () => {
    expect(seen('BUNDLE_GEM__FURY__IO: "token"\nBUNDLE_GITHUB__COM: "ghp_1:x-oauth-basic"\n')).toEqual([
      [1, "https://gem.fury.io", undefined, "token", false],
      [2, "https://github.com", undefined, "ghp_1", false],
    ]);
  });
  it("stay where they are in a URL", () => {
    expect(seen('---\nBUNDLE_MIRROR__HTTPS://RUBYGEMS__ORG/: "https://u:p%2Bw@m.example/x"\nBUNDLE_MIRROR__ALL: "https://u@m.example"\n')).toEqual([[2, "https://m.example/x", undefined, "p+w", false]]);
  });
  it("of gem push stay, without a secret in the name", () => {
    expect(findInGemCredentials("---\n:rubygems_api_key: k\nhttps://g.example: l\nhttps://u:p@h.example: m\n").map(({ name, url }) => [name, url])).toEqual([
      ["rubygems_api_key", undefined],
      ["https://g.example", "https://g.example"],
      ["https://h.example", undefined],
    ]);
  });
});
