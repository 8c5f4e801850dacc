import fc from "fast-check";
import { parse, stringify } from "smol-toml";
import { describe, expect, it } from "vitest";
import { readToml, tomlAt } from "../../src/protocols/text/toml.ts";
import { tomlPlaces } from "../../src/protocols/text/toml-places.ts";
import { failureOf } from "../fixtures/failures.ts";

const ODD = `\uFEFF# a comment = "no key"\r
top = 1\r
"quoted key" . 'lit.eral'.bare = """a "b" ""c
[no.table]
""""\r
[ registry ]  # [not.me]
x = ['[a]', "]", # ] in a comment
  { y = "}", z = [1, 2,], }, 3 ]
date = 1979-05-27 07:32:00Z # behind
[registries."a.b"]
index = 'sparse+https://h/\\'
token = "x\\"y"
[registries]
c = { index = "i", token = "t" } # inline
d = { token = "only" }
e = { token = "first", index = "i", "x.y".z = true }
multi = '''
'''' # ends with two
[[list]]
n = 1
[[list]]
last = true`;

/** Each value, read by itself, is what the whole has at its path. */
function expectPlaced(text: string): void {
  const whole = readToml(text);
  for (const { path, start, valueStart, end } of tomlPlaces(text).entries) {
    const inArray = path.findIndex((key) => /^\d+$/.test(key));
    const value = parse(`v = ${text.slice(valueStart, end)}`)["v"];
    if (inArray === -1 && path[0] !== "list") expect(value, path.join(".")).toEqual(tomlAt(whole, path));
    expect(text.slice(start, valueStart)).toMatch(/=[ \t]*$/);
  }
}

describe("the places of a TOML text", () => {
  it("are those of its keys, values and tables, in odd forms too", () => {
    expectPlaced(ODD);
    const { entries, headers } = tomlPlaces(ODD);
    expect(headers.map(({ path, isArray, start }) => [path.join("/"), isArray, ODD.slice(start).split("\n")[0]?.trim()])).toEqual([
      ["registry", false, "[ registry ]  # [not.me]"],
      ["registries/a.b", false, '[registries."a.b"]'],
      ["registries", false, "[registries]"],
      ["list", true, "[[list]]"],
      ["list", true, "[[list]]"],
    ]);
    expect(entries.filter(({ path }) => path[0] === "registries").map(({ path }) => path.slice(1).join("/"))).toEqual([
      "a.b/index", "a.b/token", "c", "c/index", "c/token", "d", "d/token", "e", "e/token", "e/index", "e/x.y/z", "multi",
    ]);
  });

  it("tell what goes away with a key of an inline table", () => {
    const left = (key: string) => {
      const { piece } = tomlPlaces(ODD).entries.find(({ path }) => path.join("/") === `registries/${key}/token`) ?? expect.fail();
      const text = ODD.slice(0, piece.start) + ODD.slice(piece.end);
      return text.split("\n").find((line) => line.startsWith(`${key} = `));
    };
    expect([left("c"), left("d"), left("e")]).toEqual(['c = { index = "i" } # inline', "d = {  }", 'e = { index = "i", "x.y".z = true }']);
  });

  it("are found in whatever a writer of TOML writes", () => {
    const key = fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("registry", "a.b", "#", "="));
    const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string()), fc.dictionary(key, fc.string(), { maxKeys: 2 }));
    fc.assert(
      fc.property(fc.dictionary(key, fc.oneof(value, fc.dictionary(key, value, { maxKeys: 3 })), { maxKeys: 4 }), (table) => {
        const text = stringify(table);
        const { entries } = tomlPlaces(text);
        for (const { path, valueStart, end } of entries) {
          if (path.every((each) => !/^\d+$/.test(each))) expect(parse(`v = ${text.slice(valueStart, end)}`)["v"]).toEqual(tomlAt(readToml(text), path));
        }
      }),
    );
  });

  it("are not looked for where a text is none", () => {
    for (const text of ["[", "a", "= 1", "a = [", "a = {", "a = {b", "a = ]", "[[x", 'a = "', "}", "a = [}]", "a = {]}", "\u0000"])
      expect(failureOf(() => tomlPlaces(text)).code).toBe("unavailable");
  });
});

describe("a TOML text that is none", () => {
  it("is told by line and column, and not quoted", () => {
    expect(failureOf(() => readToml("a = 1\ntoken = SECRET\n"))).toMatchObject({ code: "unavailable", message: expect.stringMatching(/^line 2, column \d+: it is not well-formed$/) });
  });
});
