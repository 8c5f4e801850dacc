import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { addPlugin, findPlugin, removePlugin } from "../../../src/protocols/yarn/setup.ts";
import { failureOf } from "../../fixtures/failures.ts";

const PLUGIN = "/home/me/.local/lib/toolkey/dist/yarn-plugin.cjs";
const BEGIN = "# toolkey: begin; 'toolkey setup yarn --undo' takes this block away again";
const COMMENT = "# 'toolkey setup yarn --undo' takes this line away again";
const block = (begin: string): string => `${begin}\nplugins:\n  - "${PLUGIN}"\n# toolkey: end\n`;
const JOINED = block(`${BEGIN} and the line break before it`);
const NEW = block(`${BEGIN} and the file, if nothing else is in it`);
const ENTRY = `- "${PLUGIN}" ${COMMENT}`;

describe("naming our plugin in .yarnrc.yml", () => {
  it.each<[what: string, before: string | undefined, after: string]>([
    ["no file", undefined, NEW],
    ["an empty file", "", block(BEGIN)],
    ["settings", "npmScopes:\n  acme:\n    npmRegistryServer: https://h\n", `npmScopes:\n  acme:\n    npmRegistryServer: https://h\n${block(BEGIN)}`],
    ["comments alone", "# mine\n", `# mine\n${block(BEGIN)}`],
    ["no final line break", "nodeLinker: pnp # mine", `nodeLinker: pnp # mine\n${JOINED}`],
    ["line ends of DOS", "nodeLinker: pnp\r\n", `nodeLinker: pnp\r\n${block(BEGIN)}`],
    ["a byte order mark", "\u{feff}nodeLinker: pnp\n", `\u{feff}nodeLinker: pnp\n${block(BEGIN)}`],
    ["a comment about plugins", "#plugins:\n# - a\nnodeLinker: pnp\n", `#plugins:\n# - a\nnodeLinker: pnp\n${block(BEGIN)}`],
    ["a key of that name further in", "x:\n  plugins:\n    - a\n", `x:\n  plugins:\n    - a\n${block(BEGIN)}`],
    [
      "a list of plugins",
      "a: 1\nplugins:\n  - path: .yarn/a.cjs\n    spec: x # mine\n\n  - b.cjs\nc: 2\n",
      `a: 1\nplugins:\n  ${ENTRY}\n  - path: .yarn/a.cjs\n    spec: x # mine\n\n  - b.cjs\nc: 2\n`,
    ],
    ["a list that is not indented", "plugins:\n- a.cjs", `plugins:\n${ENTRY}\n- a.cjs`],
    ["a list that is oddly indented", "plugins: # mine\n\n       # also mine\n       -   a.cjs\n", `plugins: # mine\n\n       # also mine\n       ${ENTRY}\n       -   a.cjs\n`],
    ["a list, and line ends of DOS", "plugins:\r\n  - a.cjs\r\nb: 1\r\n", `plugins:\r\n  ${ENTRY}\r\n  - a.cjs\r\nb: 1\r\n`],
    ["a list under a quoted key", '"plugins" :\n  - a.cjs\n', `"plugins" :\n  ${ENTRY}\n  - a.cjs\n`],
    ["a list on one line", "plugins: [a.cjs, { path: b, spec: c }] # mine\n", `plugins: [ "${PLUGIN}", ${COMMENT}\n  a.cjs, { path: b, spec: c }] # mine\n`],
    ["a list on one line, and nothing after it", "plugins: ['a']", `plugins: [ "${PLUGIN}", ${COMMENT}\n  'a']`],
    ["an empty list", "plugins: []\r\n", `plugins: [ "${PLUGIN}", ${COMMENT}\r\n  ]\r\n`],
    ["a list in brackets over several lines", "plugins: [\n   a,\n   b\n]\nc: 1\n", `plugins: [ "${PLUGIN}", ${COMMENT}\n  \n   a,\n   b\n]\nc: 1\n`],
    ["a byte order mark, and a list first", "\u{feff}a: 1\nplugins:\n  - a.cjs\n", `\u{feff}a: 1\nplugins:\n  ${ENTRY}\n  - a.cjs\n`],
  ])("in a file with %s", (_what, before, after) => {
    expect(addPlugin(before, PLUGIN)).toBe(after);
    expect(addPlugin(after, PLUGIN)).toBe(after);
    expect(findPlugin(after)).toBe(PLUGIN);
    expect(removePlugin(after)).toBe(before);
    expect(after).toContain("'toolkey setup yarn --undo'");
    const { plugins } = parse(after) as { plugins: unknown[] };
    expect(plugins).toContain(PLUGIN);
  });

  it("takes the place of one of another installation", () => {
    const old = addPlugin("plugins:\n  - a.cjs\n", "/old/dist/yarn-plugin.cjs");
    expect(addPlugin(old, PLUGIN)).toBe(`plugins:\n  ${ENTRY}\n  - a.cjs\n`);
    expect(addPlugin(addPlugin(undefined, "/old/dist/yarn-plugin.cjs"), PLUGIN)).toBe(NEW);
  });

  it.each<[what: string, text: string]>([
    ["an empty value", "plugins:\nb: 1\n"],
    ["a value that is no list", "plugins: a\n"],
    ["a mapping in braces", "{ plugins: [a] }\n"],
    ["a mapping that is indented", "  a: 1\n  plugins:\n    - b\n"],
    ["a list", "- a\n"],
    ["no YAML", "a: [\n"],
    ["an alias", "x: &x\n  - a\nplugins: *x\n"],
    ["two documents", "a: 1\n---\nb: 1\n"],
    ["an end of the document", "a: 1\n...\n"],
  ])("is refused in a file with %s, where it could not be put", (_what, text) => {
    expect(failureOf(() => addPlugin(text, PLUGIN))).toMatchObject({ code: "usage" });
    expect(removePlugin(text)).toBe(text);
  });
});

describe("taking it back", () => {
  it.each<[what: string, change: (text: string) => string, expected: string | undefined]>([
    ["that was changed after it", (text) => `${text}nodeLinker: pnp\n`, "a: 1\nplugins:\n  - b.cjs\nnodeLinker: pnp\n"],
    ["that was changed before it", (text) => `x: 1\n${text}`, "x: 1\na: 1\nplugins:\n  - b.cjs\n"],
    ["in which another plugin was added", (text) => `${text}  - c.cjs\n`, "a: 1\nplugins:\n  - b.cjs\n  - c.cjs\n"],
  ])("from a file %s keeps the change", (_what, change, expected) => {
    expect(removePlugin(change(addPlugin("a: 1\nplugins:\n  - b.cjs\n", PLUGIN)))).toBe(expected);
  });

  it("keeps what was written into our list, or behind it", () => {
    const inside = NEW.replace("# toolkey: end", "  - mine.cjs\n# toolkey: end");
    expect(removePlugin(inside)).toBe("plugins:\n  - mine.cjs\n");
    expect(removePlugin(`${NEW}  - mine.cjs\n`)).toBe("plugins:\n  - mine.cjs\n");
  });

  it("from a file that Yarn has written anew, without comments", () => {
    const rewritten = `nodeLinker: pnp\n\nplugins:\n  - ${PLUGIN}\n\nyarnPath: a\n`;
    expect(removePlugin(rewritten)).toBe("nodeLinker: pnp\n\nyarnPath: a\n");
    expect(addPlugin(rewritten, PLUGIN)).toBe(rewritten);
    expect(removePlugin(`plugins:\n  - path: a\n    spec: b\n  - ${PLUGIN}\n`)).toBe("plugins:\n  - path: a\n    spec: b\n");
    expect(removePlugin(`plugins:\n  - ${PLUGIN}\n  - a\n`)).toBe("plugins:\n  - a\n");
  });

  it("from a file without it changes nothing", () => {
    for (const text of ["", "plugins:\n  - a.cjs\n", "# yarn-plugin.cjs\n"]) expect(removePlugin(text)).toBe(text);
  });
});
