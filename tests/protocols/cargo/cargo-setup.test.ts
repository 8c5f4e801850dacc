import { describe, expect, it } from "vitest";
import { programOf, providersIn, withoutProvider, withProvider } from "../../../src/protocols/cargo/setup.ts";
import { failureOf } from "../../fixtures/failures.ts";

const PROGRAM = "/opt/toolkey/bin/cargo-credential-toolkey";

/** What Cargo finds, and that it is taken back to the byte. */
function added(text: string | undefined, program = PROGRAM): string {
  const after = withProvider(text, program);
  expect(withoutProvider(after)).toBe(text);
  expect(withProvider(after, program)).toBe(after);
  return after;
}

describe("Cargo's configuration", () => {
  it.each<[what: string, text: string | undefined, providers: string[]]>([
    ["no file", undefined, ["cargo:token"]],
    ["an empty one", "", ["cargo:token"]],
    ["others' settings", "[net]\ngit-fetch-with-cli = true\n", ["cargo:token"]],
    ["no line break at the end", "[net]\nretry = 3", ["cargo:token"]],
    ["CRLF", "[net]\r\nretry = 3\r\n[registry]\r\ndefault = 'acme'\r\n", ["cargo:token"]],
    ["a BOM", "\uFEFF[registry]\ndefault = 'acme'\n", ["cargo:token"]],
    ["a table with no key", "[registry]", ["cargo:token"]],
    ["a table with no key, and another", "[registry]\n# of the next\n[net]\nretry = 3\n", ["cargo:token"]],
    ["a table in quotes, with a comment", '[ "registry" ] # mine\ndefault = "acme" # too\n\n# net\n[net]\nretry = 3', ["cargo:token"]],
    ["dotted keys", 'registry.default = "acme"\n[net]\nretry = 3\n', ["cargo:token"]],
    ["a dotted key at the end", 'registry.default = "acme"', ["cargo:token"]],
    ["a list", '[registry]\nglobal-credential-providers = ["cargo:token", "cargo:libsecret"] # mine\ndefault = "acme"\n', ["cargo:token", "cargo:libsecret"]],
    ["a list of several lines", '[registry]\r\nglobal-credential-providers = [\r\n  "cargo:libsecret", # "x"\r\n]\r\n[net]\r\nretry = 3\r\n', ["cargo:libsecret"]],
    ["an empty list, without a line break", "[registry]\nglobal-credential-providers=[]", []],
    ["a dotted list", "registry.global-credential-providers = ['a b']\nregistry.default = 'x'\n", ["a b"]],
    ["a list behind a BOM", "\uFEFFregistry.global-credential-providers = ['x']\n", ["x"]],
  ])("with %s gets our provider behind the others, and loses it again to the byte", (_what, text, providers) => {
    const after = added(text);
    expect(providersIn(after)).toEqual([...providers, PROGRAM]);
    expect(after).toContain("'toolkey setup cargo --undo'");
  });

  it("has a name for a program at whose path Cargo would split", () => {
    for (const text of [undefined, "[registry]\ndefault = 'x'\n[net]\nretry = 3\n"]) {
      const after = added(text, "/opt/tool key/bin/p");
      expect(providersIn(after)).toEqual(["cargo:token", "toolkey"]);
      expect(programOf(after, "toolkey")).toBe("/opt/tool key/bin/p");
    }
  });

  it("has one provider of ours: that of this installation", () => {
    const other = withProvider("[registry]\ndefault = 'x'\n", "/old/cargo-credential-toolkey");
    const after = withProvider(other, PROGRAM);
    expect(providersIn(after)).toEqual(["cargo:token", PROGRAM]);
    expect(withoutProvider(after)).toBe("[registry]\ndefault = 'x'\n");
  });

  it("keeps what was written behind our block", () => {
    const after = `${withProvider("[net]\nretry = 3", PROGRAM)}[http]\nmultiplexing = false\n`;
    expect(withoutProvider(after)).toBe("[net]\nretry = 3\n[http]\nmultiplexing = false\n");
  });

  it.each<[what: string, text: string, message: string]>([
    ["no TOML", "[registry\n", "line 1, column 10: it is not well-formed"],
    ["an inline table", "[net]\nretry = 3\n", ""],
    ["an inline table", 'registry = { default = "x" }\n', "line 1: the providers can't be added to as text"],
    ["a list that is none", "[registry]\n\nglobal-credential-providers = 'cargo:token'\n", "line 3: the providers can't be added to as text"],
    ["a list with something else in it", "[registry]\nglobal-credential-providers = [['a', 'b']]\n", "line 2: the providers can't be added to as text"],
    ["a table that is none", "registry = 3\n", "line 1: the providers can't be added to as text"],
    ["a table that is an array", "[[registry]]\nx = 1\n", "line 1: the providers can't be added to as text"],
  ])("is left alone where it is %s: %j", (_what, text, message) => {
    if (message === "") return void added(text);
    expect(failureOf(() => withProvider(text, PROGRAM)).message).toBe(message);
  });

  it("is left alone where a path with spaces would need a table that is there", () => {
    expect(failureOf(() => withProvider("[credential-alias]\nx = 'y'\n", "/a b/p"))).toMatchObject({ code: "usage" });
    expect(failureOf(() => withProvider("[registry]\nglobal-credential-providers = ['a']\ndefault = 'x'\n", "/a b/p"))).toMatchObject({ code: "usage" });
  });
});
