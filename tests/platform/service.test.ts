/** What keeps the daemon running on macOS: what launchd is told, read by another program's reader of property lists; never a real launchd. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Failure } from "../../src/core/failure.ts";
import { isThere, start, stop } from "../../src/platform/service/keep-running.ts";
import { launchd } from "../../src/platform/service/launchd.ts";
import { missing } from "../fixtures/programs/programs.ts";

let directory: string;
beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), "tk-launchd-"))));
afterEach(() => rmSync(directory, { recursive: true }));

/** A launchctl that fails for these words, as those of launchctl(1). */
function launchctl(...failing: readonly string[]): Record<string, string> {
  const fails = failing.map((words) => `'${words}') exit 3 ;;`).join(" ");
  writeFileSync(join(directory, "launchctl"), `#!/bin/sh\necho "$*" >>'${directory}/told'\ncase "$*" in ${fails} *) exit 0 ;; esac\n`);
  chmodSync(join(directory, "launchctl"), 0o755);
  return { PATH: `${directory}:/usr/bin:/bin`, HOME: "/Users/alice" };
}

const told = (): string[] => readFileSync(join(directory, "told"), "utf8").trim().split("\n");
const DOMAIN = `gui/${process.getuid?.() ?? 0}`;
const FILE = "/Users/alice/Library/LaunchAgents/toolkey.plist";

describe.skipIf(missing("python3"))("the file for launchd", () => {
  it("says what is run, with what, and that it is kept running", async () => {
    const variables = { TOOLKEY_HOME: `/Users/alice/a & b <c> "d" 'e'` };
    const text = await launchd.describe({ node: "/opt/homebrew/bin/node", options: ["--inspect-port=192.0.2.1:9229"], daemon: "/opt/toolkey/dist/daemon.cjs", variables });
    const read = execFileSync("python3", ["-c", "import sys, json, plistlib; json.dump(plistlib.loads(sys.stdin.buffer.read()), sys.stdout)"], { input: text });
    expect(JSON.parse(read.toString())).toEqual({
      Label: "toolkey",
      ProgramArguments: ["/opt/homebrew/bin/node", "--inspect-port=192.0.2.1:9229", "/opt/toolkey/dist/daemon.cjs", "--wait"],
      EnvironmentVariables: { NODE_OPTIONS: "", NODE_EXTRA_CA_CERTS: "", ...variables },
      WorkingDirectory: "/",
      Umask: 0o077,
      HardResourceLimits: { Core: 0 },
      RunAtLoad: true,
      KeepAlive: true,
      ThrottleInterval: 1,
    });
  });
});

describe("launchd", () => {
  it("is there where a person is logged in on the screen", async () => {
    expect(await isThere(launchd, launchctl())).toBe(true);
    expect(await isThere(launchd, launchctl(`print ${DOMAIN}`))).toBe(false);
    expect(told()).toEqual([`print ${DOMAIN}`, `print ${DOMAIN}`]);
    expect(await isThere(launchd, { PATH: "/nonexistent" })).toBe(false);
  });

  it("reads the file anew, whether it knew another one or not", async () => {
    await start(launchd, launchctl(`bootout ${DOMAIN}/toolkey`));
    expect(told()).toEqual([`bootout ${DOMAIN}/toolkey`, `enable ${DOMAIN}/toolkey`, `bootstrap ${DOMAIN} ${FILE}`]);
  });

  it("says which command failed", async () => {
    const failed = start(launchd, launchctl(`bootstrap ${DOMAIN} ${FILE}`));
    await expect(failed).rejects.toThrow(Failure);
    await expect(failed).rejects.toThrow(`this failed: launchctl bootstrap ${DOMAIN} ${FILE}`);
  });

  it("is told to end what it runs, and need not have run it", async () => {
    await stop(launchd, launchctl());
    expect(told()).toEqual([`bootout ${DOMAIN}/toolkey`]);
    await stop(launchd, launchctl(`bootout ${DOMAIN}/toolkey`, `print ${DOMAIN}/toolkey`));
    await expect(stop(launchd, launchctl(`bootout ${DOMAIN}/toolkey`))).rejects.toThrow("this failed: launchctl bootout");
  });
});
