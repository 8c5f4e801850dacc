/** `config.toml` while the daemon runs: times hold at once, what decides about trust once a person outside has accepted it. */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ConfigurationView } from "../../../src/core/views/configuration.ts";
import { parseAnswer } from "../../../src/core/wire/wire.ts";
import { sendOperation } from "../../fixtures/processes/daemon-process.ts";
import { IS_LONG, matrix } from "../../fixtures/form.ts";
import { BIN, expectDone, makeHome, type Ended, type TestHome } from "../../fixtures/homes/home.ts";
import { keepUnderPassphrase, PASSPHRASE } from "../../fixtures/homes/locked-home.ts";

const ACME = '[service.acme]\nurl = "https://acme.example"\nhttp = { url = "https://acme.example/api" }\n';
const TEXT = '[service.acme]\nissuer = "none"\nurl = "https://acme.example"\n\n[service.acme.http]\nurl = "https://acme.example/api"\n';
const CREDENTIAL = "protocol=https\nhost=git.example\n\n";

let home: TestHome;
let file: string;

beforeEach(async () => {
  home = await makeHome();
  file = join(home.toolkeyHome, "config", "config.toml");
  mkdirSync(join(home.toolkeyHome, "config"), { mode: 0o700, recursive: true });
});
afterEach(() => home.dispose());

const write = (text: string): void => writeFileSync(file, text, { mode: 0o600 });
const config = (): Promise<ConfigurationView> => home.ask("config", {});
const accept = async (): Promise<Ended> => expectDone(await home.toolkey(["config", "accept", "--yes"]));
const serviceNames = async (): Promise<string> => expectDone(await home.toolkey(["services"])).stdout;
const waiting = (): string => `toolkey: a change of ${file} is not in force yet: it waits to be accepted\nhint: toolkey config accept, which first shows what waits\n`;

describe("times", () => {
  it("hold with the next request, also for a vault that is open", async () => {
    await home.init();
    await home.addGitToken("https://git.example", "alice", "S3CRET");
    const daemon = (await home.status())?.pid;
    write('[lock]\nidle = "2m"\nabsolute = "1h"\n[vault]\nkeep_suspended = "90m"\n');
    expect(await config()).toMatchObject({ idleMs: 120_000, absoluteMs: 3_600_000, keepSuspendedMs: 5_400_000, waits: false });
    expect(JSON.parse(expectDone(await home.toolkey(["config", "--json"])).stdout)).toEqual(await config());
    const locksAt = Date.parse((await home.status())?.vault.locksAt ?? "");
    expect(locksAt - Date.now()).toBeLessThanOrEqual(120_000);
    expect(expectDone(await home.toolkey(["config"])).stdout).toBe(
      `file       ${file}\nidle       2m\nabsolute   1h\nkeeps      suspended and revoked tokens for 90m\naccepted   of services and trust:\n  nothing\n`,
    );
    rmSync(file);
    expect(await config()).toMatchObject({ idleMs: 900_000 });
    expect((await home.status())?.pid).toBe(daemon);
  });
});

describe("a file with a fault", () => {
  it("is said by the next command, and all holds as before; git is not told", async () => {
    write(`${ACME}[lock]\nidle = "2m"\n`);
    await home.init();
    await home.addGitToken("https://git.example", "alice", "S3CRET");
    write(`${ACME}[lock]\nidle = 900\nabsolute = "1h"\n`);
    const complaint = `toolkey: ${file}, line 5: lock.idle has the wrong form\ntoolkey: that is left out: what held before stays in force, and all else counts\nhint: lock.idle is a time in quotes: "90s", "15m", "12h", "30d" or "2w"\n`;
    expect(expectDone(await home.toolkey(["list"])).stderr).toBe(complaint);
    expect((await home.toolkey(["doctor"])).stdout).toContain(`look  ${file}, line 5: lock.idle has the wrong form`);
    expect(expectDone(await home.helper("get", CREDENTIAL))).toMatchObject({ stderr: "", stdout: "username=alice\npassword=S3CRET\n" });
    expect(await config()).toMatchObject({ idleMs: 120_000, absoluteMs: 3_600_000, accepted: TEXT, waits: false, fault: expect.stringContaining("line 5") as unknown });
    write(`${ACME}[lock]\nidle = "3m"\n`);
    expect(expectDone(await home.toolkey(["list"])).stderr).toBe("");
    const mended = await config();
    expect([mended.idleMs, mended.fault]).toEqual([180_000, undefined]);
  });

  it("has its say in all else, and takes nothing away from what was accepted", async () => {
    write(`${ACME}[sandbox]\nhide = ["~/a"]\n`);
    await home.init();
    const other = '[service.other]\nurl = "https://other.example"\nhttp = { url = "https://other.example/api" }\n';
    write(`[service.acme]\nurl = 1\n${other}[sandbox]\nhide = ["a"]\n`);
    await home.stop();
    const waits = expectDone(await home.toolkey(["services"]));
    expect(waits.stdout).toContain("acme");
    expect(waits.stderr).toContain(`${file}, line 2: service.acme.url has the wrong form`);
    const accepted = await accept();
    expect(accepted.stdout).toContain("  + [service.other]\n");
    expect(accepted.stderr).toContain(`${file}, line 2: service.acme.url has the wrong form\n`);
    expect(accepted.stdout).not.toMatch(/^ {2}- |^ {2}\+ .*(hide|acme)/m);
    expect(await home.ask("sandbox", {})).toMatchObject({ default: false, hide: ["~/a"] });
    write("not TOML\n");
    await home.stop();
    expect(await serviceNames()).toMatch(/acme[^]*other/);
    expect(await home.ask("sandbox", {})).toMatchObject({ default: false, hide: ["~/a"] });
    expect(await config()).toMatchObject({ waits: false, idleMs: 900_000, faults: [{ file, line: 1, kind: "fault" }] });
  });

  it("does not make a sandbox that shows what it was to hide, nor let one be forgotten", async () => {
    await home.init();
    await home.stop();
    write('[sandbox]\ndefault = "npm"\nhide = ["a"]\n');
    const refused = `toolkey: there is no telling what a sandbox is to hide; the command was not started: ${file}, line 3: sandbox.hide.0 has the wrong form\n`;
    const started = (...words: readonly string[]): Promise<Ended> => home.toolkey(["run", ...words, "--", "echo", "started"]);
    for (const words of [[], ["--sandbox"]]) expect(await started(...words)).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining(refused) as unknown });
    expect(await started("--no-sandbox")).toMatchObject({ code: 0, stdout: "started\n" });
  });

  it("is one that others can write to, too", async () => {
    await home.init();
    write("");
    await config();
    chmodSync(file, 0o666);
    expect(expectDone(await home.toolkey(["list"])).stderr).toContain("config.toml");
    chmodSync(file, 0o600);
    expect(expectDone(await home.toolkey(["status"])).stderr).toBe("");
  });
});

describe("what decides about trust", () => {
  it("does not hold before it was accepted, and every command says so", async () => {
    await home.init();
    write(ACME);
    for (const command of matrix([["list"], ["status"]], [["services"], ["log"]])) expect(expectDone(await home.toolkey(command)).stderr).toContain(waiting());
    expect(await home.toolkey(["add", "acme", "--tool", "http", "--username", "bot"], { stdin: "T0KEN" })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^toolkey: there is no service 'acme'\n[^]*waits to be accepted/) as unknown,
    });
    expect(await serviceNames()).not.toContain("acme");
    expect(expectDone(await home.toolkey(["run", "--", "npm", "--version"])).stderr).toContain(waiting());
    expect(expectDone(await home.toolkey(["config"])).stdout).toContain("  nothing\nwaits      toolkey config accept\n  + [service.acme]\n");
    expect((await home.toolkey(["doctor"])).stdout).toContain("waits to be accepted");
  });

  it("is shown as a difference, and holds from then on, also in the next daemon", async () => {
    await home.init();
    write(ACME);
    const unasked = await home.toolkey(["config", "accept"]);
    expect(unasked).toMatchObject({ code: 2 });
    expect(await serviceNames()).not.toContain("acme");
    expect((await accept()).stdout).toBe(`${TEXT.trimEnd().split("\n").map((line) => `  + ${line}`).join("\n")}\naccepted; it is in force now\n`);
    expect(await serviceNames()).toContain("acme");
    expect((await accept()).stdout).toBe("nothing waits to be accepted\n");
    await home.stop();
    const added = expectDone(await home.toolkey(["add", "acme", "--tool", "http", "--username", "bot"], { stdin: "T0KEN" }));
    expect(added.stderr).not.toContain("waits");
  });

  it("stays as it was accepted, whatever becomes of the file", async () => {
    write(ACME);
    await home.init();
    write(ACME.replaceAll("acme.example", "evil.example"));
    await home.stop();
    const services = await serviceNames();
    expect(services).toContain("acme");
    expect(await config()).toMatchObject({ accepted: TEXT, waits: true });
    rmSync(file);
    expect(await config()).toMatchObject({ accepted: TEXT, waits: true, written: "" });
    expect((await accept()).stdout).toContain('- url = "https://acme.example"');
    expect(await serviceNames()).not.toContain("acme");
  });

  it("is not accepted if it was changed since it was shown", async () => {
    await home.init();
    write(ACME);
    const { written } = await config();
    write(ACME.replaceAll("acme.example", "evil.example"));
    const answer = parseAnswer(await sendOperation(home, "acceptConfig", JSON.stringify({ shown: written })));
    expect(answer).toMatchObject({ status: "error", failure: { code: "denied", message: `${file}, or a file of certificates, was changed since it was shown; nothing was accepted` } });
    expect(await config()).toMatchObject({ accepted: "", waits: true });
  });

  it("waits where the vault is made: a script may have written it, and removed the vault before", async () => {
    write(ACME);
    const made = expectDone(await home.toolkey(["init", "--key", "file"]));
    expect(made.stderr).toBe(`toolkey: a change of ${file} is not in force yet: it waits to be accepted\nhint: toolkey config accept, which first shows what waits\n`);
    expect(await config()).toMatchObject({ accepted: "", waits: true });
  });

  it("is accepted as it is where the vault is made with --accept, which is said", async () => {
    write(ACME);
    const made = expectDone(await home.toolkey(["init", "--key", "file", "--accept"]));
    expect(made.stderr).toContain(`toolkey: accepted as it is now (toolkey config):\ntoolkey:   [service.acme]\n`);
    expect(await config()).toMatchObject({ accepted: TEXT, waits: false });
    expect(await home.toolkey(["init", "--accept"])).toMatchObject({ code: 0, stderr: "hint: to change its key: toolkey init --rekey\n" });
    // Once more it accepts nothing: a script may have changed it since.
    write(ACME.replaceAll("acme.example", "evil.example"));
    const again = await home.toolkey(["init", "--accept"]);
    expect([again.code, again.stderr.trim().split("\n").at(-1)]).toEqual([1, "hint: to accept what waits: toolkey config accept"]);
    expect(await config()).toMatchObject({ accepted: TEXT, waits: true });
  });

  it("is not known while only a person can open the vault, and nothing is done with it until then", async () => {
    write(ACME);
    await home.init();
    await home.stop();
    await keepUnderPassphrase(home);
    expect(await home.toolkey(["add", "acme", "--tool", "http", "--username", "bot"], { stdin: "T0KEN" })).toMatchObject({ code: 3, stderr: "toolkey: the vault is locked, and its passphrase is needed\nhint: toolkey unlock\n" });
    const closed = await config();
    expect([closed.accepted, closed.waits]).toEqual([undefined, false]);
    await sendOperation(home, "unlock", JSON.stringify({ passphrase: PASSPHRASE }));
    expect(await config()).toMatchObject({ accepted: TEXT, waits: false });
  });
});

describe("inside of a sealed command", () => {
  it("a script that writes config.toml, accepts it, and ends the daemon gets nothing of it to hold", async () => {
    write(ACME);
    await home.init();
    await home.addGitToken("https://git.example", "alice", "S3CRET");
    const before = (await home.status())?.pid ?? 0;
    const evil = ACME.replaceAll("acme.example", "evil.example");
    const shell = expectDone(await home.run("readlink", ["-f", "/bin/sh"])).stdout.trim();
    const script = join(home.directory, "script");
    writeFileSync(
      script,
      `#!/bin/sh
true
cat > "${file}" <<'END'
${evil}[sealed]
trusted = ["${shell}"]
END
shown=$(cat "${file}")
"${BIN}/toolkey" config accept --yes
"${BIN}/toolkey" config
printf 'toolkey=1\\ntool=toolkey\\noperation=acceptConfig\\n\\n{"shown":""}' | git credential-cache --socket "${join(home.toolkeyHome, "data", "run", "agent.sock")}" get
kill -9 ${before}
printf 'protocol=https\\nhost=git.example\\n\\n' | "${BIN}/git-credential-toolkey" get
"${BIN}/toolkey" config accept --yes
"${BIN}/toolkey" services
"${process.execPath}" "${join(BIN, "../dist/daemon.cjs")}" 3>&1
true
`,
      { mode: 0o755 },
    );
    // By the mark alone: `toolkey run` would start the next daemon itself.
    const tried = await home.run("setpriv", ["--no-new-privs", "--", script]);
    await whenDaemonEndedOf(before);
    expect(tried.stdout + tried.stderr).not.toContain("S3CRET");
    expect(tried.stdout).not.toContain("accepted; it is");
    expect(tried.stdout + tried.stderr).toContain("the daemon is not started from inside of a sealed command");
    expect(readFileSync(file, "utf8")).toContain("evil.example");

    expect(await config()).toMatchObject({ accepted: TEXT, waits: true });
    const services = expectDone(await home.toolkey(["services"]));
    expect(services.stdout).not.toContain("evil.example");
    expect(services.stderr).toBe(waiting());
    if (!IS_LONG) return;
    const again = await home.toolkey(["run", "--", script]);
    expect(again.stdout + again.stderr).not.toContain("S3CRET");
  });
});

/** A process that is gone: it was another's child. */
async function whenDaemonEndedOf(pid: number): Promise<void> {
  expect(pid).toBeGreaterThan(0);
  if (existsSync(`/proc/${pid}`)) await home.run("tail", [`--pid=${pid}`, "-f", "/dev/null"]);
}
