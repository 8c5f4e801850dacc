/** docs/doctor.md has the code of each finding, and no other one. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const CLI = join(ROOT, "src", "cli");

const sources = readdirSync(CLI, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && path !== join("doctor", "findings.ts"))
  .map((path) => readFileSync(join(CLI, path), "utf8"));
const made = sources.flatMap((text) => [...text.matchAll(/(?<![.\w])(?:good|doubtful|bad)\((\s*)("[^"]*"|)/g)].map(([, , code = ""]) => code));
const documented = [...readFileSync(join(ROOT, "docs", "doctor.md"), "utf8").matchAll(/^\| `([^`]+)` \|/gm)].map(([, code = ""]) => code);

it("each finding has a code, which stands there in plain text", () => {
  expect(made.length).toBeGreaterThan(100);
  expect(made.filter((code) => !/^"[a-z]+(-[a-z]+)+"$/.test(code))).toEqual([]);
});

it("each code is documented, once, and each that is documented is there", () => {
  expect(documented.toSorted()).toEqual([...new Set(made.map((code) => code.slice(1, -1)))].toSorted());
});

it("no finding is made but by what takes its code", () => {
  expect(sources.filter((text) => /verdict: "(good|doubtful|bad)"/.test(text))).toEqual([]);
});
