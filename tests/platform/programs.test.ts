/** Which programs a PATH leads to. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findProgram, programsPresent } from "../../src/platform/processes/programs.ts";
import { PROGRAM } from "../fixtures/programs/bundle.ts";
import { expectDone } from "../fixtures/homes/home.ts";
import { makeHomeWithoutPrivilege } from "../fixtures/homes/without-privilege.ts";

describe("programs on PATH", () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "tk-programs-"));
    for (const name of ["first", "second"]) mkdirSync(join(directory, name));
    program("second", "npm");
    program("first", "git");
    program("second", "git");
    writeFileSync(join(directory, "first", "npm"), "", { mode: 0o644 });
    symlinkSync("nowhere", join(directory, "second", "cargo"));
  });
  afterEach(() => {
    chmodSync(join(directory, "second"), 0o755);
    rmSync(directory, { recursive: true });
  });

  const program = (place: string, name: string): void => writeFileSync(join(directory, place, name), "", { mode: 0o755 });
  const path = (): { PATH: string } => ({ PATH: ["first", "", "missing", "second", "first"].map((name) => (name === "" ? "" : join(directory, name))).join(":") });

  it("are those that can be run, in the order that was asked for", () => {
    expect(programsPresent(["npm", "cargo", "git", "mvn"], path())).toEqual(["npm", "git"]);
    expect(programsPresent(["git"], {})).toEqual([]);
  });

  it("are found one by one where the first directory has them", () => {
    expect(findProgram("git", path())).toBe(join(directory, "first", "git"));
    expect(findProgram("npm", path())).toBe(join(directory, "second", "npm"));
    expect(findProgram("cargo", path())).toBeUndefined();
  });

  it("are there in a directory that may be searched, but not read", async () => {
    chmodSync(join(directory, "second"), 0o311);
    const outfile = join(directory, "programs.cjs");
    buildSync({ ...PROGRAM, entryPoints: [fileURLToPath(new URL("../../src/platform/processes/programs.ts", import.meta.url))], outfile });
    const home = await makeHomeWithoutPrivilege();
    try {
      const script = "console.log(...require(process.argv[1]).programsPresent(['npm', 'git'], { PATH: process.argv[2] }))";
      expect(expectDone(await home.run(process.execPath, ["-e", script, outfile, path().PATH])).stdout).toBe("npm git\n");
    } finally {
      await home.dispose();
    }
  });
});
