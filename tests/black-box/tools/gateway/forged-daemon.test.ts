/** A script puts a socket of its own in the place of the daemon's, and waits for what people type. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { socketOf, whenFile } from "../../../fixtures/processes/daemon-process.ts";
import { BIN, expectDone, makeHome, type TestHome } from "../../../fixtures/homes/home.ts";
import { ASKS, keepUnderPassphrase, PASSPHRASE } from "../../../fixtures/homes/locked-home.ts";
import { openTerminal } from "../../../fixtures/processes/pseudo-terminal.ts";
import { missing } from "../../../fixtures/programs/programs.ts";

const FORGER = `
import { appendFileSync, renameSync, writeFileSync } from "node:fs"; import { createServer } from "node:net";
const [socket, heard, ready] = process.argv.slice(2);
createServer((connection) => connection.on("data", (text) => appendFileSync(heard, text)).on("error", () => {})).listen(socket + "2", () => {
  renameSync(socket + "2", socket);
  writeFileSync(ready, String(process.pid));
});`;

let home: TestHome;

beforeAll(async () => {
  home = await makeHome();
  await home.init();
});
afterAll(() => home.dispose());

describe.skipIf(missing("setpriv"))("a socket in the daemon's place", () => {
  it("is told nothing, and the person is told whose it is", async () => {
    const [heard, ready, forger] = ["heard", "ready", "forger.mjs"].map((name) => join(home.directory, name)) as [string, string, string];
    writeFileSync(forger, FORGER);
    writeFileSync(heard, "");
    const ended = home.toolkey(["run", "--", process.execPath, forger, socketOf(home), heard, ready]);
    await whenFile(ready, () => existsSync(ready) && readFileSync(ready, "utf8") !== "", ended);
    const pid = readFileSync(ready, "utf8");

    const add = (): ReturnType<TestHome["toolkey"]> => home.toolkey(["add", "https://git.example", "--tool", "git", "--username", "alice"], { stdin: "S3CRET" });
    const refused = await add();
    expect(refused.code).toBe(1);
    expect(refused.stderr).toBe(`toolkey: ${socketOf(home)} is answered by process ${pid}, which is inside of a sealed command or a sandbox; nothing was sent there\nhint: kill ${pid}; then the next command starts a daemon\n`);
    const run = (...words: string[]): ReturnType<TestHome["toolkey"]> => home.toolkey(["run", ...words, "--", "sh", "-c", "echo ran"]);
    // It may have to run in a sandbox, and nobody can say.
    expect(await run()).toMatchObject({ code: 1, stdout: "", stderr: `${refused.stderr.replace("sent there", "sent there; the command was not started")}hint: 'toolkey run --no-sandbox' does without a sandbox\n` });
    expect(await run("--no-sandbox")).toMatchObject({ code: 0, stdout: "ran\n", stderr: expect.stringContaining("sh runs without a token\n") as string });
    process.kill(Number(pid), "SIGKILL");
    await ended;
    expect(readFileSync(heard, "utf8")).toBe("");
    expectDone(await add());
  });

  it.skipIf(missing("script"))("is not told a passphrase that is being typed, nor is that called wrong", async () => {
    const [heard, ready, forger] = ["heard", "ready-2", "forger.mjs"].map((name) => join(home.directory, name)) as [string, string, string];
    await home.stop();
    await keepUnderPassphrase(home);
    const terminal = openTerminal(home, `exec ${join(BIN, "toolkey")} unlock`);
    await terminal.shows(ASKS);
    const forging = home.run("setpriv", ["--no-new-privs", "--", process.execPath, forger, socketOf(home), heard, ready]);
    await whenFile(ready, () => existsSync(ready) && readFileSync(ready, "utf8") !== "", forging);
    const pid = readFileSync(ready, "utf8");
    terminal.type(`${PASSPHRASE}\r`);
    const { code, shown } = await terminal.ended;
    process.kill(Number(pid), "SIGKILL");
    await forging;
    expect(code).toBe(1);
    expect(shown).toContain(`is answered by process ${pid}, which is inside of a sealed command or a sandbox; nothing was sent there`);
    expect(shown).not.toContain("wrong");
    expect(readFileSync(heard, "utf8")).toBe("");
  });
});
