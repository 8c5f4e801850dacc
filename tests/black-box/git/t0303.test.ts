/** git's own conformance suite for credential helpers, run against the built helper. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { makeHome } from "../../fixtures/homes/home.ts";

const SUITE = fileURLToPath(new URL("../../../.cache/git/source/t", import.meta.url));
/** As many as git 2.41 had, the first with expiry and refresh tokens; newer ones add to them. */
const LEAST_TESTS = 21;

it.skipIf(!existsSync(SUITE) && process.env["CI"] !== "true")("git's t0303-credential-external.sh passes, with its timeout part", async () => {
  const home = await makeHome();
  // The suite keeps its own files where it is told to, and the names of its directories are long.
  const results = await mkdtemp(join(tmpdir(), "t0303-"));
  try {
    await home.init();
    const ended = await home.run("./t0303-credential-external.sh", [`--root=${results}`], {
      cwd: SUITE,
      env: {
        GIT_TEST_CREDENTIAL_HELPER: "toolkey",
        GIT_TEST_CREDENTIAL_HELPER_TIMEOUT: "toolkey --timeout=1",
        GIT_TEST_CHAIN_LINT: "0",
        TEST_OUTPUT_DIRECTORY: results,
      },
    });
    const lines = ended.stdout.split("\n");
    expect(lines.filter((line) => line.startsWith("not ok"))).toEqual([]);
    const passed = Number(/^# passed all (\d+) test\(s\)$/m.exec(ended.stdout)?.[1]);
    expect(passed, ended.stdout + ended.stderr).toBeGreaterThanOrEqual(LEAST_TESTS);
    expect(lines.filter((line) => /^ok .*\(toolkey --timeout=1\) times out$/.test(line))).toHaveLength(1);
    expect(lines.filter((line) => /^ok .*# skip/i.test(line))).toEqual([]);
    expect(ended.code).toBe(0);
  } finally {
    await home.dispose();
    await rm(results, { recursive: true, force: true });
  }
});
