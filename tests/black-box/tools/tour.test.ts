/** docs/tour.md's section on builds, word for word: its commands are run, and what it shows of their output is there. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { client, clientsMissing } from "../../fixtures/tools/clients.ts";
import { IS_LONG } from "../../fixtures/form.ts";
import { expectDone, makeHome, type TestHome } from "../../fixtures/homes/home.ts";
import { trusting } from "../../fixtures/tools/jvm.ts";
import { debianPlugin, maven, mavenMissing } from "../../fixtures/tools/maven.ts";
import { writeBuildProject, writeSettings } from "../../fixtures/tools/maven-project.ts";
import { startMavenRepository, type MavenRepository } from "../../fixtures/registries/maven-repository.ts";
import { readPage } from "../../fixtures/documents/page.ts";
import { makeTls, type TestTls } from "../../fixtures/network/tls.ts";
import { startVerdaccio, verdaccioMissing, type Verdaccio } from "../../fixtures/registries/npm/verdaccio.ts";

const MAVEN_TOKEN = "TOUR-MAVEN-T0KEN";

interface Shown {
  readonly command: string;
  /** What the page shows of its output. */
  readonly lines: readonly string[];
}

let tls: TestTls;
let home: TestHome;
let repository: MavenRepository;
let verdaccio: Verdaccio;

const missing = mavenMissing("3.8") || clientsMissing(["npm", 11]) || verdaccioMissing();

beforeAll(async () => {
  if (missing) return;
  tls = await makeTls();
  [home, repository, verdaccio] = await Promise.all([
    makeHome(),
    startMavenRepository({ tls, repositories: [{ path: "/maven", user: "alice", token: MAVEN_TOKEN }] }),
    startVerdaccio({ tls }),
  ]);
  await home.init(tls.caFile);
});
afterAll(async () => {
  if (missing) return;
  await Promise.all([home.dispose(), repository.close(), verdaccio.close()]);
  await tls.remove();
});

test.skipIf(missing)("a Maven deploy and an npm ci as the tour shows them", { timeout: 240_000 }, async () => {
  const tools = { ...maven("3.8").environment(home.directory, await trusting(tls)), ...client("npm", 11).environment, NODE_EXTRA_CA_CERTS: tls.caFile };
  const project = join(home.directory, "project");
  await mkdir(project, { recursive: true });
  const releases = { id: "company", url: repository.url("/maven") };
  if (IS_LONG) await writeBuildProject(project, { version: "1.0-SNAPSHOT", releases });
  else await writeFile(join(project, "pom.xml"), pomToDeploy(releases));
  await writeSettings(home.directory, { mirrors: [{ id: "company", url: repository.url("/maven"), mirrorOf: "*" }] });
  await writeFile(join(home.directory, ".npmrc"), `registry=${verdaccio.origin}/\n`);
  await verdaccio.publish(verdaccio.loginToken, "thing", "1.0.0");
  await writeFile(join(project, "package.json"), JSON.stringify({ name: "project", version: "1.0.0", dependencies: { thing: "1.0.0" } }));
  await writeFile(join(project, "package-lock.json"), JSON.stringify({
    name: "project", version: "1.0.0", lockfileVersion: 3,
    packages: {
      "": { name: "project", version: "1.0.0", dependencies: { thing: "1.0.0" } },
      "node_modules/thing": { version: "1.0.0", resolved: `${verdaccio.origin}/thing/-/thing-1.0.0.tgz` },
    },
  }));

  const real = (text: string): string =>
    text
      .replaceAll("https://repo.example.com/maven", repository.url("/maven"))
      .replaceAll("https://npm.example.com", verdaccio.origin)
      .replaceAll("npm.example.com", new URL(verdaccio.origin).host)
      .replaceAll("/home/alice", home.directory);
  for (const { command, lines } of shownInTour()) {
    const stdin = command.includes("--tool maven") ? MAVEN_TOKEN : command.includes("--tool npm") ? verdaccio.loginToken : "";
    const ended = expectDone(await home.run("sh", ["-c", real(command)], { cwd: project, env: tools, stdin }));
    const output = withoutIds(`${ended.stdout}${ended.stderr}`);
    for (const line of lines.map(real).map(withoutIds)) expect(output).toContain(line);
  }
  expect([...repository.files.keys()].some((path) => path.endsWith(IS_LONG ? ".jar" : ".pom"))).toBe(true);
  expect(await readFile(join(project, "node_modules", "thing", "package.json"), "utf8")).toContain("1.0.0");
});

/** With nothing to compile and to test, which takes its time. */
function pomToDeploy({ id, url }: { readonly id: string; readonly url: string }): string {
  return `<project><modelVersion>4.0.0</modelVersion><groupId>com.acme</groupId><artifactId>built</artifactId><version>1.0</version><packaging>pom</packaging>
    <distributionManagement><repository><id>${id}</id><url>${url}</url></repository></distributionManagement>
    <build><plugins>${debianPlugin("install")}${debianPlugin("deploy")}</plugins></build></project>`;
}

/** The prompt for a secret is for a terminal, which a test has not. */
function shownInTour(): Shown[] {
  const blocks = readPage("docs/tour.md").blocks.filter(({ heading }) => heading === "Builds");
  const shown = blocks.flatMap(({ commands }) => commands.map(({ command, lines }) => ({ command, lines: lines.filter((line) => !/^token for \S+:$/.test(line)) })));
  if (shown.length === 0) throw new Error("the tour shows no build");
  return shown;
}

/** Without ids, times and amounts, which are others each time. */
function withoutIds(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\b(maven|npm|p)-([0-9a-z]{4}|[0-9a-f]{8})\b/g, "$1-ID")
    .replace(/\b\d{4}-\d\d-\d\dT[\d:]+Z/g, "TIME")
    .replace(/\d+ requests?, [\d.]+ k?B received/g, "REQUESTS");
}
