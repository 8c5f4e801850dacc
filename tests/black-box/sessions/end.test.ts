/** The end of a session is told to the daemon by who doesn't wait for an answer, and may be gone when it is heard. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Phantom } from "../../../src/gateway/phantoms/phantoms.ts";
import { BIN, expectDone, makeHome, type TestHome } from "../../fixtures/homes/home.ts";

/** Much less than the time after which the daemon looks by itself. */
const SOON = { timeout: 15_000 };
const AT_ONCE = 12;

let home: TestHome;

beforeAll(async () => {
  home = await makeHome();
  await home.init();
  await home.addToken("npm", "https://npm.example.com", "a-token");
});
afterAll(() => home?.dispose());

/** What is valid of them, as it is written down: to ask for them would make the daemon look. */
function valid(): readonly unknown[] {
  const { phantoms } = JSON.parse(readFileSync(join(home.toolkeyHome, "config", "gateway.json"), "utf8")) as { phantoms: readonly Phantom[] };
  return phantoms.filter(({ isEnded }) => !isEnded);
}

it("is heard by a daemon that was stopped meanwhile, and nobody waits for that", async () => {
  const session = spawn(join(BIN, "toolkey"), ["run", "--quiet", "--", "sh", "-c", "echo begun; read -r line"], { env: home.environment, stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(session, "exit");
  await once(session.stdout, "data");
  expect(valid()).toHaveLength(1);
  const daemon = (await home.status())?.pid ?? 0;
  process.kill(daemon, "SIGSTOP");
  try {
    session.stdin.end("over\n");
    expect(await ended).toEqual([0, null]);
  } finally {
    process.kill(daemon, "SIGCONT");
  }
  await expect.poll(valid, SOON).toEqual([]);
  await expect.poll(() => readdirSync(join(home.toolkeyHome, "data/run/sessions")), SOON).toEqual([]);
});

it("is heard of many that end at once", async () => {
  const runs = Array.from({ length: AT_ONCE }, () => home.toolkey(["run", "--quiet", "--", "sh", "-c", ":"]));
  for (const ended of await Promise.all(runs)) expectDone(ended);
  await expect.poll(valid, SOON).toEqual([]);
});
