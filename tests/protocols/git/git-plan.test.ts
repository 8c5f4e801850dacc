/** git's plan through the gateway, the person's way to hosts, and what npm takes for its registry beside git's hosts. */
import { describe, expect, it } from "vitest";
import { wayToHost } from "../../../src/protocols/git/http-settings.ts";
import { git } from "../../../src/protocols/git/plan.ts";
import { gitHosts, replacedHost } from "../../../src/protocols/npm/tarballs/replaced-host.ts";
import { formatTarget } from "../../../src/core/target.ts";
import { surveyOf, throughOf, type Situation, type Through } from "../client-request.ts";

const TOKENS = [{ id: "git-1", target: "https://git.acme.example/team" }, { id: "git-2", target: "https://other.example:8443" }, { id: "git-3", target: "http://plain.example" }];
const through = async (situation: Situation = {}): Promise<Through> => (await throughOf(git, { tokens: TOKENS, ...situation })) as Through;

describe("git's plan", () => {
  it("has a git before its own, the hosts with tokens, and the phantom where a helper finds it", async () => {
    const { plan, permit } = await through({ arguments: ["fetch"] });
    expect(plan).toMatchObject({
      programs: "/opt/toolkey/bin/sealed",
      environment: { TOOLKEY_GIT_GATEWAY: "http://127.0.0.1:7777", TOOLKEY_GIT_HOSTS: "git.acme.example other.example:8443", TOOLKEY_GIT_PROGRAMS: "/run/toolkey/git", TOOLKEY_GIT_PHANTOM: { descriptor: "git-phantom" } },
      descriptors: { "git-phantom": "password=PHANTOM\n" },
      given: [{ token: "git-1", place: "https://git.acme.example/team" }, { token: "git-2", place: "https://other.example:8443" }],
    });
    expect(permit).toMatchObject({
      holder: "git",
      routes: [
        { target: "https://git.acme.example/team", isAuthorized: true, publishes: false },
        { target: "https://other.example:8443", isAuthorized: true, publishes: false },
        { target: "https://git.acme.example", isAuthorized: false, publishes: false },
      ],
    });
  });

  it.each<[line: string, publishes: boolean]>([
    ["push", true], ["-C dir -c a.b=c push origin", true], ["lfs push origin main", true], ["--no-pager push", true],
    ["fetch", false], ["-c push fetch", false], ["commit -m push", false], ["lfs pull", false], ["submodule foreach push", false],
  ])("git %s: may push is %s", async (line, publishes) => {
    expect(((await through({ arguments: line.split(" ") })).permit as { routes: { publishes: boolean }[] }).routes[0]?.publishes).toBe(publishes);
  });

  const CONFIG = '[remote "origin"]\n\turl = https://me@git.acme.example/other/a.git\n[remote "b"]\n\turl = git@x:y\n';

  it.each<[line: string, asks: string[]]>([
    ["clone https://me:pw@git.acme.example/other/a.git", ["https://git.acme.example/other/a.git"]],
    ["clone https://git.acme.example/team/a.git", []],
    ["clone git@github.com:a/b", []],
    ["ls-remote https://other.example/x https://other.example/y", ["https://other.example/x"]],
    ["fetch", ["https://git.acme.example/other/a.git"]],
    ["-C sub push origin", ["https://git.acme.example/other/a.git"]],
    ["-C /elsewhere push origin", []],
    ["-C /tree pull", ["https://git.acme.example/other/a.git"]],
    ["status", []],
  ])("git %s: what it asks without a token is %j", async (line, asks) => {
    const survey = await surveyOf(git, { tokens: TOKENS, arguments: line.split(" "), files: { "/p/.git/config": CONFIG, "/tree/.git": "gitdir: /p/.git/worktrees/tree\n" } });
    expect(survey.asks?.map(({ target }) => formatTarget(target))).toEqual(asks);
  });

  it("says of a suspended token nothing, and leads to its host, which says why there is none", async () => {
    const { plan } = await through({ tokens: [...TOKENS, { id: "git-4", target: "https://fourth.example", isSuspended: true }] });
    expect(plan["given"]).toHaveLength(2);
    expect(plan["environment"]).toMatchObject({ TOOLKEY_GIT_HOSTS: "git.acme.example other.example:8443 fourth.example" });
  });

  it("is none without a token for https", async () => {
    expect(await throughOf(git, { tokens: [TOKENS[2] as (typeof TOKENS)[number]] })).toBeUndefined();
  });
});

describe("the person's way to a host", () => {
  const way = (settings: readonly (readonly [string, string])[], environment = {}) => wayToHost(settings, "https://git.acme.example", environment);

  it("is what fits it best, and of that what comes last", () => {
    expect(way([["http.https://git.acme.example/.proxy", "http://near"], ["http.proxy", "http://far"], ["http.https://*.acme.example.sslcainfo", "/b"], ["http.sslcainfo", "/a"], ["http.https://other.example.proxy", "http://no"]])).toEqual({ caFiles: ["/b"], httpProxy: "http://near", httpsProxy: "http://near" });
    expect(way([["http.sslcainfo", "/a"]], { GIT_SSL_CAINFO: "/own" })).toEqual({ caFiles: ["/own"] });
  });

  it("has the headers for this host; an empty one forgets those before", () => {
    const name = "http.https://git.acme.example.extraheader";
    expect(way([[name, "X-A: 1"], [name, ""], [name, "X-B: 2"], [name, "X-C: a:b"]])).toEqual({ headers: [["X-B", "2"], ["X-C", "a:b"]] });
    expect(way([["http.extraheader", "X-A: 1"]])).toEqual({});
  });

  it.each([["http.sslverify", "false"], ["http.sslcert", "/c"], ["http.https://git.acme.example.extraheader", "Authorization: Basic x"]])("%s=%s: the gateway can't go it", (name, value) => {
    expect(way([[name, value]])).toHaveProperty("unable");
  });
});

describe("what npm takes for its registry", () => {
  const manifest = (dependencies: object) => ({ path: "/p/package.json", text: JSON.stringify({ dependencies }) });

  it.each<[command: string, led: readonly string[], dependencies: object, host: string, leftOut: readonly string[]]>([
    ["ci", ["npm.acme.example"], {}, "npm.acme.example", []],
    ["ci", ["npm.acme.example"], { a: "git+https://git.example/a.git" }, "npm.acme.example", []],
    ["ci", ["npm.acme.example", "registry.npmjs.org"], {}, "always", []],
    ["ci", ["npm.acme.example", "registry.npmjs.org"], { a: "acme/a" }, "npm.acme.example", ["registry.npmjs.org"]],
    ["ci", ["same.example"], { a: "git+ssh://git@same.example/a.git" }, "never", ["same.example"]],
    ["ci", [], { a: "acme/a" }, "never", []],
    ["pack", ["npm.acme.example"], {}, "always", []],
  ])("npm %s, %j, %j: %s, without %j", (command, led, dependencies, value, leftOut) => {
    expect(replacedHost(command, led, [manifest(dependencies)])).toEqual({ value, leftOut });
  });

  it("finds git's hosts however they are written", () => {
    expect([...gitHosts([manifest({ a: "git+https://u@a.example/x.git#1", b: "git@b.example:x/y.git", c: "github:x/y", d: "gitlab:x/y", e: "^1.0.0", f: "https://f.example/x.tgz" })])]).toEqual(["a.example", "b.example", "github.com", "gitlab.com"]);
  });
});
