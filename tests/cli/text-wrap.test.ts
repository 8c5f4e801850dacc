import { describe, expect, it } from "vitest";
import { padded, widthOf, wrap } from "../../src/cli/terminal/text-wrap.ts";
import { table } from "../../src/cli/terminal/table.ts";

describe("a text on a terminal", () => {
  it.each([
    ["plain", 5],
    ["Gr\u00fc\u00dfe", 5],
    ["Gru\u0308\u00dfe", 5],
    ["\u6771\u4eac", 4],
    ["\uff21", 2],
    ["\u{1f511} key", 6],
    ["\u200bx", 1],
  ])("%s is %i columns wide", (text, width) => {
    expect(widthOf(text)).toBe(width);
    expect(widthOf(padded(text, 10))).toBe(10);
  });

  it.each<[string, number, string[]]>([
    ["fits", 4, ["fits"]],
    ["one two three", 7, ["one two", "three"]],
    ["averylongword", 5, ["avery", "longw", "ord"]],
    ["a averylongword b", 5, ["a", "avery", "longw", "ord b"]],
    ["\u6771\u4eac\u90fd", 5, ["\u6771\u4eac", "\u90fd"]],
    ["", 5, [""]],
    ["https://acme.jfrog.io/artifactory/api/npm/npm-local", 24, ["https://acme.jfrog.io/", "artifactory/api/npm/", "npm-local"]],
    ["https://connect.nuxeo.com", 20, ["https://connect.", "nuxeo.com"]],
    ["https://averylongname.example/x", 12, ["https://aver", "ylongname.", "example/x"]],
    ["jfrog@acme.jfrog.io", 12, ["jfrog@acme.", "jfrog.io"]],
  ])("%s, in %i columns", (text, width, lines) => {
    expect(wrap(text, width)).toEqual(lines);
  });
});

it("a table of many rows takes time by their number, not by its square, and can have more than a call has arguments", () => {
  const columns = [{ title: "A" }, { title: "B", flexible: true }];
  const rows = Array.from({ length: 150_000 }, (_none, index) => [`id-${index}`, "words that are wrapped"]);
  expect(table(columns, rows, 26).split("\n")).toHaveLength(300_001);
});
