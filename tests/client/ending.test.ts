import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { expect, it } from "vitest";
import { runProgram } from "../../src/platform/processes/programs.ts";

/** What is seen of a program that does this, by who runs it. */
async function seenOf<T>(contents: string, run: (program: string) => T): Promise<Awaited<T>> {
  const directory = mkdtempSync(join(tmpdir(), "tk-ending-"));
  const outfile = join(directory, "program.cjs");
  try {
    buildSync({ stdin: { contents, resolveDir: join(import.meta.dirname, "../../src/client"), loader: "ts" }, bundle: true, platform: "node", format: "cjs", outfile });
    return await run(outfile);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** How a program ends that waits for this. */
function ended(work: string): Promise<unknown> {
  const contents = `import { endAfter } from "./ending.ts"; endAfter(${work}, ({ message }) => console.error(message));`;
  return seenOf(contents, (program) => runProgram(process.execPath, [program], process.env));
}

it("a program whose work is done ends with 0", async () => {
  expect(await ended("Promise.resolve()")).toEqual({ stdout: "", stderr: "", exitCode: 0 });
});

it("one that has nothing left to wait for before its work is done does not look as if it was", async () => {
  expect(await ended("new Promise(() => undefined)")).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("a bug in toolkey") as string });
});

it.each([
  ["SIGPIPE", { status: null, signal: "SIGPIPE" }],
  ["SIGHUP", { status: null, signal: "SIGHUP" }],
  ["SIGTERM", { status: null, signal: "SIGTERM" }],
  ["SIGKILL", { status: null, signal: "SIGKILL" }],
  // It would leave a core file.
  ["SIGSEGV", { status: 139, signal: null }],
])("one ends as its command ended by %s, which Node or its starter may ignore", async (signal, expected) => {
  const contents = `import { endLike } from "./ending.ts"; endLike({ signal: "${signal}" }); setTimeout(() => undefined, 1000);`;
  const seen = await seenOf(contents, (program) => spawnSync("sh", ["-c", `trap "" HUP; exec "$0" "$1"`, process.execPath, program]));
  expect(seen).toMatchObject(expected);
});
