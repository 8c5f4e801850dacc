/** Go's file of variables, its command in GOAUTH, and what it asks of a proxy. */
import { describe, expect, it } from "vitest";
import { addCommand, isOurs, removeCommand, withOurs } from "../../../src/protocols/go/auth-setting.ts";
import { readEnvironmentFile, settingIn } from "../../../src/protocols/go/environment-file.ts";
import { findInGoEnvironment } from "../../../src/protocols/go/environment-secrets.ts";
import { go } from "../../../src/protocols/go/plan.ts";
import { MODULES } from "../../../src/protocols/go/requests.ts";
import { withoutPieces } from "../../../src/protocols/plaintext/removal.ts";
import { outcomeOf } from "../client-request.ts";

const OURS = "/opt/toolkey/bin/go-auth-toolkey";

describe("GOAUTH", () => {
  it.each([
    [undefined, `GOAUTH=${OURS} get;netrc\n`],
    ["GOPROXY=direct", `GOPROXY=direct\nGOAUTH=${OURS} get;netrc\n`],
    ["GOAUTH=netrc\n", `GOAUTH=${OURS} get;netrc\n`],
    ["GOAUTH=x\nGOAUTH=git /a\nB=c\n", `GOAUTH=x\nGOAUTH=${OURS} get;git /a\nB=c\n`],
    [`GOAUTH=/old/bin/go-auth-toolkey get;git /a\n`, `GOAUTH=${OURS} get;git /a\n`],
  ])("%j becomes %j, once", (text, expected) => {
    expect(addCommand(text, OURS)).toBe(expected);
    expect(addCommand(expected, OURS)).toBe(expected);
  });

  it("is taken back, also where it was installed elsewhere, and that of others stays", () => {
    expect(removeCommand(`A=b\nGOAUTH=${OURS} get;netrc\nC=d\n`)).toBe("A=b\nC=d\n");
    expect(removeCommand("GOAUTH='/a b/go-auth-toolkey' get;git /a\n")).toBe("GOAUTH=git /a\n");
    expect(removeCommand("GOAUTH=/x/my-go-auth-toolkey-not get\n")).toBe("GOAUTH=/x/my-go-auth-toolkey-not get\n");
  });

  it("is quoted where its path has spaces, since Go splits it there", () => {
    expect(withOurs("/a b/go-auth-toolkey", "git /x")).toBe("'/a b/go-auth-toolkey' get;git /x");
    expect(isOurs("netrc; '/a b/go-auth-toolkey' get")).toBe(true);
    expect(isOurs("/a/go-auth-toolkey-else get")).toBe(false);
  });

  it("that is off stays off", () => {
    expect(() => addCommand("GOAUTH=off\n", OURS)).toThrow("it has GOAUTH=off, by which Go asks nobody");
  });
});

describe("Go's file of variables", () => {
  it("has lines, of which the last counts; others are no settings", () => {
    const text = "# a comment\nGOPROXY=a\n lower=x\nGOPROXY=b,c\nGOFLAGS=\n";
    expect(readEnvironmentFile(text).map(({ name, value }) => [name, value])).toEqual([["GOPROXY", "a"], ["GOPROXY", "b,c"], ["GOFLAGS", ""]]);
    expect(settingIn(text, "GOPROXY")).toBe("b,c");
    expect(settingIn(text, "GOAUTH")).toBeUndefined();
  });

  it.each<[what: string, environment: Record<string, string>, file: string]>([
    ["no variable", {}, "/home/me/.config/go/env"],
    ["an empty GOENV", { GOENV: "", XDG_CONFIG_HOME: "" }, "/home/me/.config/go/env"],
    ["XDG_CONFIG_HOME", { XDG_CONFIG_HOME: "/x" }, "/x/go/env"],
    ["GOENV", { GOENV: "/e/go.env", XDG_CONFIG_HOME: "/x" }, "/e/go.env"],
  ])("is where Go looks, by %s", async (_what, environment, file) => {
    const asked = async (files: Record<string, string>) => (await outcomeOf(go, { arguments: ["mod", "download"], environment, files })).needs;
    expect(await asked({ [file]: "GOPROXY=https://proxy.acme.example/mods\n" })).toEqual(["https://proxy.acme.example/mods"]);
    expect(await asked({})).toEqual(["https://proxy.golang.org"]);
  });

  it("may have logins in URLs, each of which is cut out", () => {
    const text = "GOPROXY=https://a:s%40crt@p.example/x|http://ghp_abc:x@q.example,https://b@r.example,direct\nGOSUMDB=off\n";
    const found = findInGoEnvironment(text);
    expect(found.map(({ url, username, secret, stays }) => [url, username, secret.reveal(), stays])).toEqual([
      ["https://p.example/x", "a", "s@crt", undefined],
      ["http://q.example", undefined, "x", "its user name may be a secret"],
      ["https://r.example", undefined, "b", "it has no password"],
    ]);
    expect(withoutPieces(text, found.flatMap(({ pieces }) => pieces))).toBe(
      "GOPROXY=https://p.example/x|http://ghp_abc:x@q.example,https://b@r.example,direct\nGOSUMDB=off\n",
    );
  });
});

describe("a login with an @ in it", () => {
  it("ends at the last one, as Go has it", () => {
    const text = "GOPROXY=https://x:y@z:pw4@l.example/a@b,direct\n";
    const found = findInGoEnvironment(text);
    expect(found.map(({ url, username, secret }) => [url, username, secret.reveal()])).toEqual([["https://l.example/a@b", "x", "y@z:pw4"]]);
    expect(withoutPieces(text, found.flatMap(({ pieces }) => pieces))).toBe("GOPROXY=https://l.example/a@b,direct\n");
  });
});

describe("what Go asks of a proxy", () => {
  it.each([
    ["GET", "acme.example/!hello/@v/list", "reads"],
    ["GET", "acme.example/hello/@v/v1.0.0.info", "reads"],
    ["GET", "acme.example/hello/@v/v1.0.0.zip", "reads"],
    ["GET", "acme.example/hello/v2/@latest", "reads"],
    ["GET", "sumdb/sum.golang.org/lookup/acme.example/hello@v1.0.0", "reads"],
    ["GET", "sumdb/sum.golang.org/supported", "reads"],
    ["GET", "api/security/token", undefined],
    ["GET", "acme.example/@v", undefined],
    ["PUT", "acme.example/hello/@v/v1.0.0.zip", undefined],
  ] as const)("%s %s", (method, path, effect) => {
    expect(MODULES.effectOf(method, path.split("/"))).toBe(effect);
  });
});
