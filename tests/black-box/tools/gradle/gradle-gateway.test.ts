/** Gradle through the gateway: all that it does with tokens it does with a phantom, and what finds the phantom has nothing. */
import { readFileSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { longTest } from "../../../fixtures/form.ts";
import { filesWith } from "../../../fixtures/files-with.ts";
import { expectDone } from "../../../fixtures/homes/home.ts";
import { getting, makeGradleHome, publishing, repository, type GradleHome } from "../../../fixtures/tools/gradle-run.ts";
import { putParent } from "../../../fixtures/tools/maven-project.ts";
import { BEARER_TOKEN, filesWithSecret, holds, LIBS_TOKEN, OTHER_TOKEN, startMavenServers, type MavenServers } from "../../../fixtures/tools/maven-run.ts";
import { missing } from "../../../fixtures/programs/programs.ts";

const SECRETS = [LIBS_TOKEN, OTHER_TOKEN, BEARER_TOKEN];
const GOT = "got [parent-1.pom]";

let servers: MavenServers;
let home: GradleHome;
let libs: string;

function recorded(server: { readonly requests: readonly { method: string; path: string; authorization: string }[] } = servers.acme) {
  const before = server.requests.length;
  return () => server.requests.slice(before).map(({ method, path, authorization }) => `${method} ${path} ${authorization}`);
}

describe.skipIf(missing("gradle", "java", "javac"))("Gradle 4.4 through the gateway", { timeout: 120_000 }, () => {
  beforeAll(async () => {
    servers = await startMavenServers();
    libs = servers.acme.url("/libs");
    putParent(servers.acme, "/libs");
    putParent(servers.acme, "/central", "free");
    putParent(servers.acme, "/bearer", "bearer-parent");
    putParent(servers.other, "/libs", "other-parent");
  });
  afterAll(() => servers?.close());
  beforeEach(async () => {
    home = await makeGradleHome(servers);
    await home.addToken("gradle", libs, LIBS_TOKEN, "alice");
  });
  afterEach(() => home?.dispose());

  it("gets what is private, also in an included build and with a token without a user name; what a build looks for and tries, it has a phantom for, and no token", async () => {
    expectDone(await home.toolkey(["setup", "gradle"], { env: { GRADLE_USER_HOME: home.user } }));
    await home.write("settings.gradle", "include 'sub', 'bearer'\nincludeBuild 'part'\n");
    await home.write("part/settings.gradle", "rootProject.name = 'part'\n");
    await home.write("part/build.gradle", getting(repository(libs)));
    // A token without a user name: this Gradle can't present it by itself.
    const bearer = servers.acme.url("/bearer");
    await home.addToken("gradle", bearer, BEARER_TOKEN);
    await home.write("bearer/build.gradle", getting(repository(bearer), ["com.acme:bearer-parent:1@pom"]));
    await home.write("sub/build.gradle", getting(repository(`${libs}/`, "credentials { username 'mallory'\npassword 'own' }")));
    await home.write("build.gradle", `${getting(`${repository(servers.acme.url("/central"))}\n${repository(libs)}`)}
      get.dependsOn gradle.includedBuild('part').task(':get')
      task look { doLast {
        def text = repositories.collect { it.url.toString() + ' ' + it.configuredCredentials?.password }.join('\\n') + System.getenv()
        gradle.startParameter.allInitScripts.each { text += it.text }
        gradle.startParameter.systemPropertiesArgs.values().findAll { it.startsWith('/') }.each { text += new File(it).text }
        ['/proc/self/environ', '/proc/self/cmdline'].each { text += new File(it).text }
        text += ['sh', '-c', '"$AUTHORIZATION" gradle ${libs} 2>&1'].execute().text
        file('seen.txt').text = text
      } }`);
    const came = recorded();
    const program = expectDone(await home.run("sh", ["-c", "command -v toolkey-authorization"])).stdout.trim();
    const built = expectDone(await home.gradleBy([], ["get", "look"], { env: { AUTHORIZATION: program } }));
    expect(built.stdout.split(GOT), "of the build, sub and the included one").toHaveLength(4);
    expect(built.stdout).toContain("got [bearer-parent-1.pom]");
    const places = [libs, bearer].map((place) => `gradle at ${place.replace("https://", "")}`);
    expect(built.stderr).toContain(`toolkey: gradle and what it starts may use, through the gateway: ${places.join(", ")}\n`);
    expect(built.stdout).not.toContain("toolkey: ");
    expect(came()).toContain("GET /libs/com/acme/parent/1/parent-1.pom libs");
    expect(came().filter((each) => each.includes("/central/") && !each.endsWith(" none"))).toEqual([]);
    const seen = readFileSync(join(home.project, "seen.txt"), "utf8");
    expect(seen).toMatch(/tkphantom_/);
    expect(seen).toMatch(/http:\/\/127\.0\.0\.1:\d+\/https\/localhost:\d+\/libs\/ tkphantom_/);
    expect(seen).toContain("toolkey: not answered inside of");
    expect(holds(seen, SECRETS)).toBe(false);
    expect(filesWithSecret(home.directory, SECRETS)).toEqual([]);
    // The phantom ended with the command.
    const [, phantom = ""] = /(tkphantom_\w+)/.exec(seen) ?? [];
    expect(filesWith(home.user, [phantom])).toEqual([]);
    const [, gateway = ""] = /(http:\/\/127\.0\.0\.1:\d+)/.exec(seen) ?? [];
    expect((await fetch(`${gateway}/https/${new URL(libs).host}/libs/com/acme/parent/1/parent-1.pom`, { headers: { Authorization: `Bearer ${phantom}` } })).ok).toBe(false);
  });

  it("publishes with --publish, and not without", async () => {
    for (const [name, text] of Object.entries(publishing(libs))) await home.write(name, text);
    const refused = await home.gradleBy([], ["publish"]);
    expect(refused.code).not.toBe(0);
    expect(`${refused.stdout}${refused.stderr}`).toContain("403");
    expect([...servers.acme.files.keys()].filter((path) => path.includes("/published/"))).toEqual([]);
    expectDone(await home.gradleBy(["--publish"], ["publish"]));
    const published = [...servers.acme.files.keys()].filter((path) => path.includes("/published/") && !path.endsWith(".sha1"));
    expect(published.toSorted()).toEqual(["ivy-1.xml", "published-1.jar"].map((name) => `/libs/com.acme/published/1/${name}`));
  });

  it("leads a wrapper by its path, and the process that Gradle starts for more memory; not past a proxy of the project's", async () => {
    await home.write("gradle.properties", `org.gradle.jvmargs=-Xmx256m\nsystemProp.http.proxyHost=127.0.0.1\nsystemProp.http.proxyPort=1\nsystemProp.http.nonProxyHosts=nowhere\n`);
    await home.write("build.gradle", getting(repository(libs)));
    await home.write("gradlew", '#!/bin/sh\nexec gradle "$@"\n');
    await chmod(join(home.project, "gradlew"), 0o755);
    const built = expectDone(await home.gradleBy([], ["get"], { program: "./gradlew" }));
    expect(built.stdout).toContain("To honour the JVM settings");
    expect(built.stdout).toContain(GOT);
  });

  it("is no way for a daemon of Gradle's that ran before, nor by its hook", async () => {
    await home.write("build.gradle", getting(repository(libs)));
    await home.write("settings.gradle", "");
    expectDone(await home.run("gradle", ["-q", "help"], { cwd: home.project, env: home.java }));
    try {
      const ended = await home.gradleBy([], ["--daemon", "-q", "get"]);
      expect(ended.stderr).toContain("a daemon of Gradle's that runs already is not part of this command");
      expect(ended.stdout).not.toContain(GOT);
      expect(ended.stderr).toContain("403");
      expect(expectDone(await home.gradleBy([], ["-q", "get"])).stdout).toContain(GOT);
    } finally {
      expectDone(await home.run("gradle", ["--stop"], { env: home.java }));
    }
  });

  longTest("says that there is no token, and asks nothing for --version", async () => {
    expect(expectDone(await home.gradleBy(["--direct"], ["--version"])).stderr).not.toContain("toolkey: ");
    expectDone(await home.toolkey(["revoke", "--local", "--yes", (await home.tokens())[0]?.id ?? ""]));
    await home.write("build.gradle", "");
    expect(expectDone(await home.gradleBy(["--direct"], ["help"])).stderr).toContain("toolkey: there is no token of the tool gradle\nhint: toolkey add URL --tool gradle --username NAME\n");
  });
});
