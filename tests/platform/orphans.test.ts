/** A process that is the parent of orphans still hears of its own children. That orphans are reaped: black-box/sessions/agent. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { describe, expect, it } from "vitest";
import { PROGRAM } from "../fixtures/programs/bundle.ts";
import { expectDone, runToEnd } from "../fixtures/homes/home.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** In a process of its own: what is reaped here would be missed by others. */
const SCRIPT = `
  const { spawn, spawnSync } = require("node:child_process");
  const { readFileSync } = require("node:fs");
  const stateOf = (pid) => /\\) (\\w)/.exec(readFileSync("/proc/" + pid + "/stat", "latin1"))[1];
  require(process.argv[1]).adoptOrphans();
  const child = spawn("sh", ["-c", "exit 7"]);
  child.once("exit", (code) => console.log("ended with", code));
  // Nothing else happens meanwhile: Node has not heard of it.
  while (stateOf(child.pid) !== "Z") spawnSync("true");
  process.emit("SIGCHLD", "SIGCHLD");
  console.log("is", stateOf(child.pid));
`;

describe.skipIf(process.platform !== "linux")("adoptOrphans", () => {
  it("leaves to Node what it has started, whoever looks first", async () => {
    const directory = mkdtempSync(join(tmpdir(), "tk-orphans-"));
    try {
      const outfile = join(directory, "orphans.cjs");
      buildSync({ entryPoints: [join(ROOT, "src/platform/processes/orphans.ts")], outfile, ...PROGRAM });
      const ended = await runToEnd(process.execPath, ["-e", SCRIPT, outfile], { PATH: process.env["PATH"] ?? "", NODE_PATH: join(ROOT, "node_modules") });
      expect(expectDone(ended).stdout).toBe("is Z\nended with 7\n");
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
