/** The daemon outlives whoever starts it, and keeps nothing of him. */
import { existsSync, readdirSync, readFileSync, readlinkSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Status } from "../../../src/core/views/status.ts";
import { expectDone, makeHome, type TestHome } from "../../fixtures/homes/home.ts";
import { startSessionBus } from "../../fixtures/processes/key-store.ts";
import { missing } from "../../fixtures/programs/programs.ts";

const CREDENTIAL = "protocol=https\nhost=one.example\n\n";

let home: TestHome;

beforeEach(async () => {
  home = await makeHome();
});

afterEach(() => home.dispose());

async function makeVault(): Promise<void> {
  await home.init();
  await home.addGitToken("https://one.example", "u", "SECRET");
}

async function status(env: Readonly<Record<string, string | undefined>> = {}): Promise<Status> {
  return JSON.parse(expectDone(await home.toolkey(["status", "--json"], { env })).stdout) as Status;
}

it.skipIf(missing("bash"))("no descriptor: a lock of a cron job is free when the job has ended", async () => {
  await makeVault();
  await home.stop();
  const lock = join(home.directory, "lock");
  const job = 'exec 5>"$1.5" 16>"$1.16" 17>"$1.17" 200>"$1" 900>"$1.900"; flock 200; git-credential-toolkey get';
  expect(expectDone(await home.run("bash", ["-c", job, "bash", lock], { stdin: CREDENTIAL })).stdout).toContain("password=SECRET");
  const { pid } = await status();
  expectDone(await home.run("flock", ["--nonblock", lock, "true"]));
  const open = readdirSync(`/proc/${pid}/fd`).map((descriptor) => linkOf(`/proc/${pid}/fd/${descriptor}`));
  expect(open.filter((path) => path.startsWith(lock))).toEqual([]);
  expect(open).toContainEqual(expect.stringContaining("daemon.lock"));
});

it("no session, group, directory, mask of files or ignored signal", async () => {
  await makeVault();
  await home.stop();
  const job = 'trap "" HUP INT QUIT TERM USR2; umask 000; git-credential-toolkey get';
  expectDone(await home.run("sh", ["-c", job], { stdin: CREDENTIAL, cwd: home.directory }));
  const { pid } = await status();
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const [, , group, ofSession] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  expect([group, ofSession]).toEqual([String(pid), String(pid)]);
  expect(readlinkSync(`/proc/${pid}/cwd`)).toBe("/");
  const lines = readFileSync(`/proc/${pid}/status`, "utf8");
  expect(/^Umask:\s+(\d+)/m.exec(lines)?.[1]).toBe("0077");
  const ignored = BigInt(`0x${/^SigIgn:\s+(\w+)/m.exec(lines)?.[1] ?? "0"}`);
  for (const signal of [1, 2, 3, 15, 12]) expect(ignored & (1n << BigInt(signal - 1))).toBe(0n);
});

it("no proxy and no certificates: those of each request count", async () => {
  const day = { HTTPS_PROXY: "http://alice:PASS@proxy.example:3128", NO_PROXY: "localhost", NODE_EXTRA_CA_CERTS: join(home.directory, "ca.pem") };
  expectDone(await home.toolkey(["init", "--key", "file"], { env: day }));
  expect((await status(day)).session).toMatchObject({
    httpsProxy: "http://proxy.example:3128",
    noProxy: "localhost",
    certificates: join(home.directory, "ca.pem"),
  });
  expect((await status()).session).toEqual({ bus: (await status()).session.bus });
  expect(expectDone(await home.toolkey(["status"], { env: day })).stdout).toContain("proxy      http://proxy.example:3128 for https, none for localhost\n");
  const doctor = await home.toolkey(["doctor"], { env: day });
  expect(doctor.stdout).toContain("of this session it uses proxy: http://proxy.example:3128 for https");
});

describe("a key file that a variable names", () => {
  it("counts for init with a daemon that runs already, and is said where it is, also when it is missing", async () => {
    const file = join(home.directory, "key.txt");
    const env = { TOOLKEY_IDENTITY_FILE: file };
    // Any daemon: it needs no vault.
    expectDone(await home.toolkey(["services"]));
    expectDone(await home.toolkey(["init", "--key", "file"], { env }));
    expect(readFileSync(file, "utf8")).toContain("AGE-SECRET-KEY");
    await home.addGitToken("https://one.example", "u", "SECRET");
    await home.stop();

    expect(expectDone(await home.helper("get", CREDENTIAL)).stdout).toContain("password=SECRET");
    expect((await status()).vault).toMatchObject({ keySource: "file", keyWhere: file });

    await home.stop();
    renameSync(file, `${file}.aside`);
    for (const more of [{}, env]) {
      const ended = await home.toolkey(["list"], { env: more });
      expect(ended.code).toBe(1);
      expect(ended.stderr).toContain(`there is no identity file ${file}`);
      expect((await status(more)).vault).toMatchObject({ keySource: "file", keyWhere: file });
    }
    renameSync(`${file}.aside`, file);
    expect(expectDone(await home.helper("get", CREDENTIAL)).stdout).toContain("password=SECRET");
  });

  it("is left alone when the vault gets another key", async () => {
    const file = join(home.directory, "key.txt");
    expectDone(await home.toolkey(["init", "--key", "file"], { env: { TOOLKEY_IDENTITY_FILE: file } }));
    const before = readFileSync(file, "utf8");
    expectDone(await home.toolkey(["init", "--rekey", "--key", "file"]));
    expect(readFileSync(file, "utf8")).toBe(before);
    expect((await status()).vault.keyWhere).toBe(join(home.toolkeyHome, "data", "identity.txt"));
    await home.stop();
    expectDone(await home.toolkey(["list"]));
  });

  it("of the caller's directory", async () => {
    writeFileSync(join(home.directory, "other"), "");
    expectDone(await home.toolkey(["services"]));
    expectDone(await home.toolkey(["init", "--key", "file"], { env: { TOOLKEY_IDENTITY_FILE: "key.txt" }, cwd: home.directory }));
    expect(existsSync(join(home.directory, "key.txt"))).toBe(true);
  });
});

it.skipIf(missing("dbus-daemon", "dbus-send", "dbus-monitor", "gnome-keyring-daemon", "secret-tool"))(
  "no bus: the vault opens by the key store of the session that asks, after that of the first has ended",
  async () => {
    const first = await startSessionBus(home);
    await first.startKeyStore();
    expectDone(await home.toolkey(["init", "--key", "keychain"], { env: first.environment }));
    const { pid } = await status(first.environment);
    await first.close();

    const second = await startSessionBus(home, "second");
    await second.startKeyStore();
    try {
      expectDone(await home.toolkey(["lock"], { env: second.environment }));
      expectDone(await home.toolkey(["unlock"], { env: second.environment }));
      expect((await status(second.environment)).pid).toBe(pid);
      expect((await status(second.environment)).session.bus).toBe(second.environment["DBUS_SESSION_BUS_ADDRESS"]);
    } finally {
      await second.close();
    }
  },
);

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
