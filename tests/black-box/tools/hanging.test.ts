/** What happens when the daemon does not answer, and when a file changes while it is set up. */
import { createServer } from "node:net";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { exchange } from "../../../src/client/daemon/exchange.ts";
import { backupOf, editTextFile, takeBackEdit } from "../../../src/platform/files/file-edit.ts";
import { makeHome, type TestHome } from "../../fixtures/homes/home.ts";

let home: TestHome;

beforeEach(async () => {
  home = await makeHome();
});
afterEach(() => home.dispose());

test("a client waits for an answer as long as it is told", async () => {
  const path = join(home.directory, "silent.sock");
  const silent = createServer({ allowHalfOpen: true }).listen(path);
  await once(silent, "listening");
  await expect(exchange(path, "toolkey=1\n", { patienceMs: 100 })).rejects.toMatchObject({ code: "unavailable", message: "the daemon does not answer" });
  silent.close();
});

test("a client that has stopped waiting, before or while it is connected, does not go on", async () => {
  const path = join(home.directory, "silent.sock");
  const leaving = new AbortController();
  const silent = createServer(() => leaving.abort()).listen(path);
  await once(silent, "listening");
  // Without end, as the client that attends a command waits.
  expect(await exchange(path, "toolkey=1\n", { patienceMs: 0, signal: leaving.signal })).toBeUndefined();
  expect(await exchange(path, "toolkey=1\n", { patienceMs: 0, signal: leaving.signal })).toBeUndefined();
  silent.close();
});

test("toolkey-authorization ends if the daemon doesn't answer", async () => {
  await home.init();
  const pid = (await home.status())?.pid ?? 0;
  const fast = join(home.directory, "fast");
  mkdirSync(fast);
  writeFileSync(join(fast, "timeout"), '#!/bin/sh\nshift\nexec /usr/bin/timeout 1 "$@"\n', { mode: 0o755 });
  process.kill(pid, "SIGSTOP");
  const ended = await home.run("toolkey-authorization", ["pnpm", "https://r.example"], { env: { PATH: `${fast}:${home.environment["PATH"] ?? ""}` } });
  process.kill(pid, "SIGCONT");
  expect(ended).toMatchObject({ code: 1, stdout: "", stderr: "toolkey: the daemon does not answer\n" });
});

test("a file that was saved while a passphrase was typed is not written over", async () => {
  const path = join(home.directory, "settings");
  for (const change of [editTextFile, takeBackEdit]) {
    writeFileSync(path, "saved\n");
    await expect(change({ path, before: "read\n", after: "read\n# ours\n" })).rejects.toMatchObject({ message: `${path} was changed in the meantime` });
    await expect(change({ path, before: undefined, after: "# ours\n" })).rejects.toMatchObject({ code: "unavailable" });
    expect(readFileSync(path, "utf8")).toBe("saved\n");
    expect(existsSync(backupOf(path))).toBe(false);
  }
});
