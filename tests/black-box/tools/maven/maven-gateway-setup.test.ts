/** `toolkey setup maven --gateway`: settings with a phantom, by which plain `mvn` and IDEs get what they need. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { RunView } from "../../../../src/core/gateway/views.ts";
import { IS_LONG, matrix } from "../../../fixtures/form.ts";
import { BIN, expectDone, type Ended, type RunOptions } from "../../../fixtures/homes/home.ts";
import { putParent, writeParentedProject } from "../../../fixtures/tools/maven-project.ts";
import { LIBS_TOKEN, makeMavenHome, startMavenServers, type MavenHome, type MavenServers } from "../../../fixtures/tools/maven-run.ts";
import { maven, mavenMissing, type MavenVersion, NEWEST, OLDER } from "../../../fixtures/tools/maven.ts";
import { missing } from "../../../fixtures/programs/programs.ts";

const OWN = "<?xml version='1.0'?>\r\n<settings>\r\n  <!-- mine -->\r\n  <mirrors/><offline>false</offline>\r\n</settings>";

let servers: MavenServers;
let home: MavenHome;
let libs: string;
let token: string;
let settings: string;

beforeAll(async () => {
  servers = await startMavenServers();
  libs = servers.acme.url("/libs");
  putParent(servers.acme, "/libs");
});
afterAll(() => servers.close());
beforeEach(async () => {
  home = await makeMavenHome(servers);
  settings = join(home.directory, ".m2", "settings.xml");
  mkdirSync(join(home.directory, ".m2"));
  mkdirSync(join(home.toolkeyHome, "config"), { recursive: true });
  writeFileSync(join(home.toolkeyHome, "config", "config.toml"), `[service.acme]\nissuer = "none"\nurl = "${libs}"\nmaven = { server = "acme", url = "${libs}" }\n`);
  await home.acceptConfig();
  token = await home.add("acme", LIBS_TOKEN, "alice");
  await writeParentedProject(home.project, [{ id: "acme", url: libs }]);
});
afterEach(() => home.dispose());

describe("what it writes", () => {
  it("is shown without a phantom, written, replaced the next time, and taken back to the byte", async () => {
    writeFileSync(settings, OWN);
    const shown = expectDone(await setUp("--dry-run"));
    expect(shown.stdout).toContain(`would change ${settings}:`);
    expect(readFileSync(settings, "utf8")).toBe(OWN);
    expect(await phantoms()).toEqual([]);

    const done = expectDone(await setUp());
    expect(done.stderr).toContain(`toolkey: Maven reads through the gateway, with a phantom for 180 days: ${libs}`);
    const [first] = await phantoms();
    const before = readFileSync(settings, "utf8");
    expect(before).toContain(`(${first})`);
    expect(before).not.toContain(LIBS_TOKEN);
    expectDone(await setUp("--publish"));
    const [second, ...more] = await phantoms();
    expect([second === first, more]).toEqual([false, []]);
    expect(readFileSync(settings, "utf8")).toContain(`(${second})`);

    expectDone(await home.toolkey(["setup", "maven", "--undo"]));
    expect(readFileSync(settings, "utf8")).toBe(OWN);
    expect([existsSync(`${settings}.toolkey-backup`), existsSync(join(home.directory, ".mavenrc"))]).toEqual([false, false]);
    expect(await phantoms()).toEqual([]);
    expect(expectDone(await home.toolkey(["setup", "maven", "--undo"])).stdout).toContain("no file has anything of toolkey");
  });

  it("keeps what was changed since, and removes a file that it made", async () => {
    expectDone(await setUp());
    writeFileSync(settings, readFileSync(settings, "utf8").replace("</settings>", "<offline>true</offline></settings>"));
    expectDone(await setUp());
    expect(existsSync(`${settings}.toolkey-backup`)).toBe(false);
    expectDone(await home.toolkey(["setup", "maven", "--undo"]));
    expect(readFileSync(settings, "utf8")).toBe("<settings>\n<offline>true</offline></settings>\n");
    writeFileSync(settings, "");
    expect((await setUp()).stderr).toContain(`${settings}, line 1`);
  });

  it("gives way to the tokens themselves, and those to it", async () => {
    expectDone(await setUp());
    expectDone(await home.toolkey(["setup", "maven"]));
    expect([existsSync(settings), await phantoms()]).toEqual([false, []]);
    expect((await wouldGet()).stdout).toMatch(/^-s \/proc\/\d+\/fd\/\d+$/);
    expectDone(await setUp());
    expect(await wouldGet()).toMatchObject({ stdout: "", stderr: "" });
    // Nor do they come back where the phantom has ended: that would be for the person to choose.
    await home.ask("revokePhantoms", {});
    expect(await wouldGet()).toMatchObject({ stdout: "", stderr: "" });
  });

  it("fails with nothing changed where there is nothing to lead anywhere", async () => {
    await home.ask("revoke", { ids: [token], local: true });
    const refused = await setUp();
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain("there is no maven token for a repository of your settings");
    expect([existsSync(settings), existsSync(join(home.directory, ".mavenrc"))]).toEqual([false, false]);
    expect((await home.toolkey(["setup", "maven", "--native", "--gateway"])).stderr).toContain("choose one of them");
    expect((await home.toolkey(["setup", "npm", "--gateway"])).stderr).toContain("there is no --gateway for npm");
  });
});

describe("what runs within a Maven whose settings hold a phantom", () => {
  /** As Maven's JVM looks to the system. */
  const within = (script: string) => home.run("bash", ["-c", `exec -a java bash -c "$1; true" org.codehaus.plexus.classworlds.launcher.Launcher`, "bash", script]);

  it("gets no token by asking the daemon, neither as a hook nor as Maven 4", async () => {
    expectDone(await setUp());
    writeFileSync(join(home.toolkeyHome, "config", "maven-settings.xml"), "<settings/>\n");
    await home.stop();
    expectDone(await home.toolkey(["list"]));
    const hook = `'${join(BIN, "toolkey-authorization")}' maven '${libs}'`;
    expect((await home.run("sh", ["-c", hook])).stdout).toMatch(/^Basic /);
    expect(await within(hook)).toMatchObject({ stdout: "", stderr: expect.stringContaining("not answered inside of Maven: what a sealed command starts can use tokens, but gets none") as string });

    const client = "const s = require('net').connect(process.argv[1]); s.on('data', (d) => process.stdout.write(d)); s.write('GET_PASSPHRASE --no-ask a b c d\\nBYE\\n')";
    const socket = `node -e "${client}" '${join(home.toolkeyHome, "data", "run", "maven", "acme.sock")}'`;
    const hex = (text: string) => Buffer.from(text).toString("hex").toUpperCase();
    expect((await home.run("sh", ["-c", socket])).stdout.toUpperCase()).toContain(hex(LIBS_TOKEN));
    const inside = (await within(socket)).stdout.toUpperCase();
    expect([inside.includes(hex(LIBS_TOKEN)), inside.includes(hex("toolkey-has-no-token-for-this-place"))]).toEqual([false, true]);
  });
});

describe("what toolkey doctor finds", () => {
  const findings = async () => (await home.toolkey(["doctor"])).stdout.split("\n").filter((line) => /gateway|phantom|settings\.xml/.test(line));
  /** As if the daemon had been away, and meanwhile something had happened. */
  const meanwhile = async (change: (file: { port: number; phantoms: { expiresAt: string }[] }) => void) => {
    await home.stop();
    const file = join(home.toolkeyHome, "config", "gateway.json");
    const kept = JSON.parse(readFileSync(file, "utf8")) as Parameters<typeof change>[0];
    change(kept);
    writeFileSync(file, JSON.stringify(kept));
    return kept;
  };

  it("is that all is well, or what is not", async () => {
    expectDone(await setUp());
    expect(await findings()).toEqual([expect.stringMatching(/^ok {4}mvn goes through the gateway, by the phantom in \S+settings\.xml, until 20/)]);

    const soon = new Date(Date.now() + 24 * 3_600_000).toISOString().replace(/\.\d+/, "");
    const { port } = await meanwhile(({ phantoms: [phantom] }) => void (phantom !== undefined && (phantom.expiresAt = soon)));
    expect(await findings()).toEqual([`look  the phantom in ${settings} is good only until ${soon}`, "      toolkey setup maven --gateway"]);

    await meanwhile((file) => void (file.port = file.port === 28_999 ? 28_998 : file.port + 1));
    const found = await findings();
    expect(found[0]).toMatch(new RegExp(`^BAD {3}${settings} leads to http://127\\.0\\.0\\.1:${port}, and the gateway is http://127\\.0\\.0\\.1:\\d+$`));

    await meanwhile((file) => void (file.port = port));
    const other = createServer().listen(port, "127.0.0.1");
    await once(other, "listening");
    expect(await findings()).toContain("BAD   the gateway does not listen, and Maven is led there");
    other.close();

    await home.ask("revokePhantoms", {});
    expect(await findings()).toContain(`BAD   the phantom in ${settings} is not valid any more: Maven gets nothing by it`);
    expectDone(await setUp());
    expect(await findings()).toEqual([expect.stringMatching(/^ok {4}/)]);
  });
});

describe.each(matrix([NEWEST], OLDER))("Maven %s", (version) => {
  it.skipIf(mavenMissing(version) || missing("curl"))("gets all by itself, also where no script starts it; nobody else can use what lies there", async () => {
    writeFileSync(settings, OWN);
    expectDone(await setUp());
    // The hook wakes the daemon, and gives nothing.
    await home.stop();
    const before = servers.acme.requests.length;
    const ended = expectDone(await mvn(version));
    expect(ended.stderr).not.toContain("toolkey");
    expect(servers.acme.requests.slice(before).map(({ authorization, status }) => `${authorization} ${status}`)).toEqual(["libs 200", "libs 200"]);
    expectDone(await mvn(version, { env: { MAVEN_SKIP_RC: "1" } }, "fresh"));

    const text = readFileSync(settings, "utf8");
    const [phantom = "", url = ""] = [/tkphantom_[\w-]+/.exec(text)?.[0], /<url>([^<]+)</.exec(text)?.[1]];
    const curl = await home.run("curl", ["-s", "-u", `toolkey:${phantom}`, `${url}/com/acme/parent/1/parent-1.pom`]);
    expect(JSON.parse(curl.stdout)).toMatchObject({ status: 403, title: "toolkey: the phantom belongs to another process, and does not work for this one" });
    const [run] = JSON.parse((await home.toolkey(["log", "-n", "1", "--json"])).stdout) as RunView[];
    expect(run).toMatchObject({ tool: "maven", purpose: "maven settings", refused: [{ times: 1 }] });

    if (!IS_LONG) return expectTakenBack();

    // A command of `toolkey run` goes its own way, with a phantom of its own.
    expect(expectDone(await home.mvnThrough(version, ["-Dmaven.repo.local=own", "validate"])).stderr).toContain(`uses ${token} for ${libs} through the gateway`);

    expectDone(await home.toolkey(["revoke", "--yes", "--local", token]));
    expect((await mvn(version, {}, "none")).stdout).toContain(`toolkey: there is no maven token for ${libs} - toolkey add acme --tool maven`);
    expectDone(await home.toolkey(["revoke", "--phantoms", "--yes"]));
    expect((await mvn(version, {}, "none")).stdout).toContain("toolkey: there is no such phantom; commands get one by 'toolkey run' - settings.xml by 'toolkey setup maven --gateway'");
    await expectTakenBack();
  });
});

async function expectTakenBack(): Promise<void> {
  expectDone(await home.toolkey(["setup", "maven", "--undo"]));
  expect(readFileSync(settings, "utf8")).toBe(OWN);
}

function setUp(...options: readonly string[]): Promise<Ended> {
  return home.toolkey(["setup", "maven", "--gateway", ...options], { env: { ...home.around("3.8") } });
}

/** Plain `mvn validate`. */
function mvn(version: MavenVersion, { env, ...options }: RunOptions = {}, repository = "repository"): Promise<Ended> {
  return home.run(maven(version).argv[0], ["-B", "-ntp", "-U", `-Dmaven.repo.local=${join(home.directory, repository)}`, "validate"], { cwd: home.project, ...options, env: { ...home.around(version), ...env } });
}

/** What the hook puts before Maven's arguments. */
function wouldGet(): Promise<Ended> {
  return home.run("sh", ["-c", '. "$HOME/.mavenrc"; [ "$1" = validate ] || printf "%s %s" "$1" "$2"', "mvn", "validate"], { cwd: home.project, env: { MAVEN_OPTS: `-Duser.home=${home.directory}` } });
}

/** The ids of those that live. */
async function phantoms(): Promise<string[]> {
  return (await home.status())?.gateway.phantoms.map(({ id }) => id) ?? [];
}
