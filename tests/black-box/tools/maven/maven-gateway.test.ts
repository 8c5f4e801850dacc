/** Maven through the gateway: all that it does with tokens it does with a phantom, and what finds the phantom has nothing. */
import { readFileSync } from "node:fs";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { RunView } from "../../../../src/core/gateway/views.ts";
import { IS_LONG, longTest, matrix } from "../../../fixtures/form.ts";
import { expectDone, type Ended } from "../../../fixtures/homes/home.ts";
import { putParent, writeBuildProject, writeParentedProject, writeSettings } from "../../../fixtures/tools/maven-project.ts";
import { BEARER_TOKEN, filesWithSecret, holds, LIBS_TOKEN, makeMavenHome, OTHER_TOKEN, startMavenServers, type MavenHome, type MavenServers } from "../../../fixtures/tools/maven-run.ts";
import { putSpyPlugin, spyPlugin, writeSpyTest } from "../../../fixtures/tools/maven-spy.ts";
import { debianPlugin, debianVersion, maven, mavenMissing, NEWEST, OLDER } from "../../../fixtures/tools/maven.ts";
import { missing } from "../../../fixtures/programs/programs.ts";

const SECRETS = [LIBS_TOKEN, OTHER_TOKEN, BEARER_TOKEN];
const STRANGER = "403 toolkey: the phantom belongs to another process, and does not work for this one";

let servers: MavenServers;
let home: MavenHome;
/** The private repository that most of it is about. */
let libs: string;

beforeAll(async () => {
  servers = await startMavenServers();
  libs = servers.acme.url("/libs");
  putParent(servers.acme, "/libs");
  putParent(servers.acme, "/bearer", "bearer-parent");
  putParent(servers.other, "/libs", "other-parent");
  if (!mavenMissing()) putSpyPlugin(servers.acme, "/libs");
});
afterAll(() => servers.close());
beforeEach(async () => void (home = await makeMavenHome(servers)));
afterEach(() => home.dispose());

describe.each(matrix([NEWEST], OLDER))("Maven %s", (version) => {
  const skip = mavenMissing(version);
  const program = maven(version).argv[0];

  test.skipIf(skip)("builds, tests and deploys a snapshot; a test that looks for tokens finds a phantom", { timeout: 300_000 }, async () => {
    const id = await home.add(libs, LIBS_TOKEN, "alice");
    await writeSettings(home.directory, { mirrors: [{ id: "company", url: libs, mirrorOf: "*" }] });
    await writeBuildProject(home.project, { version: "1.0-SNAPSHOT", releases: { id: "acme", url: libs } });
    const file = throughGateway("/com/acme/parent/1/parent-1.pom");
    writeSpyTest(home.project, [`GET:${file}`, `PUT:${throughGateway("/com/acme/worm/1/worm-1.pom")}`]);
    const came = recorded();
    const built = expectDone(await home.mvnThrough(version, ["deploy"]));
    expect(built.stdout).toContain("Tests run: 2, Failures: 0");
    expect(ownWords(built)).toEqual([`toolkey: ${program} uses ${id} for ${libs} through the gateway`]);
    expect(new Set(came().map(({ authorization }) => authorization))).toEqual(new Set(["libs"]));
    expect(came().filter(({ method, status }) => method === "PUT" && status !== 201)).toEqual([]);

    const seen = readFileSync(join(home.project, "target", "seen.txt"), "latin1");
    expect(seen).toMatch(/tkphantom_/);
    expect(holds(seen, SECRETS)).toBe(false);
    expect(lines(home.project, "target/tried.txt")).toEqual([`GET:${file} ${STRANGER} - toolkey run --direct, if what it starts is to have the token`, expect.stringMatching(/^PUT:\S+ 403 /)]);
    expect([...servers.acme.files.keys()].filter((path) => path.includes("worm"))).toEqual([]);
    expect(filesWithSecret(home.directory, SECRETS)).toEqual([]);
    expect(filesWithSecret("/dev/shm", SECRETS)).toEqual([]);
  });

  async function deployFile(): Promise<void> {
    await home.add(libs, LIBS_TOKEN, "alice");
    await writeSettings(home.directory, { mirrors: [{ id: "company", url: libs, mirrorOf: "*" }] });
    await write(join(home.project, "pom.xml"), pom("filing", "1", ""));
    const goal = `org.apache.maven.plugins:maven-deploy-plugin:${debianVersion("org/apache/maven/plugins/maven-deploy-plugin")}:deploy-file`;
    const filed = ["-Dfile=pom.xml", "-DgroupId=com.acme", "-DartifactId=filed", `-Dversion=${version}`, "-Dpackaging=pom", "-DgeneratePom=false"];
    expectDone(await home.mvnThrough(version, [goal, `-Durl=${libs}`, "-DrepositoryId=mine", ...filed]));
  }

  test.skipIf(skip)("deploys a file whose place only the goal is told of", async () => {
    await deployFile();
    expect([...servers.acme.files.keys()].filter((path) => path.endsWith(`/filed-${version}.pom`))).toHaveLength(1);
  });

  longTest.skipIf(skip)("gets a file whose place only the goal is told of", async () => {
    await deployFile();
    const got = recorded();
    expectDone(await home.mvnThrough(version, [`org.apache.maven.plugins:maven-dependency-plugin:${debianVersion("org/apache/maven/plugins/maven-dependency-plugin")}:get`, `-DremoteRepositories=${libs}`, `-Dartifact=com.acme:filed:${version}:pom`, "-Dtransitive=false"], { cwd: home.directory }));
    expect(got().filter(({ path }) => path.endsWith(`/filed-${version}.pom`)).map(({ authorization, status }) => `${authorization} ${status}`)).toEqual(["libs 200"]);
  });

  longTest.skipIf(skip)("deploys a snapshot and a release, and gets them back, by the same names as they have in the local repository", { timeout: 300_000 }, async () => {
    await home.add(libs, LIBS_TOKEN, "alice");
    await writeSettings(home.directory, { mirrors: [{ id: "company", url: libs, mirrorOf: "*" }] });
    await writeBuildProject(home.project, { version: "1.0-SNAPSHOT", releases: { id: "acme", url: libs } });
    expectDone(await home.mvnThrough(version, ["deploy"]));
    // The same plugins deploy a release, and a project gets both back.
    await write(join(home.project, "release", "pom.xml"), pom("released", "1", `<distributionManagement><repository><id>acme</id><url>${libs}</url></repository></distributionManagement>
      <build><plugins>${debianPlugin("install")}${debianPlugin("deploy")}</plugins></build>`));
    expectDone(await home.mvnThrough(version, ["deploy"], { cwd: join(home.project, "release") }));
    await write(join(home.project, "back", "pom.xml"), pom("back", "1", `<parent><groupId>com.acme</groupId><artifactId>released</artifactId><version>1</version><relativePath/></parent>
      <repositories><repository><id>acme</id><url>${libs}</url><snapshots><enabled>true</enabled></snapshots></repository></repositories><dependencyManagement><dependencies>
      <dependency><groupId>com.acme</groupId><artifactId>built</artifactId><version>1.0-SNAPSHOT</version><type>pom</type><scope>import</scope></dependency></dependencies></dependencyManagement>`));
    const back = recorded();
    expectDone(await home.mvnThrough(version, ["-Dmaven.repo.local=fresh", "validate"], { cwd: join(home.project, "back") }));
    expect(back().filter(({ path }) => /released-1\.pom$|built-1\.0-[\d.-]+\.pom$/.test(path)).map(({ status }) => status)).toEqual([200, 200]);
    expect(filesWithSecret(home.directory, SECRETS)).toEqual([]);
    expect(filesWithSecret("/dev/shm", SECRETS)).toEqual([]);
  });

  test.skipIf(skip || missing("curl"))("has a plugin that reads all that Maven has: no token, and a phantom that opens nothing else", async () => {
    await home.add(libs, LIBS_TOKEN, "alice");
    await home.add(servers.acme.url("/bearer"), BEARER_TOKEN);
    await writeSettings(home.directory, { mirrors: [{ id: "company", url: libs, mirrorOf: "*" }] });
    const parent = throughGateway("/com/acme/parent/1/parent-1.pom");
    const others = [
      `PUT:${parent}`,
      `DELETE:${parent}`,
      `GET:${parent.replace("/libs/", "/bearer/")}`,
      `GET:/https/${new URL(servers.evil.origin).host}/`,
      `GET:${throughGateway("/artifactory/api/security/token")}`,
      `GET:${parent.replace("/com/", "/%2e%2e/bearer/com/")}`,
    ];
    await write(join(home.project, "pom.xml"), pom("spied", "1", `<build><plugins>${spyPlugin([`GET:${parent}`, ...others])}</plugins></build>`));
    const before = servers.evil.arrivals.length;
    const came = recorded();
    expectDone(await home.mvnThrough(version, ["validate"]));
    expect(holds(readFileSync(join(home.project, "seen.txt"), "latin1"), SECRETS)).toBe(false);
    expect(lines(home.project, "tried.txt")).toEqual([
      // What runs within Maven can do what Maven can.
      `GET:${parent} 200 OK`,
      `${others[0]} 403 toolkey: this phantom does not permit PUT - toolkey run --publish`,
      `${others[1]} 403 toolkey: this phantom does not permit DELETE - toolkey run --publish`,
      `${others[2]} 403 toolkey: the phantom is not for this address`,
      `${others[3]} 403 toolkey: the phantom is not for this address`,
      `${others[4]} 403 toolkey: maven asks for nothing of this kind with its token - toolkey run --tool http, for what calls an API`,
      `${others[5]} 400 toolkey: the path is not one that the gateway passes on`,
      `curl GET:${parent} 403`,
      ...others.map((other, index) => `curl ${other} ${index === 5 ? 400 : 403}`),
    ]);
    expect(came().filter(({ authorization }) => authorization !== "libs")).toEqual([]);
    expect(servers.evil.arrivals.length).toBe(before);
    const [run] = JSON.parse((await home.toolkey(["log", "-n", "1", "--json"])).stdout) as RunView[];
    expect(run?.refused.map(({ why }) => why)).toContain("the phantom belongs to another process, and does not work for this one");
  });

  test.skipIf(skip)("asks two servers with a token each, and never to be asked for one", async () => {
    const [id, bearer] = [await home.add(libs, LIBS_TOKEN, "alice"), await home.add(servers.acme.url("/bearer"), BEARER_TOKEN)];
    const other = await home.add(servers.other.url("/libs"), OTHER_TOKEN, "bob");
    await writeParentedProject(home.project, [{ id: "one", url: libs }, { id: "two", url: servers.acme.url("/bearer") }, { id: "three", url: servers.other.url("/libs") }], "other-parent");
    const [came, before] = [recorded(), servers.other.requests.length];
    const ended = expectDone(await home.mvnThrough(version, ["validate"]));
    expect(ownWords(ended).toSorted()).toEqual([[id, libs], [bearer, servers.acme.url("/bearer")], [other, servers.other.url("/libs")]].map(([token, url]) => `toolkey: ${program} uses ${token} for ${url} through the gateway`).toSorted());
    expect(came().map(({ authorization, status }) => `${authorization} ${status}`)).toEqual(["libs 404", "bearer 404"]);
    expect(servers.other.requests.slice(before).map(({ authorization, status }) => `${authorization} ${status}`)).toEqual(["other 200", "other 200"]);
  });

  test.skipIf(skip)("leads a hostile project nowhere else, also not by the gateway's own address", async () => {
    await home.add(libs, LIBS_TOKEN, "alice");
    await home.add(servers.acme.url("/bearer"), BEARER_TOKEN);
    await writeParentedProject(home.project, [{ id: "acme", url: libs }]);
    // It listens as soon as there is a phantom, whatever is called mvn; a JVM would only take longer.
    await write(join(home.directory, "mvn"), "#!/bin/sh\n");
    await chmod(join(home.directory, "mvn"), 0o755);
    expectDone(await home.mvnThrough(version, ["validate"], { program: join(home.directory, "mvn") }));
    const gateway = (await home.status())?.gateway.url ?? "";
    const sneaking = `${gateway}/https/${new URL(libs).host}/bearer`;
    await writeParentedProject(home.project, [{ id: "acme", url: libs }, { id: "x", url: servers.evil.origin }, { id: "y", url: sneaking }], "bearer-parent");
    const [before, came] = [servers.evil.arrivals.length, recorded()];
    const ended = await home.mvnThrough(version, ["validate"]);
    expect(ended.code).toBe(1);
    expect(servers.evil.arrivals.length).toBeGreaterThan(before);
    expect(servers.evil.arrivals.slice(before).filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    expect(came().filter(({ path }) => !path.startsWith("/libs/"))).toEqual([]);
  });

  test.skipIf(skip)("shows in its own words why it got nothing, with the command that mends it", async () => {
    await writeParentedProject(home.project, [{ id: "acme", url: libs }]);
    const wrong = await home.add(libs, "NOT-THE-T0KEN", "alice");
    const refused = await home.mvnThrough(version, ["validate"]);
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain(`toolkey: ${new URL(libs).hostname} refused the maven token ${wrong}; it is suspended now - a new secret for it: toolkey replace ${wrong}`);
    expect(holds(refused.stdout + refused.stderr, ["NOT-THE-T0KEN"])).toBe(false);
    if (!IS_LONG) return;
    servers.acme.refuse("libs", 403);
    expectDone(await home.toolkey(["replace", wrong], { stdin: LIBS_TOKEN }));
    const forbidden = await home.mvnThrough(version, ["-U", "validate"]);
    servers.acme.accept("libs");
    expect(forbidden.stdout).toContain(`toolkey: ${new URL(libs).host} does not permit this to the maven token ${wrong}`);
  });
});

test.skipIf(mavenMissing("3.8"))("goes out by the proxy of the settings, and in past it", async () => {
  const { server, asked } = await startProxy();
  await home.add(libs, LIBS_TOKEN, "alice");
  await writeParentedProject(home.project, [{ id: "acme", url: libs }]);
  const { port } = server.address() as AddressInfo;
  await write(join(home.directory, ".m2", "settings.xml"), `<settings><proxies><proxy><host>127.0.0.1</host><port>${port}</port></proxy></proxies></settings>`);
  expectDone(await home.mvnThrough("3.8", ["validate"]));
  expect(new Set(asked)).toEqual(new Set([`CONNECT ${new URL(libs).host}`]));
  server.close();
});

/** A path of the gateway for one of the private repository. */
function throughGateway(path: string): string {
  return `/https/${new URL(libs).host}/libs${path}`;
}

/** What toolkey says; Maven itself writes a colour there. */
function ownWords({ stderr }: Ended): string[] {
  return stderr.split("\n").flatMap((line) => /(?:toolkey|hint): .*$/.exec(line) ?? []);
}

/** What comes in at the private repositories from now on. */
function recorded() {
  const before = servers.acme.requests.length;
  return () => servers.acme.requests.slice(before);
}

function lines(directory: string, name: string): string[] {
  return readFileSync(join(directory, name), "utf8").trimEnd().split("\n");
}

function pom(name: string, version: string, content: string): string {
  const own = `<artifactId>${name}</artifactId>${content.includes("<parent>") ? "" : `<groupId>com.acme</groupId><version>${version}</version>`}`;
  return `<project><modelVersion>4.0.0</modelVersion>${own}<packaging>pom</packaging>${content}</project>`;
}

async function write(file: string, content: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}

/** Passes on what it is asked to by CONNECT, and writes down all that it is asked. */
async function startProxy(): Promise<{ server: Server; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(502).end();
  });
  server.on("connect", ({ url = "" }, socket) => {
    asked.push(`CONNECT ${url}`);
    const { hostname, port } = new URL(`http://${url}`);
    const onward = connect(Number(port), hostname, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      onward.pipe(socket).pipe(onward);
    });
    for (const end of [socket, onward]) end.on("error", () => onward.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return { server, asked };
}
