import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { table, type Column } from "../../src/cli/terminal/table.ts";
import { textDifference } from "../../src/cli/terminal/text-difference.ts";

const COLUMNS: readonly Column[] = [
  { title: "ID" },
  { title: "SERVICE", flexible: true },
  { title: "TARGET", flexible: true },
  { title: "DESCRIPTION", flexible: true },
  { title: "STATE" },
];
const ROWS = [
  ["git-7f3k", "nuxeo", "https://connect.nuxeo.com/nuxeo/git", "the token of my laptop for Studio projects", "active"],
  ["git-9x2m", "git.example.com", "https://git.example.com:8443", "", "suspended"],
];

function shown(width: number, rows: readonly (readonly string[])[] = ROWS, columns = COLUMNS): string[] {
  return table(columns, rows, width).split("\n");
}

describe("a table", () => {
  it("of 200 columns has one line for each row, as wide as its content", () => {
    expect(shown(200)).toEqual([
      "ID        SERVICE          TARGET                               DESCRIPTION                                 STATE",
      "git-7f3k  nuxeo            https://connect.nuxeo.com/nuxeo/git  the token of my laptop for Studio projects  active",
      "git-9x2m  git.example.com  https://git.example.com:8443                                                     suspended",
    ]);
  });

  it("of 80 columns wraps its widest texts, and keeps what must stay whole", () => {
    expect(shown(80)).toEqual([
      "ID        SERVICE          TARGET                DESCRIPTION           STATE",
      "git-7f3k  nuxeo            https://connect.      the token of my       active",
      "                           nuxeo.com/nuxeo/git   laptop for Studio",
      "                                                 projects",
      "git-9x2m  git.example.com  https://git.example.                        suspended",
      "                           com:8443",
    ]);
  });

  it.each<[what: string, rows: string[][], expected: string[]]>([
    ["columns with nothing in them", [["a", "", "t", "", "s"]], ["ID  TARGET  STATE", "a   t       s"]],
    ["cells that are not there", [["a"], ["b", "c"]], ["ID  SERVICE", "a", "b   c"]],
  ])("leaves out %s", (_what, rows, expected) => {
    expect(shown(80, rows)).toEqual(expected);
  });

  it("without rows is nothing", () => {
    expect(table(COLUMNS, [], 80)).toBe("");
  });

  it("is wider than the terminal rather than without sense", () => {
    const lines = shown(10);
    expect(lines[0]).toBe("ID        SERVICE     TARGET      DESCRIPTION  STATE");
    expect(lines[1]).toBe("git-7f3k  nuxeo       https://co  the token    active");
  });

  it.each<[width: number, titles: string]>([
    [200, "A     B                     C                     D"],
    [66, "A     B                     C                     D"],
    [65, "A     B                     D"],
    [44, "A     B                     D"],
    [43, "A     D"],
    [5, "A     D"],
  ])("of %i columns leaves out what it can do without, if all is too wide", (width, titles) => {
    const columns = [{ title: "A" }, { title: "B", optional: 2 }, { title: "C", optional: 1 }, { title: "D" }];
    expect(shown(width, [["aaaa", "b".repeat(20), "c".repeat(20), "d".repeat(16)]], columns)[0]).toBe(titles);
  });

  it("has every word of every cell in it, and no line wider than the terminal, where there is room", () => {
    const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
    const text = fc.array(word, { minLength: 1, maxLength: 12 }).map((words) => words.join(" "));
    const rows = fc.array(fc.tuple(word, text, text, text, word), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(rows, fc.constantFrom(80, 120, 200), (cells, width) => {
        const lines = shown(width, cells);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
        const letters = (value: string): string => value.replace(/\s/g, "").split("").toSorted().join("");
        expect(letters(lines.slice(1).join(""))).toBe(letters(cells.flat().join("")));
      }),
      { numRuns: 30 },
    );
  });
});

describe("a difference of texts", () => {
  it.each<[what: string, before: string, after: string, expected: string[]]>([
    ["the same", "a\nb\n", "a\nb\n", []],
    ["nothing and nothing", "", "", []],
    ["lines added at the end", "a\n", "a\nb\nc\n", ["+ b", "+ c"]],
    ["lines added to nothing", "", "a\nb\n", ["+ a", "+ b"]],
    ["lines taken away", "a\nb\nc\n", "a\nc\n", ["- b"]],
    ["all taken away", "a\nb\n", "", ["- a", "- b"]],
    ["lines changed", "a\nb\nc\n", "a\nx\ny\nc\n", ["- b", "+ x", "+ y"]],
    ["a line that is there twice", "a\na\n", "a\na\na\n", ["+ a"]],
    ["a repeated end", "x\na\n", "x\na\nx\na\n", ["+ x", "+ a"]],
  ])("%s", (_what, before, after, expected) => {
    expect(textDifference(before, after)).toEqual(expected);
  });
});
