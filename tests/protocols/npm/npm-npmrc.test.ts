import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expandVariables, readNpmrc } from "../../../src/protocols/npm/configuration/npmrc.ts";
import { clientsMissing } from "../../fixtures/tools/clients.ts";

const NPM = fileURLToPath(new URL("../../../.cache/clients/npm-11.19.1/node_modules/npm/package.json", import.meta.url));

describe(".npmrc", () => {
  it.each<[text: string, entries: [key: string, value: string][]]>([
    ["registry=https://r/\n", [["registry", "https://r/"]]],
    ["  @acme:registry =  https://r/ \r\n", [["@acme:registry", "https://r/"]]],
    ["; a\n# b\n\n   \n", []],
    ["a=1;2#3\nb=1\\;2\\#3", [["a", "1"], ["b", "1;2#3"]]],
    ['a="x;y"\nb=\'z\'\nc="half', [["a", "x;y"], ["b", "z"], ["c", '"half']]],
    ["//r/:_authToken=a=b==", [["//r/:_authToken", "a=b=="]]],
    ["ca[]=1\nca[]=2", [["ca", "1"], ["ca", "2"]]],
    ["strict-ssl", [["strict-ssl", "true"]]],
    ["a=1\n[section]\nb=2", [["a", "1"]]],
    ['"strict-ssl" = false', [["strict-ssl", "false"]]],
  ])("%j is %j", (text, entries) => {
    expect(readNpmrc(text)).toEqual(entries.map(([key, value]) => ({ key, value })));
  });

  it.skipIf(clientsMissing(["npm", 11]))("is read as npm's own ini reads it", () => {
    const { parse } = createRequire(NPM)(join(NPM, "../node_modules/ini")) as { parse: (text: string) => Record<string, unknown> };
    const line = fc.string({ unit: fc.constantFrom(...Array.from("ab=;#\\\"' []\t:/@{}$")) });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 4 }), (lines) => {
        const text = lines.join("\n");
        const theirs = Object.entries(parse(text)).filter(([, value]) => typeof value !== "object" || Array.isArray(value));
        const ours = new Map<string, string>();
        for (const { key, value } of readNpmrc(text)) ours.set(key, value);
        for (const [key, value] of theirs) expect(ours.get(key), text).toBe(String(Array.isArray(value) ? (value.at(-1) ?? "") : value));
      }),
      { numRuns: 2000, examples: [[["a='[]'"]]] },
    );
  });

  it.each([
    ["${A}/${B?}/${C}", { A: "x" }, "x//${C}"],
    ["\\${A}", { A: "x" }, "${A}"],
    ["\\\\${A}", { A: "x" }, "\\x"],
    ["$A", { A: "x" }, "$A"],
  ])("the variables in %j", (text, environment, expanded) => {
    expect(expandVariables(text, environment)).toBe(expanded);
  });
});
