/** `/etc/toolkey/config.toml`, beneath the user's own: what it gives, what it fixes, and whose word it is. */
import { chmodSync, chownSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ConfigurationView } from "../../../src/core/views/configuration.ts";
import type { Status } from "../../../src/core/views/status.ts";
import { matrix } from "../../fixtures/form.ts";
import { BIN, expectDone, makeHome } from "../../fixtures/homes/home.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { canHaveSystemHome, makeSystemHome, SYSTEM_FILE, type SystemHome } from "../../fixtures/homes/system-configuration.ts";
import { makeTls } from "../../fixtures/network/tls.ts";

const CREDENTIAL = "protocol=https\nhost=git.example\n\n";
/** Makes a user namespace, says who is who in there, and has a script run. */
const FORGED = `mkfifo go ready
unshare --user --keep-caps --mount sh -c 'echo > ready; read _ < go; exec setpriv --reuid=0 --regid=0 --clear-groups sh ./inside.sh "$0"' "$0" &
pid=$!
read _ < ready
printf '0 61000 1\\n1000 61234 1\\n' | tee /proc/$pid/gid_map > /proc/$pid/uid_map
echo > go
wait $pid
`;
/** Makes a tree of root's, in which all is as it was but /etc. */
const INSIDE = `set -e
mount -t tmpfs -o mode=755 none root
for each in /*; do
  if test -L "$each"; then cp -P "$each" root; elif test -d "$each" && test "$each" != /etc; then mkdir "root$each" && mount --rbind "$each" "root$each"; fi
done
mkdir -p root/etc/toolkey
printf '[sealed]\\ntrusted = ["/bin/sh"]\\n' > root/etc/toolkey/config.toml
exec setpriv --reuid=1000 --regid=1000 --clear-groups --inh-caps=+sys_chroot --ambient-caps=+sys_chroot -- chroot root sh -c 'stat -c %u / /etc/toolkey/config.toml >&2; "$0" config --json; "$0" stop >&2' "$1"
`;
const CORP = '[service.corp]\nurl = "https://corp.example"\ngit = { url = "https://corp.example/git" }\n';

describe.skipIf(missing("unshare", "setpriv") || (!canHaveSystemHome() && process.env["CI"] === undefined))("the system's file", () => {
  let home: SystemHome;
  beforeEach(async () => {
    home = await makeSystemHome();
  });
  afterEach(() => home.dispose());

  const init = async (): Promise<void> => void expectDone(await home.toolkey(["init", "--key", "file"]));
  const config = (): Promise<ConfigurationView> => home.json<ConfigurationView>(["config"]);
  const services = async (): Promise<string> => expectDone(await home.toolkey(["services"])).stdout;
  const codes = async (): Promise<string[]> =>
    (JSON.parse((await home.toolkey(["doctor", "--json"])).stdout) as { code: string; verdict: string }[]).map(({ code }) => code).filter((code) => code.includes("configuration"));

  it("holds where the user's own says nothing, setting by setting, and nobody has to accept it", async () => {
    home.system(`${CORP}[lock]\nidle = "5m"\nabsolute = "2h"\n[network]\nproxy = "http://proxy.example:3128"\nno_proxy = ["localhost", ".corp.example"]\n`);
    home.own('[lock]\nabsolute = "1h"\n');
    await init();
    expect(await services()).toMatch(/^corp .*git$/m);
    const view = await config();
    expect(view).toMatchObject({ idleMs: 300_000, absoluteMs: 3_600_000, keepSuspendedMs: 30 * 86_400_000, accepted: "", waits: false, faults: [], systemFile: SYSTEM_FILE });
    const from = { "lock.idle": SYSTEM_FILE, "lock.absolute": home.ownFile, "service.corp": SYSTEM_FILE, "network.proxy": SYSTEM_FILE, "network.no_proxy": SYSTEM_FILE };
    expect(Object.fromEntries(view.settings.map(({ name, file }) => [name, file]))).toEqual(from);
    const status = await home.json<Status>(["status"]);
    expect(status).toMatchObject({ systemFile: SYSTEM_FILE, settings: view.settings });
    expect(status.session).toEqual({ httpProxy: "http://proxy.example:3128", httpsProxy: "http://proxy.example:3128", noProxy: "localhost,.corp.example" });
    const shown = expectDone(await home.toolkey(["status"]));
    expect(shown.stdout).toContain(`config     ${home.ownFile}: lock.absolute\n           ${SYSTEM_FILE}: lock.idle, service.corp, network.proxy, network.no_proxy\n`);
    expect(expectDone(await home.toolkey(["config"])).stdout).toContain(`idle       5m (${SYSTEM_FILE})\nabsolute   1h (${home.ownFile})\n`);
    expect(shown.stderr).toBe("");
    expect(await codes()).toEqual(["configuration-in-force", "system-configuration"]);
    // What a session names itself counts.
    expect((await home.json<Status>(["status"])).session).not.toHaveProperty("certificates");
    const own = expectDone(await home.toolkey(["status", "--json"], { env: { https_proxy: "http://mine.example:8080" } }));
    expect((JSON.parse(own.stdout) as Status).session).toMatchObject({ httpsProxy: "http://mine.example:8080", httpProxy: "http://proxy.example:3128" });
  });

  it("has what it fixes refused in the user's own, and says what holds instead; also of what was accepted before", async () => {
    home.own(`${CORP}[lock]\nidle = "1h"\n[sealed]\ntrusted = ["/opt/mine"]\n`);
    await init();
    expectDone(await home.toolkey(["config", "accept", "--yes"]));
    expect(await services()).toContain("corp ");
    home.system(`fixed = ["lock.idle", "sealed", "service.corp"]\n[lock]\nidle = "5m"\n${CORP.replaceAll("corp.example", "new.example")}`);
    const said = expectDone(await home.toolkey(["list"])).stderr;
    expect(said).toContain(`toolkey: ${home.ownFile}, line 1: service.corp is fixed by ${SYSTEM_FILE}, and what that says holds\n`);
    expect(said).toContain(`toolkey: ${home.ownFile}, line 5: lock.idle is fixed by ${SYSTEM_FILE}, and "5m" holds\n`);
    expect(said).toContain(`toolkey: ${home.ownFile}, line 7: sealed.trusted is fixed by ${SYSTEM_FILE}, and what toolkey has by default holds\n`);
    expect(said).not.toContain("waits");
    expect(await config()).toMatchObject({ idleMs: 300_000, accepted: "", written: "", waits: false, settings: [{ name: "lock.idle", fixed: true }, { name: "service.corp", file: SYSTEM_FILE, fixed: true }] });
    const known = await home.json<{ name: string; url: string }[]>(["services"]);
    expect(known.find(({ name }) => name === "corp")?.url).toBe("https://new.example");
    expect(await codes()).toContain("configuration-fixed");
    expect(expectDone(await home.helper("get", CREDENTIAL)).stderr).toBe("");
    // Root takes it back, and the user's own holds again.
    home.system("");
    expect(await config()).toMatchObject({ idleMs: 3_600_000, faults: [] });
    expect((await home.json<{ name: string; url: string }[]>(["services"])).find(({ name }) => name === "corp")?.url).toBe("https://corp.example");
  });

  it("is read wherever a user has his own, and no variable leads elsewhere", async () => {
    home.system('fixed = ["lock"]\n[lock]\nidle = "5m"\n');
    await init();
    mkdirSync(join(home.directory, "x", "toolkey"), { recursive: true });
    writeFileSync(join(home.directory, "x", "toolkey", "config.toml"), '[lock]\nidle = "9h"\n');
    const env = { TOOLKEY_HOME: undefined, HOME: home.directory, XDG_CONFIG_HOME: join(home.directory, "x"), XDG_CONFIG_DIRS: join(home.directory, "x"), TOOLKEY_CONFIG: join(home.directory, "x"), XDG_DATA_HOME: join(home.toolkeyHome, "d") };
    const there = expectDone(await home.toolkey(["config", "--json"], { env }));
    expect(JSON.parse(there.stdout)).toMatchObject({ idleMs: 300_000, systemFile: SYSTEM_FILE });
    expectDone(await home.toolkey(["stop"], { env }));
  });

  it("is not the user's own where his variables say so, nor removed with his", async () => {
    home.system('fixed = ["lock.idle"]\n[lock]\nidle = "5m"\n[sealed]\ntrusted = ["/opt/runner"]\n');
    const env = { TOOLKEY_HOME: undefined, XDG_CONFIG_HOME: "/etc" };
    expectDone(await home.toolkey(["init", "--key", "file"], { env }));
    const there = expectDone(await home.toolkey(["config", "--json"], { env }));
    expect(JSON.parse(there.stdout)).toMatchObject({ file: SYSTEM_FILE, idleMs: 300_000, faults: [], waits: false, written: "", system: '[sealed]\ntrusted = [ "/opt/runner" ]\n' });
    expectDone(await home.toolkey(["stop"], { env }));
    const link = join(home.directory, "link");
    symlinkSync("/etc", link);
    for (const variables of [env, { ...env, XDG_CONFIG_HOME: "/etc/" }, { ...env, XDG_CONFIG_HOME: link }, { ...env, XDG_STATE_HOME: "/etc/." }]) {
      const purge = ["--prefix", join(home.directory, "none"), "--purge", "--yes", "--no-revoke"];
      expectDone(await home.asRoot(join(BIN, "..", "install", "uninstall.sh"), purge, { env: variables }));
      expect(readFileSync(join(home.etc, "toolkey", "config.toml"), "utf8")).toContain("fixed");
    }
  });

  it("is nobody's word if another than root has a say over it, which is told; git goes on", async () => {
    await init();
    const file = join(home.etc, "toolkey", "config.toml");
    const bad = '[lock]\nidle = "1m"\n[sealed]\ntrusted = ["/bin/sh"]\n';
    const expectLeftOut = async (why: string): Promise<void> => {
      const said = expectDone(await home.toolkey(["list"]));
      expect(said.stderr).toContain(`toolkey: ${SYSTEM_FILE} is left out: ${why}\nhint: it counts once it, and all above it, is root's alone to write\n`);
      expect(await config()).toMatchObject({ idleMs: 900_000, system: "" });
      expect(expectDone(await home.helper("get", CREDENTIAL)).stderr).toBe("");
    };
    home.system(bad);
    chownSync(file, 61_234, 0);
    await expectLeftOut(`${SYSTEM_FILE} belongs to another user than root (uid 61234)`);
    expect(await codes()).toContain("system-configuration-left-out");
    chownSync(file, 0, 0);
    chmodSync(file, 0o664);
    await expectLeftOut(`others than root can write to ${SYSTEM_FILE}`);
    chmodSync(file, 0o644);
    chmodSync(join(home.etc, "toolkey"), 0o777);
    await expectLeftOut("others than root can write to /etc/toolkey");
    chmodSync(join(home.etc, "toolkey"), 0o755);
    expect(await config()).toMatchObject({ idleMs: 60_000 });
    // A link is as good as what it leads through.
    renameSync(file, join(home.etc, "elsewhere.toml"));
    symlinkSync("../elsewhere.toml", file);
    expect(await config()).toMatchObject({ idleMs: 60_000 });
    rmSync(file);
    writeFileSync(join(home.directory, "mine.toml"), bad);
    symlinkSync(join(home.directory, "mine.toml"), file);
    await expectLeftOut("others than root can write to /tmp");
  });

  it.each(matrix<[what: string, content: string | Uint8Array, said: string]>([
    ["not TOML", "[lock\n", ", line 1, column 6: "],
  ], [
    ["not UTF-8", Buffer.from('[lock]\nidle = "5m" # caf\xe9\n', "latin1"), ", line 2: it is not UTF-8"],
    ["larger than a configuration is", Buffer.alloc(10 * 1024 * 1024, "#"), "it is larger than 64 KiB"],
  ]))("that is %s holds on in a running daemon; after a start what is safest holds, and git goes on", async (_what, content, said) => {
    home.system(`fixed = ["service.corp", "lock.idle"]\n${CORP}[lock]\nidle = "5m"\n[sandbox]\nhide = ["~/hidden"]\n`);
    home.own('[lock]\nabsolute = "48h"\nidle = "1h"\n');
    await init();
    expectDone(await home.toolkey(["add", "https://git.example", "--tool", "git", "--username", "alice"], { stdin: "S3CRET" }));
    home.system(content);
    expect(expectDone(await home.toolkey(["list"])).stderr).toContain(said);
    expect(await config()).toMatchObject({ idleMs: 300_000, absoluteMs: 172_800_000 });
    expect(await services()).toContain("corp ");
    await home.stop();
    expect(expectDone(await home.helper("get", CREDENTIAL))).toMatchObject({ stdout: "username=alice\npassword=S3CRET\n", stderr: "" });
    expect(await config()).toMatchObject({ idleMs: 900_000, absoluteMs: 43_200_000, faults: [{ file: SYSTEM_FILE, kind: "fault" }] });
    expect(await services()).not.toContain("corp ");
    expect(await codes()).toContain("configuration-fault");
    const run = (...words: readonly string[]) => home.toolkey(["run", "--quiet", ...words, "--", "echo", "started"]);
    expect(await run()).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("the command was not started: ") as unknown });
    expect(await run("--no-sandbox")).toMatchObject({ code: 0, stdout: "started\n" });
    home.system("");
    expect(await run()).toMatchObject({ code: 0, stdout: "started\n" });
  });

  it("says which commands run in a sandbox, also before there is a vault", async () => {
    home.system('[sandbox]\ndefault = ["ls"]\nhide = ["relative"]\n');
    expect(await home.toolkey(["run", "--", "echo", "started"])).toMatchObject({ code: 0, stdout: "started\n" });
    expect(await home.toolkey(["run", "--", "ls", "/"])).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining(`${SYSTEM_FILE}, line 3: sandbox.hide.0 has the wrong form`) as unknown });
  });

  it("counts but for the setting with a fault, whose name stays taken", async () => {
    home.system('fixed = ["lock.idel"]\n[lock]\nidle = "5 m"\nabsolute = "48h"\n[service.nuxeo]\nurl = "https://nuxeo.corp.example"\nissuer = "none"\nauto = "yes"\n[network]\ncacert = "corp.pem"\nproxy = "http://proxy.example:3128"\n');
    home.own('[lock]\nabsolute = "96h"\n');
    await init();
    const { stderr } = expectDone(await home.toolkey(["list"]));
    expect(stderr).toContain(`${SYSTEM_FILE}, line 3: lock.idle has the wrong form`);
    expect(stderr).toContain("more of it: 2; toolkey config shows them\n");
    const view = await config();
    // What `fixed` was to name can't be told: what the file says is taken for it.
    expect(view).toMatchObject({ idleMs: 900_000, absoluteMs: 172_800_000, system: '[network]\nproxy = "http://proxy.example:3128"\n' });
    expect(view.faults.map(({ file, line, setting, kind }) => [file === SYSTEM_FILE, line, setting, kind])).toEqual([
      [false, 2, "lock.absolute", "fixed"], [true, 3, "lock.idle", "fault"], [true, 8, "service.nuxeo", "fault"], [true, 10, "network.cacert", "fault"], [true, 1, "fixed", "fault"],
    ]);
    expect(await services()).not.toMatch(/^nuxeo /m);
    expect((await home.toolkey(["add", "nuxeo", "--tool", "git"], { stdin: "S3CRET" })).stderr).toContain("there is no service 'nuxeo'");
  });

  it("has certificates trusted that root alone keeps, at every place, and no others", async () => {
    const tls = await makeTls();
    const [ca, text] = [join(home.etc, "toolkey", "ca.pem"), readFileSync(tls.caFile)];
    writeFileSync(ca, text);
    home.system('[network]\ncacert = "/etc/toolkey/ca.pem"\n');
    await init();
    expect(await config()).toMatchObject({ waits: false, written: "" });
    chmodSync(ca, 0o666);
    expect(await config()).toMatchObject({ waits: true, written: expect.stringContaining("[certificates]") as unknown });
  });

  it("waits to be accepted with the user's own where root is no other: as root, and in a user namespace", async () => {
    home.system(`fixed = ["lock.idle"]\n${CORP}[lock]\nidle = "5m"\n[sealed]\ntrusted = ["/bin/sh"]\n`);
    const root = await makeHome();
    try {
      const as = async (...argv: readonly string[]) => expectDone(await home.asRoot(join(BIN, "toolkey"), argv, { env: { HOME: root.directory, TOOLKEY_HOME: root.toolkeyHome } }));
      const made = await as("init", "--key", "file");
      expect(made.stderr).toContain(`config.toml or ${SYSTEM_FILE} is not in force yet: it waits to be accepted\n`);
      expect(JSON.parse((await as("config", "--json")).stdout)).toMatchObject({ idleMs: 300_000, accepted: "", system: "", waits: true, written: expect.stringMatching(/corp.example[^]*|trusted/) as unknown });
      expect((await as("services")).stdout).not.toContain("corp ");
      await as("config", "accept", "--yes");
      expect((await as("services")).stdout).toContain("corp ");
      await as("stop");
    } finally {
      await root.dispose();
    }
    // Who makes a namespace says whose files are root's in there: by a range of ids of his own, he is that himself.
    const forged = join(home.directory, "forged");
    mkdirSync(join(forged, "root"), { recursive: true });
    writeFileSync(join(forged, "inside.sh"), INSIDE);
    const inside = await home.asRoot("sh", ["-c", FORGED, join(home.bin, "toolkey")], { cwd: forged });
    expect(JSON.parse(expectDone(inside).stdout)).toMatchObject({ system: "", written: expect.stringContaining("/bin/sh") as unknown });
  });
});
