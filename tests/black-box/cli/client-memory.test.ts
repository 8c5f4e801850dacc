/** A client keeps its memory from core dumps and other programs before it has a secret. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DIST, makeHome, type TestHome } from "../../fixtures/homes/home.ts";
import { missing } from "../../fixtures/programs/programs.ts";

let home: TestHome;
let directory: string;

beforeAll(async () => {
  home = await makeHome();
  await home.init();
  directory = mkdtempSync(join(tmpdir(), "tk-"));
});
afterAll(async () => {
  await home.dispose();
  rmSync(directory, { recursive: true });
});

it.skipIf(process.platform !== "linux" || missing("strace")).each([
  ["toolkey add", "toolkey.cjs", ["add", "https://git.example", "--tool", "git", "--username", "ada"], "S3CRET-1"],
  ["git's helper behind the fast lane", "git-credential.cjs", ["store"], "protocol=https\nhost=git.example\nusername=ada\npassword=S3CRET-2\n\n"],
])("%s", async (_what, program, argv, stdin) => {
  const trace = join(directory, program);
  const traced = ["-f", "-s", "200", "-o", trace, "-e", "trace=prctl,prlimit64,setrlimit,read,recvmsg,readv"];
  expect((await home.run("strace", [...traced, process.execPath, join(DIST, program), ...argv], { stdin })).code).toBe(0);
  const calls = readFileSync(trace, "utf8").split("\n");
  const at = (pattern: RegExp): number => calls.findIndex((call) => pattern.test(call));
  const secret = at(/S3CRET/);
  expect(secret).toBeGreaterThan(-1);
  for (const kept of [/prctl\(PR_SET_DUMPABLE, (0|SUID_DUMP_DISABLE)/, /RLIMIT_CORE, \{rlim_cur=0, rlim_max=0\}/]) {
    expect(at(kept)).toBeGreaterThan(-1);
    expect(at(kept)).toBeLessThan(secret);
  }
});
