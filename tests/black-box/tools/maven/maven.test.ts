/** Maven with its tokens: every way in which people run it, against repositories that ask for them. */
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { IS_LONG, longTest, matrix } from "../../../fixtures/form.ts";
import { expectDone, type Ended } from "../../../fixtures/homes/home.ts";
import { putParent, settingsXml, writeBuildProject, writeParentedProject, writeSettings } from "../../../fixtures/tools/maven-project.ts";
import {
  BEARER_TOKEN, commandLines, filesWithSecret, holds, LIBS_TOKEN, makeMavenHome, OTHER_TOKEN, startMavenServers, type MavenHome, type MavenServers,
} from "../../../fixtures/tools/maven-run.ts";
import { debianPlugin, debianVersion, maven, mavenMissing, NEWEST, OLDER } from "../../../fixtures/tools/maven.ts";

const SECRETS = [LIBS_TOKEN, OTHER_TOKEN, BEARER_TOKEN];

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
});
afterAll(() => servers.close());
beforeEach(async () => void (home = await makeMavenHome(servers)));
afterEach(() => home.dispose());

// Each has its own transport, which the token goes through.
describe.each(matrix([NEWEST], OLDER))("Maven %s", (version) => {
  const skip = mavenMissing(version);

  test.skipIf(skip)("gets a parent from a private repository that the POM names, and no request without the token reaches it", async () => {
    const id = await home.add(libs, LIBS_TOKEN, "alice");
    await writeParentedProject(home.project, [{ id: "acme", url: libs }]);
    const came = recorded();
    const ended = expectDone(await home.mvn(version, ["validate"]));
    expect(ownWords(ended)).toEqual([`toolkey: ${maven(version).argv[0]} gets ${id} for ${libs}`]);
    const authorizations = came().map(({ authorization, status }) => `${authorization} ${status}`);
    // The resolver's own transport, from 3.9 on, waits for the challenge.
    expect(authorizations).toEqual(version === "3.8" ? ["libs 200", "libs 200"] : ["none 401", "libs 200", "libs 200"]);
  });

  test.skipIf(skip)("presents a bearer token in a header, but not where it is redirected to", async () => {
    const url = servers.acme.url("/bearer");
    await home.add(url, BEARER_TOKEN);
    await writeParentedProject(home.project, [{ id: "acme", url }], "bearer-parent");
    if (IS_LONG) expectDone(await home.mvn(version, ["validate"]));
    const takeBack = servers.acme.redirect("/bearer", servers.evil.numericOrigin);
    const came = recorded();
    const ended = await home.mvn(version, ["-Dmaven.repo.local=fresh", "validate"]);
    takeBack();
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain("302");
    expect(new Set(came().map(({ authorization }) => authorization))).toEqual(new Set(["bearer"]));
    expect(servers.evil.arrivalsWith(BEARER_TOKEN)).toEqual([]);
  });

  test.skipIf(skip)("follows a redirect without the token", async () => {
    await home.add(libs, LIBS_TOKEN, "alice");
    await writeParentedProject(home.project, [{ id: "acme", url: libs }]);
    const takeBack = servers.acme.redirect("/libs", servers.evil.numericOrigin);
    const before = servers.evil.arrivals.length;
    const ended = await home.mvn(version, ["validate"]);
    takeBack();
    expect(ended.code).toBe(1);
    expect(servers.evil.arrivals.length).toBeGreaterThan(before);
    expect(servers.evil.arrivalsWith(LIBS_TOKEN)).toEqual([]);
  });
});

describe(`Maven ${NEWEST}`, () => {
  const version = NEWEST;
  const skip = mavenMissing(version);

  longTest.skipIf(skip)("builds with nothing in its local repository, deploys a snapshot, and gets it back; the token is nowhere", { timeout: 300_000 }, async () => {
    await home.add(libs, LIBS_TOKEN, "alice");
    await writeSettings(home.directory, { mirrors: [{ id: "company", url: libs, mirrorOf: "*" }] });
    await writeBuildProject(home.project, { version: "1.0-SNAPSHOT", releases: { id: "acme", url: libs } });
    let seen = "";
    const stop = servers.acme.onRequest(({ method }) => void (method === "PUT" && (seen += commandLines())));
    const built = expectDone(await home.mvn(version, ["-X", "deploy"]));
    stop();
    expect(built.stdout).toContain("Tests run: 1, Failures: 0");
    const put = [...servers.acme.files.keys()].filter((path) => /built-1\.0-\d{8}\.\d{6}-\d+\.jar$/.test(path));
    expect(put.length).toBeGreaterThan(0);

    await writeConsumer(join(home.directory, "consumer"));
    const came = recorded();
    const consumed = expectDone(await home.mvn(version, ["-U", "-Dmaven.repo.local=fresh", "compile"], { cwd: join(home.directory, "consumer") }));
    expect(came().filter(({ path }) => path.endsWith(".jar") && path.includes("/built/")).map(({ authorization }) => authorization)).toEqual(["libs"]);

    expect(seen).toContain("classworlds");
    for (const text of [seen, built.stdout, built.stderr, consumed.stdout, consumed.stderr]) expect(holds(text, SECRETS)).toBe(false);
    // Projects, local repositories, reports of tests, and toolkey's own log; the vault is encrypted.
    expect(filesWithSecret(home.directory, SECRETS)).toEqual([]);
    expect(filesWithSecret("/dev/shm", SECRETS)).toEqual([]);
  });

  longTest.skipIf(skip)("gives two servers a token each, and takes the settings that the person names", async () => {
    const other = servers.other.url("/libs");
    await home.add(libs, LIBS_TOKEN, "alice");
    await home.add(other, OTHER_TOKEN, "bob");
    await writeParentedProject(home.project, [{ id: "one", url: "https://nowhere.invalid/" }, { id: "acme", url: other }], "other-parent");
    await writeFile(join(home.directory, "mine.xml"), settingsXml({ mirrors: [{ id: "x", url: libs, mirrorOf: "one,central" }] }));
    const [first, second] = [recorded(), servers.other.requests.length];
    const ended = expectDone(await home.mvn(version, ["-s", join(home.directory, "mine.xml"), "validate"]));
    expect(ended.stderr.match(/ gets /g)).toHaveLength(2);
    expect(new Set(first().map(({ authorization }) => authorization))).toContain("libs");
    expect(new Set(first().map(({ authorization }) => authorization))).not.toContain("unknown");
    expect(servers.other.requests.slice(second).filter(({ status }) => status === 200).map(({ authorization }) => authorization)).toEqual(["other", "other"]);
  });

  test.skipIf(skip)("works by mvnw, with an extension of the project, and with a maven.config that names settings", async () => {
    await home.add(libs, LIBS_TOKEN, "alice");
    await writeParentedProject(home.project, []);
    await write(join(home.project, "mvnw"), `#!/bin/sh\nexec '${maven(version).argv[0]}' "$@"\n`);
    await chmod(join(home.project, "mvnw"), 0o755);
    await write(join(home.project, ".mvn", "company.xml"), settingsXml({ mirrors: [{ id: "x", url: libs, mirrorOf: "*" }] }));
    await write(join(home.project, ".mvn", "maven.config"), "-s\n.mvn/company.xml\n");
    await write(join(home.project, ".mvn", "extensions.xml"), `<extensions><extension>
      <groupId>junit</groupId><artifactId>junit</artifactId><version>${debianVersion("junit/junit")}</version></extension></extensions>`);
    const came = recorded();
    expectDone(await home.mvn(version, ["validate"], { program: "./mvnw" }));
    expect(came().filter(({ path, status }) => path.endsWith(".jar") && status === 200).map(({ authorization }) => authorization)).toContain("libs");
  });

  test.skipIf(skip)("says why there is no token: there was none, or it has ended", async () => {
    await writeParentedProject(home.project, [{ id: "acme", url: libs }]);
    const none = await home.mvn(version, ["validate"]);
    expect(ownWords(none)).toEqual([`toolkey: there is no maven token for ${libs}`, `hint: toolkey add ${libs} --tool maven`]);
    expect(none.stdout).toMatch(/401/);

    const ended = await home.toolkey(["add", libs, "--tool", "maven", "--username", "alice", "--expires", "1s"], { stdin: LIBS_TOKEN });
    const [, id = ""] = /added (\S+)/.exec(expectDone(ended).stdout) ?? [];
    const { expiresAt } = JSON.parse((await home.toolkey(["show", id, "--json"])).stdout) as { expiresAt: string };
    while (Date.now() <= Date.parse(expiresAt)) await home.status();
    // It is said before anything is started: a JVM would only take longer.
    await write(join(home.directory, "mvn"), "#!/bin/sh\n");
    await chmod(join(home.directory, "mvn"), 0o755);
    const late = expectDone(await home.mvn(version, ["-U", "validate"], { program: join(home.directory, "mvn") }));
    expect(ownWords(late)).toEqual([
      `toolkey: the maven token ${id} for ${libs} expired at ${expiresAt}`,
      `hint: a new secret for it: toolkey replace ${id}`,
    ]);
  });

  longTest.skipIf(skip)("says what the service does with a token that it never knew, and with one that it has ended", async () => {
    await writeParentedProject(home.project, [{ id: "acme", url: libs }]);
    const wrong = await home.add(libs, "NOT-THE-T0KEN", "alice");
    const refused = await home.mvn(version, ["-U", "validate"]);
    expect(refused.stdout).toMatch(/401/);
    expect(holds(refused.stdout, ["NOT-THE-T0KEN"])).toBe(false);
    await home.ask("revoke", { ids: [wrong], local: true });
    await home.add(libs, LIBS_TOKEN, "alice");
    servers.acme.refuse("libs");
    expect((await home.mvn(version, ["-U", "validate"])).stdout).toMatch(/401/);
    servers.acme.accept("libs");
  });
});

const skip39 = mavenMissing("3.9");

test.skipIf(skip39)("MAVEN_ARGS that name settings do not come before ours", async () => {
  await home.add(libs, LIBS_TOKEN, "alice");
  await writeParentedProject(home.project, []);
  await write(join(home.directory, "mine.xml"), settingsXml({ mirrors: [{ id: "x", url: libs, mirrorOf: "*" }] }));
  expectDone(await home.mvn("3.9", ["validate"], { env: { MAVEN_ARGS: `-s ${join(home.directory, "mine.xml")} -e` } }));
});

test.skipIf(mavenMissing("3.8"))("settings that are no XML are left to Maven, which says so", async () => {
  await home.add(libs, LIBS_TOKEN, "alice");
  await writeParentedProject(home.project, [{ id: "acme", url: libs }]);
  const file = await writeSettings(home.directory, {});
  await writeFile(file, (await readFile(file, "utf8")).replace("</mirrors>", "</mirror>"));
  const ended = await home.mvn("3.8", ["validate"]);
  expect(ended.code).toBe(1);
  expect(ownWords(ended)[0]).toMatch(/^toolkey: .*settings\.xml, line \d+, column \d+: unexpected close tag; nothing is given$/);
  expect(ended.stdout).toContain("settings.xml");
});

test.skipIf(mavenMissing("3.8"))("help and version ask for nothing", async () => {
  await home.add(libs, LIBS_TOKEN, "alice");
  await writeParentedProject(home.project, [{ id: "acme", url: libs }]);
  expect(ownWords(expectDone(await home.mvn("3.8", ["--version"])))).toEqual([]);
});

/** What toolkey says; Maven itself writes a colour there. */
function ownWords({ stderr }: Ended): string[] {
  return stderr.split("\n").flatMap((line) => /(?:toolkey|hint): .*$/.exec(line) ?? []);
}

/** What comes in at the private repositories from now on. */
function recorded() {
  const before = servers.acme.requests.length;
  return () => servers.acme.requests.slice(before);
}

async function writeConsumer(directory: string): Promise<void> {
  await write(join(directory, "pom.xml"), `<project>
  <modelVersion>4.0.0</modelVersion><groupId>com.acme</groupId><artifactId>consumer</artifactId><version>1</version>
  <properties><maven.compiler.source>8</maven.compiler.source><maven.compiler.target>8</maven.compiler.target></properties>
  <repositories><repository><id>acme</id><url>${libs}</url><snapshots><enabled>true</enabled></snapshots></repository></repositories>
  <dependencies><dependency><groupId>com.acme</groupId><artifactId>built</artifactId><version>1.0-SNAPSHOT</version></dependency></dependencies>
  <build><plugins>${debianPlugin("resources")}${debianPlugin("compiler")}</plugins></build>
</project>
`);
  await write(join(directory, "src", "main", "java", "Use.java"), "class Use { int three = com.acme.Sum.of(1, 2); }\n");
}

async function write(file: string, content: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}

longTest.skipIf(mavenMissing("3.8"))("deploys with the version of the plugin that Maven has by itself, and with -DaltDeploymentRepository; the token is nowhere", async () => {
  await home.add(libs, LIBS_TOKEN, "alice");
  await writeSettings(home.directory, { mirrors: [{ id: "company", url: libs, mirrorOf: "*" }] });
  const pom = (distribution: string) => `<project><modelVersion>4.0.0</modelVersion><groupId>com.acme</groupId><artifactId>deployed</artifactId><version>1</version>
    <packaging>pom</packaging>${distribution}</project>`;
  await write(join(home.project, "pom.xml"), pom(`<distributionManagement><repository><id>acme</id><url>${libs}</url></repository></distributionManagement>`));
  const came = recorded();
  let seen = "";
  const stop = servers.acme.onRequest(({ method }) => void (method === "PUT" && (seen += commandLines())));
  const deployed = expectDone(await home.mvn("3.8", ["-X", "deploy"]));
  stop();
  expect(seen).toContain("classworlds");
  for (const text of [seen, deployed.stdout, deployed.stderr]) expect(holds(text, SECRETS)).toBe(false);
  for (const directory of [home.directory, "/dev/shm"]) expect(filesWithSecret(directory, SECRETS)).toEqual([]);
  const put = () => came().filter(({ method, path }) => method === "PUT" && path.endsWith("/1/deployed-1.pom")).map(({ authorization, status }) => `${authorization} ${status}`);
  expect(put()).toEqual(["libs 201"]);

  await write(join(home.project, "pom.xml"), pom(`<distributionManagement><repository><id>other</id><url>https://nowhere.invalid/</url></repository></distributionManagement>`));
  expectDone(await home.mvn("3.8", [`-DaltDeploymentRepository=mine::default::${libs}`, "deploy"]));
  expect(put()).toEqual(["libs 201", "libs 201"]);
});
