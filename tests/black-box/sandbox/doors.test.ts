/** What a program in a sandbox could try to have something done outside of it, and what becomes of it. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BIN, expectDone } from "../../fixtures/homes/home.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { makeSandboxHome, type SandboxHome } from "./sandbox-home.ts";

const TOKEN = "the-real-token-of-git";
const GIT_URL = "https://git.example/team";
const DOORS = readFileSync(join(import.meta.dirname, "../../fixtures/processes/doors.sh"), "utf8");

describe.skipIf(missing("bwrap", "dbus-daemon", "dbus-send", "setpriv", "strace"))("a program in a sandbox", () => {
  let world: SandboxHome;
  let session: string;
  let outside: ChildProcess;

  beforeAll(async () => {
    world = await makeSandboxHome();
    session = mkdtempSync(join(tmpdir(), "tk-session-"));
    await world.home.init();
    await world.home.addGitToken(GIT_URL, "alice", TOKEN);
    // A process of the same user, with something of interest in its variables.
    outside = spawn("sleep", ["600"], { env: { ...world.home.environment, OUTSIDE: "of-the-sandbox" }, stdio: "ignore" });
  });
  afterAll(async () => {
    outside?.kill();
    await world?.dispose();
    rmSync(session, { recursive: true, force: true });
  });

  it("gets no token by any door of toolkey's", async () => {
    const script = join(world.project, "doors.sh");
    writeFileSync(script, DOORS);
    chmodSync(script, 0o755);
    const socket = join(world.home.toolkeyHome, "data", "run", "agent.sock");
    const { stdout, stderr } = await world.inside(`./doors.sh '${BIN}' '${socket}' '${GIT_URL}' https://npm.example/ id 2>&1`);
    expect(stdout).toMatch(/\ntried\n$/);
    expect(stdout + stderr).not.toContain(TOKEN);
  });

  it("sees no process outside, and reaches none by /proc, by a signal or by ptrace", async () => {
    const pid = outside.pid ?? 0;
    const script = `cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -x OUTSIDE=of-the-sandbox && echo seen
      ls /proc/${pid}/root/ /proc/${pid}/cwd/ && echo reached
      kill -0 ${pid} && echo signalled
      timeout 10 strace -e trace=none -p ${pid} 2>&1 | grep attached
      node -e 'process.kill(${pid}, "SIGUSR1"); console.log("debugged")'
      ls -d /proc/1/root/proc/${pid} && echo climbed`;
    expect((await world.inside(script)).stdout).toBe("");
  });

  it("can't take away what covers something", async () => {
    const script = "umount ~/.ssh; umount -l ~/.ssh; unshare -Urm sh -c 'umount ~/.ssh; umount -l ~/.ssh; cat ~/.ssh/id_ed25519'; mount -o remount,rw ~/.bashrc; cat ~/.ssh/id_ed25519; echo evil >> ~/.bashrc";
    expect((await world.inside(script)).stdout).toBe("");
    expect(readFileSync(world.at(".bashrc"), "utf8")).toBe("# mine\n");
  });

  it("can't have the kernel start something", async () => {
    // What is there is written again, so that a machine on which this fails is what it was.
    const again = (file: string): string => `said=$(cat ${file}) && printf '%s\\n' "$said" > ${file} && echo wrote`;
    const script = `mkdir /tmp/p; ${again("/proc/sys/kernel/core_pattern")}
      unshare -Urpfm sh -c 'mount -t proc proc /tmp/p && ${again("/tmp/p/sys/kernel/core_pattern").replaceAll("'", "")}'
      unshare -Urnm sh -c 'mount -t sysfs sys /tmp/p && touch /tmp/p/kernel/uevent_helper && : > /tmp/p/kernel/uevent_helper && echo wrote'
      for at in /etc/cron.d /etc /usr/bin /var/spool/cron /sys/fs/cgroup; do touch $at/evil && echo wrote; done
      mknod /tmp/disk b 8 0 && echo made; mount -t tmpfs none /tmp/p && echo mounted; chroot /tmp true && echo there`;
    expect((await world.inside(script)).stdout).toBe("");
  });

  it("reaches no D-Bus by a socket with a path, nor systemd", async () => {
    const address = `unix:path=${join(session, "bus")}`;
    const bus = spawn("dbus-daemon", ["--session", "--nofork", "--print-address=1", `--address=${address}`], { env: world.home.environment, stdio: ["ignore", "pipe", "ignore"] });
    try {
      await once(bus.stdout, "data");
      const ask = `dbus-send --bus='${address}' --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.ListNames`;
      expect(expectDone(await world.home.run("sh", ["-c", ask])).stdout).toContain("org.freedesktop.DBus");
      const ended = await world.inside(`${ask}; dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.ListNames; systemd-run --user true; systemctl --user status`, { env: { DBUS_SESSION_BUS_ADDRESS: address } });
      expect(ended.stdout).toBe("");
    } finally {
      bus.kill();
    }
  });
});
