import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { expect, it } from "vitest";
import { runProgram } from "../../src/platform/processes/programs.ts";

/** How a program ends that waits for this. */
async function ended(work: string): Promise<unknown> {
  const directory = mkdtempSync(join(tmpdir(), "tk-ending-"));
  const outfile = join(directory, "program.cjs");
  const contents = `import { endAfter } from "./ending.ts"; endAfter(${work}, ({ message }) => console.error(message));`;
  try {
    buildSync({ stdin: { contents, resolveDir: join(import.meta.dirname, "../../src/client"), loader: "ts" }, bundle: true, platform: "node", format: "cjs", outfile });
    return await runProgram(process.execPath, [outfile], process.env);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

it("a program whose work is done ends with 0", async () => {
  expect(await ended("Promise.resolve()")).toEqual({ stdout: "", stderr: "", exitCode: 0 });
});

it("one that has nothing left to wait for before its work is done does not look as if it was", async () => {
  expect(await ended("new Promise(() => undefined)")).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("a bug in toolkey") as string });
});
