/** One vault, one daemon: which one a client means follows from its data directory, by any route to it. */
import { chmodSync, chownSync, existsSync, linkSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { administerIfRunning } from "../../../src/client/daemon/request.ts";
import type { Status } from "../../../src/core/views/status.ts";
import { paths } from "../../../src/platform/paths.ts";
import { longTest, matrix } from "../../fixtures/form.ts";
import { expectDone, makeHome, type TestHome } from "../../fixtures/homes/home.ts";
import { lockFromElsewhere } from "../../fixtures/processes/other-machine.ts";
import { makeHomeWithoutPrivilege } from "../../fixtures/homes/without-privilege.ts";

const CREDENTIAL = "protocol=https\nhost=one.example\n\n";
const isRoot = process.getuid?.() === 0;
const inCi = process.env["CI"] === "true";
const uid = process.getuid?.() ?? 0;

/** Runs as in a session of its own: these variables, and no TOOLKEY_HOME. */
interface Session {
  readonly env: Readonly<Record<string, string | undefined>>;
  run(...argv: readonly string[]): Promise<string>;
  status(): Promise<Status>;
  get(): Promise<string>;
}

let home: TestHome;
let sessions: Session[];

beforeEach(async () => {
  home = await makeHomeWithoutPrivilege();
  sessions = [];
  mkdirSync(join(home.directory, "tmp"), { mode: 0o700 });
});

afterEach(async () => {
  for (const session of sessions) await home.toolkey(["stop"], { env: session.env });
  await home.dispose();
});

function session(variables: Readonly<Record<string, string>>): Session {
  const env = { TOOLKEY_HOME: undefined, TMPDIR: join(home.directory, "tmp"), ...variables };
  const made: Session = {
    env,
    run: async (...argv) => expectDone(await home.toolkey(argv, { env })).stdout,
    status: async () => {
      const status = await administerIfRunning({ paths: paths(env), environment: env }, "status", {});
      if (status === undefined) throw new Error("no daemon runs");
      return status;
    },
    get: async () => expectDone(await home.helper("get", CREDENTIAL, { env })).stdout,
  };
  sessions.push(made);
  return made;
}

async function withVault(variables: Readonly<Record<string, string>>, secret: string): Promise<Session> {
  const made = session(variables);
  await made.run("init", "--key", "file");
  expectDone(await home.helper("store", `${CREDENTIAL.trimEnd()}\nusername=u\npassword=${secret}\n\n`, { env: made.env }));
  return made;
}

const homeOf = (name: string): string => {
  const directory = join(home.directory, name);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
};
const dataOf = (homeDirectory: string): string => join(homeDirectory, ".local", "share", "toolkey");
const given = (secret: string): string => `username=u\npassword=${secret}\n`;

describe("two homes of one user", () => {
  it("with the same directory for temporary files have a vault and a daemon each", async () => {
    const one = await withVault({ HOME: homeOf("one") }, "FIRST");
    const two = await withVault({ HOME: homeOf("two") }, "SECOND");
    expect([await one.get(), await two.get()]).toEqual([given("FIRST"), given("SECOND")]);
    expect((await one.status()).pid).not.toBe((await two.status()).pid);
  });

  it("a changed XDG_DATA_HOME is another vault", async () => {
    const one = await withVault({ HOME: homeOf("one") }, "FIRST");
    const two = session({ HOME: homeOf("one"), XDG_DATA_HOME: join(home.directory, "elsewhere") });
    expect(await two.get()).toBe("");
    expect((await home.toolkey(["list"], { env: two.env })).stderr).toContain("there is no vault");
    expect(await one.get()).toBe(given("FIRST"));
  });

  it.each(matrix<readonly [string, readonly [string, string]]>([["copied by hard links", ["cp", "-al"]]], [
    ["copied", ["cp", "-a"]],
  ]))("one of which was %s: each is answered from its own", async (_how, [program, option]) => {
    const one = await withVault({ HOME: homeOf("one") }, "FIRST");
    expectDone(await home.run(program, [option, join(home.directory, "one"), join(home.directory, "two")]));
    const two = session({ HOME: join(home.directory, "two") });
    // The one vault is replaced by a rename, so that the other keeps what it had.
    const options = { env: one.env, stdin: "NEXT" };
    expectDone(await home.toolkey(["add", "https://two.example", "--tool", "git", "--username", "u"], options));
    expect(await two.run("list")).not.toContain("two.example");
    expect(await two.get()).toBe(given("FIRST"));
    expect(await one.run("list")).toContain("two.example");
    expect((await two.status()).pid).not.toBe((await one.status()).pid);
  });

  longTest("one of which was moved, with the other in its place", async () => {
    const one = await withVault({ HOME: homeOf("one") }, "FIRST");
    const before = (await one.status()).pid;
    renameSync(join(home.directory, "one"), join(home.directory, "moved"));
    const moved = session({ HOME: join(home.directory, "moved") });
    expect(await one.get()).toBe("");
    expect(await moved.get()).toBe(given("FIRST"));
    expect((await moved.status()).pid).not.toBe(before);
  });
});

describe("one home", () => {
  it("in a desktop's session and from cron has one daemon, and is locked and unlocked once", async () => {
    const desktop = await withVault({ HOME: homeOf("one"), XDG_RUNTIME_DIR: homeOf("run") }, "FIRST");
    const cron = session({ HOME: homeOf("one"), TMPDIR: "/tmp" });
    expect((await cron.status()).pid).toBe((await desktop.status()).pid);
    await desktop.run("lock");
    expect((await cron.status()).vault.state).toBe("locked");
    await cron.run("unlock");
    expect((await desktop.status()).vault.state).toBe("open");
    expect(await cron.get()).toBe(given("FIRST"));
  });

  it("by a symbolic link has one daemon", async () => {
    const one = await withVault({ HOME: homeOf("one") }, "FIRST");
    symlinkSync("one", join(home.directory, "link"));
    const linked = session({ HOME: join(home.directory, "link") });
    expect(await linked.get()).toBe(given("FIRST"));
    expect((await linked.status()).pid).toBe((await one.status()).pid);
  });

  it.skipIf(!isRoot && !inCi)("after su, with the runtime directory of another user", async () => {
    const foreign = homeOf("run");
    chownSync(foreign, 65_534, 65_534);
    const one = await withVault({ HOME: homeOf("one"), XDG_RUNTIME_DIR: foreign }, "FIRST");
    expect(await one.get()).toBe(given("FIRST"));
    expect(readdirSync(foreign)).toEqual([]);
  });

  it("with a relative TOOLKEY_HOME is that of the client's directory", async () => {
    const directory = homeOf("one");
    const options = { env: { TOOLKEY_HOME: "t" }, cwd: directory };
    expectDone(await home.toolkey(["init", "--key", "file"], options));
    try {
      expect(existsSync(join(directory, "t", "data", "vault.age"))).toBe(true);
    } finally {
      expectDone(await home.toolkey(["stop"], options));
    }
  });
});

describe("where the daemon can't be beside the vault", () => {
  it("because the directory is read-only, it is elsewhere, and found from any session", async () => {
    const one = await withVault({ HOME: homeOf("one") }, "FIRST");
    await one.run("stop");
    const data = dataOf(homeOf("one"));
    rmSync(join(data, "run"), { recursive: true });
    chmodSync(data, 0o500);
    try {
      expect(await one.get()).toBe(given("FIRST"));
      const { pid, socket, passedOver } = await one.status();
      expect(socket).not.toContain(data);
      expect(passedOver).toEqual([{ directory: join(data, "run"), reason: expect.stringContaining("EACCES") as string }]);
      expect(await one.get()).toBe(given("FIRST"));
      expect((await one.status()).pid).toBe(pid);
      expect(await one.run("status")).toContain(`not in ${join(data, "run")}: `);
      expect((await home.toolkey(["doctor"], { env: one.env })).stdout).toContain(`look  the daemon's socket is not in ${join(data, "run")}`);
      await one.run("stop");
    } finally {
      chmodSync(data, 0o700);
    }
  });

  it("because its path is too long", async () => {
    const long = await withVault({ HOME: homeOf("x".repeat(100)) }, "FIRST");
    expect(await long.get()).toBe(given("FIRST"));
    const { pid, passedOver } = await long.status();
    expect(passedOver[0]?.reason).toContain("longer than 103 bytes");
    expect((await long.status()).pid).toBe(pid);
  });

  it("because another machine's daemon has it", async () => {
    const one = await withVault({ HOME: homeOf("one") }, "FIRST");
    await one.run("stop");
    const unlock = await lockFromElsewhere(dataOf(homeOf("one")));
    expect(await one.get()).toBe(given("FIRST"));
    const { passedOver, pid } = await one.status();
    expect(passedOver[0]?.reason).toContain("another machine");
    await unlock();
    expect((await one.status()).pid).toBe(pid);
  });

  it.skipIf(!isRoot && !inCi)("and another user has taken the usual name, it has one that nobody can take", async () => {
    const long = "x".repeat(100);
    const temporary = homeOf("shared");
    const usual = join(temporary, `toolkey-${uid}`);
    mkdirSync(usual, { mode: 0o777 });
    chownSync(usual, 65_534, 65_534);
    const one = await withVault({ HOME: homeOf(long), TMPDIR: temporary }, "FIRST");
    const { pid, socket } = await one.status();
    expect(readdirSync(usual)).toEqual([]);
    // Where the system has a directory for sessions of this user, that comes first.
    if (!existsSync(`/run/user/${uid}`)) expect(socket).toMatch(new RegExp(`^${usual}-[0-9a-f]{12}/`));
    expect(await one.get()).toBe(given("FIRST"));
    expect((await one.status()).pid).toBe(pid);
  });
});

it("a link to another vault's socket gets nothing from it, by the script or by Node", async () => {
  const other = await makeHome();
  try {
    await other.init();
    await other.addGitToken("https://one.example", "u", "OTHERS");
    const one = await withVault({ HOME: homeOf("one") }, "FIRST");
    await one.run("stop");
    const socket = join(dataOf(homeOf("one")), "run", "agent.sock");
    linkSync(join(other.toolkeyHome, "data", "run", "agent.sock"), socket);
    expect(await one.get()).toBe(given("FIRST"));
    expect((await one.status()).pid).not.toBe((await other.status())?.pid);
  } finally {
    await other.dispose();
  }
});
