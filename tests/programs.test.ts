/** What tests need and what is installed for them are one list: tests/programs.json. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import restrictPath from "./fixtures/programs/program-path.ts";
import { JARS, missing, PROGRAMS, whereIs } from "./fixtures/programs/programs.ts";

const TESTS = fileURLToPath(new URL(".", import.meta.url));
const ON_DEBIAN = whereIs("dpkg-query") !== undefined;

interface Source {
  readonly path: string;
  readonly text: string;
}

const sources: readonly Source[] = readdirSync(TESTS, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.([cm]?[tj]s|sh)$/.test(path) && path !== basename(import.meta.filename))
  .map((path) => ({ path, text: readFileSync(join(TESTS, path), "utf8") }));

/** Whether a test names it as a value, or a script as a word outside of its comments. */
function isUsed(name: string): boolean {
  const quoted = new RegExp(`["'\`]${name}["'\`]`);
  const word = new RegExp(`^[^#\\n]*(?<![\\w.-])${name}(?![\\w.-])`, "m");
  return sources.some(({ path, text }) => (path.endsWith(".sh") ? word : quoted).test(text));
}

describe("the list", () => {
  it.each(PROGRAMS)("has %s for a test or a script", (program) => {
    expect(isUsed(program)).toBe(true);
  });

  it.each(JARS)("has the jar %s for a test", (jar) => {
    const plugin = /^org\/apache\/maven\/plugins\/maven-(.+)-plugin$/.exec(jar)?.[1];
    expect(isUsed(plugin ?? jar)).toBe(true);
  });

  it("is all that can be asked for", () => {
    // @ts-expect-error it is not in the list
    expect(() => missing("cowsay")).toThrow("nobody installs cowsay: they are not in tests/programs.json");
  });
});

describe.skipIf(!ON_DEBIAN)("the PATH of the tests", () => {
  const before = process.env["PATH"];
  let machine: string;

  /** A machine with these programs more. */
  beforeEach(() => {
    machine = mkdtempSync(join(tmpdir(), "tk-machine-"));
    for (const program of ["cowsay", "fish"]) {
      writeFileSync(join(machine, program), "#!/bin/sh\n");
      chmodSync(join(machine, program), 0o755);
    }
    process.env["PATH"] = `${machine}:${before ?? ""}`;
  });
  afterEach(() => {
    process.env["PATH"] = before;
    rmSync(machine, { recursive: true });
  });

  it("has what is in the list and on the machine, and nothing else of the machine", () => {
    const restore = restrictPath();
    try {
      expect(realpathSync(whereIs("fish") ?? "")).toBe(realpathSync(join(machine, "fish")));
      expect(whereIs("cowsay")).toBeUndefined();
      expect(["node", "npm", "git", "sh", "awk", "mount", "tar"].filter((name) => whereIs(name) === undefined)).toEqual([]);
    } finally {
      restore?.();
    }
    expect(whereIs("cowsay")).toBe(join(machine, "cowsay"));
  });

  it("is in force", () => {
    expect(before).toMatch(/^[^:]*\/tk-path-[^:/]+$/);
  });

  it("can't be gone around by the path of a program, but that of a shell, env and what every Debian has", () => {
    const known = new Set(["env", "timeout", "true", "false", ...PROGRAMS, "sh"]);
    const absolute = sources
      .filter(({ path }) => path.endsWith("s") && !path.startsWith("protocols/"))
      .flatMap(({ path, text }) => [...text.matchAll(/(?<![\w}/])\/(?:usr\/(?:local\/)?)?s?bin\/([\w.+-]*\w)/g)].map((match) => ({ path, program: match[1] ?? "" })));
    expect(absolute.filter(({ program }) => !known.has(program))).toEqual([]);
  });
});
