/** Gradle with its hook: an init script that asks for the token of each repository. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { longTest } from "../../../fixtures/form.ts";
import { expectDone, type Ended } from "../../../fixtures/homes/home.ts";
import { getting, makeGradleHome, publishing, repository, type GradleHome } from "../../../fixtures/tools/gradle-run.ts";
import { keepUnderPassphrase } from "../../../fixtures/homes/locked-home.ts";
import { putParent } from "../../../fixtures/tools/maven-project.ts";
import { BEARER_TOKEN, filesWithSecret, holds, LIBS_TOKEN, OTHER_TOKEN, startMavenServers, type MavenServers } from "../../../fixtures/tools/maven-run.ts";
import { missing } from "../../../fixtures/programs/programs.ts";

const SECRETS = [LIBS_TOKEN, OTHER_TOKEN, BEARER_TOKEN];
const GOT = "got [parent-1.pom]";

let servers: MavenServers;
let home: GradleHome;
let libs: string;

/** What Gradle shows of ours. */
const warnings = ({ stdout, stderr }: Ended): string[] => `${stdout}${stderr}`.split("\n").filter((line) => line.startsWith("toolkey: "));
/** Of requests since this was called: where they went, and with whose token. */
function recorded(server: { readonly requests: readonly { method: string; path: string; authorization: string }[] } = servers.acme) {
  const before = server.requests.length;
  return () => server.requests.slice(before).map(({ method, path, authorization }) => `${method} ${path} ${authorization}`);
}
async function setUp(): Promise<void> {
  expectDone(await home.toolkey(["setup", "gradle"], { env: { GRADLE_USER_HOME: home.user } }));
}

describe.skipIf(missing("gradle", "java"))("Gradle 4.4", { timeout: 120_000 }, () => {
  beforeAll(async () => {
    servers = await startMavenServers();
    libs = servers.acme.url("/libs");
    putParent(servers.acme, "/libs");
    putParent(servers.acme, "/libs", "plugin");
    putParent(servers.acme, "/central", "free");
    putParent(servers.acme, "/bearer", "bearer-parent");
    putParent(servers.other, "/libs", "other-parent");
  });
  afterAll(() => servers?.close());
  beforeEach(async () => void (home = await makeGradleHome(servers)));
  afterEach(() => home?.dispose());

  it("asks for the token of each repository, wherever one is declared, and says nothing of those without", async () => {
    await home.addToken("gradle", libs, LIBS_TOKEN, "alice");
    await home.addToken("gradle", servers.other.url("/libs"), OTHER_TOKEN, "bob");
    await home.addToken("maven", servers.acme.url("/central"), "another tool's");
    await setUp();
    await home.write("settings.gradle", `pluginManagement { repositories { ${repository(libs)} } }\ninclude 'sub', 'nobody'\nincludeBuild 'part'\n`);
    await home.write("build.gradle", `buildscript {
      repositories { ${repository(libs)} }
      configurations { classpath { transitive = false } }
      dependencies { classpath 'com.acme:plugin:1@pom' }
    }
    ${getting(repository(servers.acme.url("/central")), ["com.acme:free:1@pom"])}
    get.dependsOn gradle.includedBuild('part').task(':get')`);
    await home.write("part/settings.gradle", "rootProject.name = 'part'\n");
    await home.write("part/build.gradle", getting(repository(libs)));
    // An empty login, as of a property that nobody has set, is none of its own.
    await home.write("nobody/build.gradle", getting(repository(libs, "credentials { username = project.findProperty('absent')\npassword = project.findProperty('absent') }")));
    await home.write("sub/build.gradle", getting(`${repository(servers.acme.url("/central"))}\n${repository(servers.other.url("/libs"))}`, ["com.acme:other-parent:1@pom"]));
    const [came, others] = [recorded(), recorded(servers.other)];
    const built = expectDone(await home.gradle(["get"]));
    expect(built.stdout).toContain("got [free-1.pom]");
    expect(built.stdout).toContain("got [other-parent-1.pom]");
    expect(built.stdout.split(GOT), "of the included build and of the empty login").toHaveLength(3);
    expect(warnings(built)).toEqual([]);
    expect(came()).toContain("GET /libs/com/acme/plugin/1/plugin-1.pom libs");
    expect(came().filter((each) => each.includes("/central/") && !each.endsWith(" none"))).toEqual([]);
    expect(others()).toContain("GET /libs/com/acme/other-parent/1/other-parent-1.pom other");

    await home.write("sub/build.gradle", "plugins { id 'com.acme.absent' version '1' }\n");
    const marked = recorded();
    expect((await home.gradle(["get"])).code).not.toBe(0);
    expect(marked()).toContain("GET /libs/com/acme/absent/com.acme.absent.gradle.plugin/1/com.acme.absent.gradle.plugin-1.pom libs");
    expect(filesWithSecret(home.directory, SECRETS)).toEqual([]);
  });

  it("gives nothing to another host, to plain http, where the build has credentials of its own, and where Gradle can't present it, which it says", async () => {
    await home.addToken("gradle", libs, LIBS_TOKEN, "alice");
    const plain = servers.plainEvil.origin;
    await home.addToken("gradle", plain.replace("http:", "https:"), LIBS_TOKEN, "alice");
    const bearer = servers.acme.url("/bearer");
    await home.addToken("gradle", bearer, BEARER_TOKEN);
    await setUp();
    const places = {
      another: repository(`${servers.evil.origin}/libs`),
      plain: repository(`${plain}/libs`),
      unencrypted: repository(libs.replace("https:", "http:")),
      artifacts: repository(libs, `artifactUrls '${plain}/files'`),
      own: repository(libs, "credentials { username 'mallory'\npassword 'own' }"),
      bearer: repository(bearer),
    };
    // One build for all: a JVM takes its time.
    await home.write("settings.gradle", `include ${Object.keys(places).map((name) => `'${name}'`).join(", ")}\n`);
    for (const [name, place] of Object.entries(places)) await home.write(`${name}/build.gradle`, getting(place));
    const came = recorded();
    const ended = await home.gradle(["-q", "--continue", "get"]);
    const failed = [...ended.stderr.matchAll(/Execution failed for task ':(\w+):get'/g)].map(([, name]) => name);
    expect(new Set(failed)).toEqual(new Set(Object.keys(places)));
    expect(holds(`${ended.stdout}${ended.stderr}`, SECRETS)).toBe(false);
    expect(warnings(ended)).toEqual([`toolkey: the token for ${bearer} has no user name, without which Gradle sends none before 4.10`]);
    expect(came().filter((each) => / (libs|bearer)$/.test(each))).toEqual([]);
    expect(came().filter((each) => each.startsWith("GET /bearer/"))).not.toEqual([]);
    expect(servers.plainEvil.arrivals.length).toBeGreaterThan(0);
    expect([servers.evil, servers.plainEvil].flatMap((server) => server.arrivalsWith(LIBS_TOKEN))).toEqual([]);
  });

  longTest("says in one line that the vault is locked, and the build goes on", async () => {
    await home.addToken("gradle", libs, LIBS_TOKEN, "alice");
    await setUp();
    await home.stop();
    await keepUnderPassphrase(home);
    await home.write("settings.gradle", "include 'private', 'free'\n");
    await home.write("private/build.gradle", getting(`${repository(libs)}\n${repository(servers.acme.url("/central"))}`, ["com.acme:free:1@pom"]));
    await home.write("free/build.gradle", getting(repository(servers.acme.url("/central")), ["com.acme:free:1@pom"]));
    const built = await home.gradle(["-q", "--continue", "get"]);
    expect(warnings(built)).toEqual(["toolkey: the vault is locked, and its passphrase is needed; hint: toolkey unlock"]);
    expect(built.stdout).toContain("got [free-1.pom]");
  });

  it("gives nothing that Gradle would keep in a file; says in one line that toolkey is gone", async () => {
    await home.addToken("gradle", libs, LIBS_TOKEN, "alice");
    await setUp();
    await home.write("build.gradle", getting(`${repository(servers.acme.url("/central"))}\n${repository(libs)}`, ["com.acme:free:1@pom"]));
    // As newer versions of Gradle have it.
    await home.write("newer.gradle", "gradle.startParameter.metaClass.isConfigurationCacheRequested = { -> true }\n");
    const came = recorded();
    const caching = expectDone(await home.gradle(["-I", "newer.gradle", "get"]));
    expect(warnings(caching)).toEqual(["toolkey: with the configuration cache Gradle would keep tokens on the disk: it gets none; --no-configuration-cache"]);
    await home.gradleBy([], ["-I", "newer.gradle", "get"]);
    expect(came().filter((each) => each.endsWith(" libs"))).toEqual([]);

    const script = join(home.user, "init.d", "toolkey.init.gradle");
    await writeFile(script, (await readFile(script, "utf8")).replace(/'[^']*toolkey-authorization'/, "'/gone'"));
    expect(warnings(expectDone(await home.gradle(["get"])))).toEqual(["toolkey: toolkey is not there any more; toolkey setup gradle, or --undo"]);
  });

  longTest("asks in a daemon of Gradle's, which a session does not use", async () => {
    await home.addToken("gradle", libs, LIBS_TOKEN, "alice");
    await setUp();
    await home.write("build.gradle", getting(repository(libs)));
    await home.write("gradlew", '#!/bin/sh\nexec gradle "$@"\n');
    // A script that finds no shim.
    const gradle = expectDone(await home.run("sh", ["-c", "command -v gradle"])).stdout.trim();
    try {
      expect(expectDone(await home.run("gradle", ["get"], { cwd: home.project, env: home.java })).stdout).toContain(GOT);
      await home.write("build.gradle", `${getting(repository(libs))}
        println 'sees ' + repositories.collect { it.url.toString() + ' ' + it.credentials.password }`);
      const led = expectDone(await home.gradleBy([], ["-c", `${gradle} -q get`], { program: "sh" }));
      expect(led.stdout).toContain(GOT);
      expect(led.stdout).toMatch(/sees \[http:\/\/127\.0\.0\.1:\d+\/https\/localhost:\d+\/libs\/ tkphantom_/);
      expect(holds(led.stdout, SECRETS)).toBe(false);
      // Without what the session has set, it is another daemon's, or one of its own, and asks in vain.
      const bare = await home.gradleBy([], ["-c", `GRADLE_OPTS="${home.java["GRADLE_OPTS"] ?? ""}" ${gradle} --no-daemon -q get`], { program: "sh" });
      expect(holds(`${bare.stdout}${bare.stderr}`, SECRETS)).toBe(false);
    } finally {
      expectDone(await home.run("gradle", ["--stop"], { env: home.java }));
    }
    expect(filesWithSecret(home.directory, SECRETS)).toEqual([]);
  });

  longTest("publishes with the token of the place", async () => {
    await home.addToken("gradle", libs, LIBS_TOKEN, "alice");
    await setUp();
    for (const [name, text] of Object.entries(publishing(libs))) await home.write(name, text);
    const came = recorded();
    expectDone(await home.gradle(["publish"]));
    expect(came()).toContain("PUT /libs/com.acme/published/1/ivy-1.xml libs");
  });

  it("gives nothing inside of what is sealed", async () => {
    await home.addToken("gradle", libs, LIBS_TOKEN, "alice");
    await setUp();
    await home.write("build.gradle", getting(repository(libs)));
    const gradle = expectDone(await home.run("sh", ["-c", "command -v gradle"])).stdout.trim();
    const [came, ended] = [recorded(), await home.gradleBy([], ["-c", `GRADLE_OPTS=$OWN ${gradle} --no-daemon -q get`], { program: "sh", env: { OWN: home.java["GRADLE_OPTS"] } })];
    expect(ended.stderr).toContain("toolkey: not answered inside of sh");
    expect(ended.stdout).not.toContain(GOT);
    expect(came().filter((each) => each.endsWith(" libs"))).toEqual([]);
  });

  it("has its doctor, who names what comes before a token", async () => {
    const env = { GRADLE_USER_HOME: home.user };
    const doctor = async (more = {}) => (await home.toolkey(["doctor"], { env: { ...env, ...more } })).stdout.split("\n").filter((line) => /gradle/i.test(line));
    expect(await doctor()).toEqual([]);
    const id = await home.addToken("gradle", libs, LIBS_TOKEN, "alice");
    expect((await doctor()).join("\n")).toContain("plain gradle does not ask toolkey; toolkey run -- gradle does");
    await setUp();
    const script = join(home.user, "init.d", "toolkey.init.gradle");
    const good = (await doctor()).join("\n");
    expect(good).toContain(`gradle asks toolkey, by ${script}`);
    expect(good).toContain(`gets ${id} for ${libs}`);
    await writeFile(join(home.user, "gradle.properties"), "acmeUser = alice\nacmePassword = hunter2\n");
    const beaten = (await doctor({ ORG_GRADLE_PROJECT_libsPassword: "hunter2" })).join("\n");
    expect(beaten).toContain("ORG_GRADLE_PROJECT_libsPassword is set: a repository that takes it gets no token of toolkey's");
    expect(beaten).toContain(`${join(home.user, "gradle.properties")} has acmePassword`);
    expect(beaten).not.toContain("hunter2");
    await writeFile(script, (await readFile(script, "utf8")).replaceAll("toolkey-authorization", "elsewhere"));
    expect((await doctor()).join("\n")).toContain(`${script} is of another toolkey`);
    await setUp();
    expect((await home.toolkey(["doctor"])).stdout).toContain(`Gradle does not read ${script}: it looks below `);

    const found = await home.toolkey(["import", "--check"], { env });
    expect(found.stdout).toContain("gradle.properties:2: a secret of gradle for acmePassword\n");
  });

  it("is set up and taken back, and leaves what is somebody else's alone", async () => {
    const env = { GRADLE_USER_HOME: home.user };
    const script = join(home.user, "init.d", "toolkey.init.gradle");
    const toolkey = (...argv: string[]) => home.toolkey(["setup", "gradle", ...argv], { env });
    expect(expectDone(await toolkey("--dry-run")).stdout).toContain(`would change ${script}:`);
    expect(existsSync(script)).toBe(false);
    expect(expectDone(await toolkey()).stdout).toBe(`gradle asks toolkey now: changed ${script}\n`);
    expect(expectDone(await toolkey()).stdout).toBe(`gradle asks toolkey already (${script})\n`);
    expectDone(await toolkey("--undo"));
    expect(existsSync(script)).toBe(false);
    await mkdir(join(home.user, "init.d"), { recursive: true });
    await writeFile(script, "println 'mine'\n");
    expect(await toolkey()).toMatchObject({ code: 2, stderr: `toolkey: ${script} is somebody else's\nhint: it was left as it is; give it another name, then try again\n` });
    expectDone(await toolkey("--undo"));
    expect(await readFile(script, "utf8")).toBe("println 'mine'\n");
  });
});
