/** Maven 4 without the hook: sockets that answer as a gpg-agent, and the settings that name them. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { spawn } from "node:child_process";
import { V8_OPTIONS } from "../../../../src/client/daemon/start.ts";
import { logOf, whenDaemonEnded, whenLogged } from "../../../fixtures/processes/daemon-process.ts";
import { DIST, expectDone, makeHome, type Ended, type TestHome } from "../../../fixtures/homes/home.ts";

const ASK = "GET_PASSPHRASE --no-ask plexus:secDispatcherMasterPassword X Maven+Master+Password Please+enter\n";
const PLACE = "https://maven.acme.example/libs";
const NOTHING = "toolkey-has-no-token-for-this-place";

let home: TestHome;

beforeEach(async () => {
  home = await makeHome();
  await home.init();
  mkdirSync(join(home.toolkeyHome, "config"));
  writeFileSync(join(home.toolkeyHome, "config", "config.toml"), `[service.acme]\nissuer = "none"\nurl = "https://maven.acme.example"\nmaven = { server = "acme-libs", url = "${PLACE}" }\n`);
  await home.acceptConfig();
  await home.stop();
});
afterEach(() => home.dispose());

function sockets(): string {
  return join(home.toolkeyHome, "data", "run", "maven");
}

function add(): Promise<Ended> {
  return home.toolkey(["add", "acme", "--tool", "maven", "--username", "alice"], { stdin: "S3CRET" });
}

function logLines(): Record<string, unknown>[] {
  return readFileSync(logOf(home), "utf8").trim().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Lines, as Maven reads them. */
async function* linesOf(socket: Socket): AsyncGenerator<string> {
  let rest = "";
  for await (const bytes of socket) {
    rest += String(bytes);
    for (let end = rest.indexOf("\n"); end !== -1; end = rest.indexOf("\n")) {
      yield rest.slice(0, end);
      rest = rest.slice(end + 1);
    }
  }
}

/** The dialogue of GpgAgentMasterSource.java. @throws where it would */
async function maven4(name = "acme.sock", variables: { DISPLAY?: string; TERM?: string } = { DISPLAY: ":0", TERM: "xterm" }): Promise<string> {
  const socket = connect(join(sockets(), name));
  const lines = linesOf(socket);
  const expectOk = async (): Promise<string> => {
    const { value } = (await lines.next()) as { value?: string };
    if (value?.startsWith("OK") !== true) throw new Error(`expected OK but got this instead: ${value ?? "the end"}`);
    return value.slice(Math.min(value.length, 3)).trim();
  };
  await expectOk();
  for (const option of [variables.DISPLAY === undefined ? "" : `display=${variables.DISPLAY}`, variables.TERM === undefined ? "" : `ttytype=${variables.TERM}`]) {
    if (option === "") continue;
    socket.write(`OPTION ${option}\n`);
    await expectOk();
  }
  socket.write(ASK);
  const digits = await expectOk();
  socket.destroy();
  if (!/^([0-9A-Fa-f]{2})*$/.test(digits)) throw new Error("not hexadecimal");
  return Buffer.from(digits, "hex").toString("utf8");
}

describe("the sockets", () => {
  // As `toolkey setup maven --native` leaves it.
  beforeEach(() => writeFileSync(join(home.toolkeyHome, "config", "maven-settings.xml"), "<settings/>\n"));

  it("are not there where nobody asks on them", async () => {
    rmSync(join(home.toolkeyHome, "config", "maven-settings.xml"));
    expectDone(await home.toolkey(["list"]));
    expect(existsSync(sockets())).toBe(false);
  });

  it("are there with the daemon, for this user alone, and go with it", async () => {
    expectDone(await home.toolkey(["list"]));
    expect(readdirSync(sockets()).toSorted()).toEqual(["acme.sock", "nuxeo.sock"]);
    expect(statSync(sockets()).mode & 0o777).toBe(0o700);
    expect(statSync(join(sockets(), "acme.sock")).mode & 0o777).toBe(0o600);
    await home.stop();
    expect(readdirSync(sockets())).toEqual([]);
  });

  it("take the place of those that a killed daemon left, and of others", async () => {
    const status = await home.toolkey(["list"]).then(() => home.status());
    process.kill(status?.pid ?? 0, "SIGKILL");
    await whenDaemonEnded(home);
    expect(readdirSync(sockets()).length).toBe(2);
    writeFileSync(join(sockets(), "old.sock"), "");
    expectDone(await add());
    expect(readdirSync(sockets()).toSorted()).toEqual(["acme.sock", "nuxeo.sock"]);
    expect(await maven4()).toBe("S3CRET");
  });

  it("cost nobody the daemon where they can't be made", async () => {
    writeFileSync(sockets(), "");
    expectDone(await add());
    expect(logLines().filter(({ msg }) => msg === "no sockets for Maven 4").length).toBeGreaterThan(0);
  });

  it("answer with the token of their place, a placeholder for others, and a placeholder while the vault is locked", async () => {
    expectDone(await add());
    expect(await maven4("acme.sock")).toBe("S3CRET");
    expect(await maven4("acme.sock", {})).toBe("S3CRET");
    expect(await maven4("nuxeo.sock")).toBe(NOTHING);
    await home.ask("lock", {});
    expect(await maven4("acme.sock")).toBe(NOTHING);
    await home.ask("unlock", {});
    expect(await maven4("acme.sock")).toBe("S3CRET");
    const [token] = JSON.parse((await home.toolkey(["list", "--json"])).stdout) as { id: string }[];
    const logged = logLines().filter(({ operation }) => operation === "password");
    expect(logged.map(({ status, place, tokens }) => [status, place, tokens])).toContainEqual(["ok", PLACE, [token?.id]]);
    expect(JSON.stringify(logLines())).not.toContain("S3CRET");
  });

  it("serve many at once, slow ones and silent ones, split packets and joined ones", async () => {
    expectDone(await add());
    const silent = connect(join(sockets(), "acme.sock"));
    const joined = connect(join(sockets(), "acme.sock"));
    joined.end(`OPTION display=:0\n${ASK}${"z".repeat(30_000)}\nFROBNICATE\n${ASK}BYE\n`);
    const split = connect(join(sockets(), "acme.sock"));
    split.write("GET_PASS");
    expect(await Promise.all(Array.from({ length: 40 }, () => maven4()))).toEqual(Array.from({ length: 40 }, () => "S3CRET"));
    const all: string[] = [];
    for await (const line of linesOf(joined)) all.push(line);
    expect(all).toEqual(["OK Pleased to meet you", "OK", "OK 533343524554", "OK", "OK", "OK 533343524554", "OK"]);
    split.write("PHRASE --no-ask a X b c\n");
    const heard = linesOf(split);
    expect([(await heard.next()).value, (await heard.next()).value]).toEqual(["OK Pleased to meet you", "OK 533343524554"]);
    split.destroy();
    silent.destroy();
    await once(silent, "close");
    expect(await maven4()).toBe("S3CRET");
  });
});

describe("toolkey setup maven --native", () => {
  /** A systemctl that writes down what it was told; with `answer` 1 there is no systemd. */
  function systemd(answer = 0): { PATH: string } {
    const directory = join(home.directory, "fake");
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "systemctl"), `#!/bin/sh\necho "$*" >>'${directory}/told'\nexit ${answer}\n`);
    chmodSync(join(directory, "systemctl"), 0o755);
    return { PATH: `${directory}:${home.environment["PATH"] ?? ""}` };
  }

  const told = (): string[] => readFileSync(join(home.directory, "fake", "told"), "utf8").trim().split("\n");
  const properties = (): string => join(home.directory, ".m2", "maven-user.properties");
  const settings = (): string => join(home.toolkeyHome, "config", "maven-settings.xml");
  const unit = (): string => join(home.directory, ".config", "systemd", "user", "toolkey.service");

  it("is refused where nothing keeps the daemon running, and changes nothing", async () => {
    const refused = await home.toolkey(["setup", "maven", "--native"], { env: systemd(1) });
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain("Maven 4 stops if nobody answers");
    for (const path of [properties(), settings(), unit(), join(home.directory, ".mavenrc")]) expect(existsSync(path)).toBe(false);
    expect(await home.toolkey(["setup", "git", "--native"])).toMatchObject({ code: 2 });
  });

  it("writes files that only Maven 4 reads, without a secret, and takes them back", async () => {
    expectDone(await add());
    mkdirSync(join(home.directory, ".m2"));
    const own = "# mine\r\n  maven.repo.local = ${user.home}/x";
    writeFileSync(properties(), own);
    const env = systemd();
    const shown = expectDone(await home.toolkey(["setup", "maven", "--native", "--dry-run"], { env }));
    expect(shown.stdout).toContain("maven.installation.settings = ");
    expect(readFileSync(properties(), "utf8")).toBe(own);
    const done = expectDone(await home.toolkey(["setup", "maven", "--native"], { env }));
    expect(done.stderr).toContain("Maven 4 stops if the daemon does not run");
    expect(told().slice(-2)).toEqual(["--user daemon-reload", "--user enable --now toolkey.service"]);
    expect(readFileSync(properties(), "utf8")).toContain(`\nmaven.installation.settings = ${settings()}\n`);
    const text = readFileSync(settings(), "utf8");
    expect(text).not.toContain("S3CRET");
    const mark = readFileSync(join(home.toolkeyHome, "data", "server-mark"), "utf8").trim();
    const id = `toolkey-maven.acme.example-libs-${mark}`;
    expect(text).toContain(`<id>${id}</id>
      <username>alice</username>
      <password>{[name=masterSourceLookup,version=4.1]gpg-agent:${sockets()}/acme.sock?non-interactive}</password>`);
    expect(text).toContain(`<id>${id}</id>
      <mirrorOf>acme-libs,${id}</mirrorOf>
      <url>${PLACE}</url>`);
    expect(text).toContain("<blocked>true</blocked>");
    expect(text).toContain("<mirrorOf>nuxeo-studio,toolkey-connect.nuxeo.com");
    const service = readFileSync(unit(), "utf8");
    expect(service).toContain(`Environment="TOOLKEY_HOME=${home.toolkeyHome}"\n`);
    expect(service).toMatch(/^ExecStart="\/.*node" --inspect-port=192\.0\.2\.1:9229 .* "\/.*\/dist\/daemon\.cjs" --wait$/m);
    expect(service).toContain(` ${V8_OPTIONS.join(" ")} "`);
    expect(service).not.toContain("@");
    const again = expectDone(await home.toolkey(["setup", "maven", "--native"], { env }));
    expect(again.stdout).toContain("already");
    expectDone(await home.toolkey(["setup", "maven", "--undo"], { env }));
    expect(told().at(-1)).toBe("--user disable --now toolkey.service");
    expect(readFileSync(properties(), "utf8")).toBe(own);
    for (const path of [settings(), unit(), join(home.directory, ".mavenrc")]) expect(existsSync(path)).toBe(false);
    expect(readdirSync(join(home.directory, ".m2"))).toEqual(["maven-user.properties"]);
  });

  it("leaves the installation's settings alone that the person has set", async () => {
    mkdirSync(join(home.directory, ".m2"));
    writeFileSync(properties(), "maven.installation.settings = /corp/settings.xml\n");
    const refused = await home.toolkey(["setup", "maven", "--native"], { env: systemd() });
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain("are set there already");
    expect(existsSync(join(home.directory, ".mavenrc"))).toBe(false);
  });

  it("the service's daemon waits for one that a client started, and follows it", async () => {
    writeFileSync(settings(), "<settings/>\n");
    expectDone(await add());
    const first = await home.status();
    const service = spawn(process.execPath, [join(DIST, "daemon.cjs"), "--wait"], { env: { ...home.environment }, stdio: "ignore" });
    const ended = once(service, "exit");
    try {
      process.kill(first?.pid ?? 0, "SIGTERM");
      await whenLogged(home, `"pid":${service.pid},"node"`, ended);
      expect((await home.status())?.pid).toBe(service.pid);
      expect(await maven4()).toBe("S3CRET");
    } finally {
      service.kill();
      await ended;
    }
  });
});
