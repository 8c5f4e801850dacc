/** What is made of a session before the daemon has answered is used only if the daemon means the same place. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeSessionFiles, sessionFilesOn, type Base } from "../../src/client/session/session-files.ts";

let root: string;
let base: Base;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "tk-session-"));
  base = { runtime: join(root, "run"), built: "/dist", sealedPrograms: "/sealed" };
});
afterEach(() => rmSync(root, { recursive: true }));

it("is used where the daemon means the same place", () => {
  const made = makeSessionFiles(base, process.env);
  expect(sessionFilesOn({ ...base }, made, process.env)).toBe(made);
  expect(readdirSync(join(made.directory, "bin"))).toContain("npm");
  made.remove();
  expect(readdirSync(join(base.runtime, "sessions"))).toEqual([]);
});

it.each<[what: string, other: (root: string) => Partial<Base>]>([
  ["runtime directory", (within) => ({ runtime: join(within, "other") })],
  ["toolkey", () => ({ sealedPrograms: "/other/sealed" })],
  ["build", () => ({ built: "/other/dist" })],
])("is removed where the daemon has another %s, and made there", (_what, other) => {
  const made = makeSessionFiles(base, process.env);
  const right = sessionFilesOn({ ...base, ...other(root) }, made, process.env);
  expect(existsSync(made.directory)).toBe(false);
  expect(existsSync(right.directory)).toBe(true);
  expect(right.base).toEqual({ ...base, ...other(root) });
  right.remove();
});
