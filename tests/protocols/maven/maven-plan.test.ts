/** From files, a command line and tokens to the whole plan. */
import { describe, expect, it } from "vitest";
import { EMPTY_PLAN, type Plan } from "../../../src/core/plan.ts";
import { covers, formatTarget, parseTarget } from "../../../src/core/target.ts";
import type { Grant, RunRequest } from "../../../src/protocols/tool-protocol.ts";
import { maven } from "../../../src/protocols/maven/plan.ts";
import { makeToken, revealed } from "../../fixtures/tokens.ts";
import { INSTALLATION } from "../client-request.ts";

const MARK = "0123456789ab";
const LIBS = "https://repo.acme.example/libs";
const SNAPS = "https://repo.acme.example/snaps";
const LIBS_ID = `toolkey-repo.acme.example-libs-${MARK}`;
const SNAPS_ID = `toolkey-repo.acme.example-snaps-${MARK}`;
const M2 = "/home/ada/.m2/settings.xml";

interface Case {
  readonly files?: Readonly<Record<string, string>>;
  readonly argv?: readonly string[];
  readonly request?: Partial<RunRequest>;
  /** Where a token is good for, and how it is presented; Basic if absent. */
  readonly tokens?: Readonly<Record<string, Partial<Grant>>>;
}

async function plan({ files = {}, argv = ["compile"], request = {}, tokens = { [LIBS]: {} } }: Case): Promise<{ needs: string[]; plan: Plan }> {
  const survey = await maven(
    { arguments: argv, directory: "/work", home: "/home/ada", environment: {}, declared: [], variables: {}, publish: false, installation: INSTALLATION, mark: MARK, ...request },
    (path) => Promise.resolve(files[path]),
    () => Promise.resolve(Object.keys(tokens).map((url) => ({ token: "maven-1", target: parseTarget(url), isSuspended: false }))),
  );
  const grants = survey.needs.flatMap((need): Grant[] => {
    const [at, fields] = Object.entries(tokens).find(([url]) => covers(parseTarget(url), need.target)) ?? [];
    return at === undefined ? [] : [{ need, presents: "Basic", token: makeToken({ id: "maven-1", tool: "maven", at, username: "ada", holds: "T0KEN" }), ...fields }];
  });
  return { needs: survey.needs.map(({ target }) => formatTarget(target)), plan: survey.plan(grants) };
}

const pom = (content: string) => `<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version>${content}</project>`;
const repository = (id: string, url: string) => `<repository><id>${id}</id><url>${url}</url></repository>`;
const repositories = (...all: string[]) => `<repositories>${all.join("")}</repositories>`;
const server = (id: string) =>
  `<server><id>${id}</id><username>ada</username><password>T0KEN</password><configuration><httpConfiguration><all><usePreemptive>true</usePreemptive></all></httpConfiguration></configuration></server>`;
const mirror = (id: string, mirrorOf: string, url: string) => `<mirror><id>${id}</id><mirrorOf>${mirrorOf}</mirrorOf><url>${url}</url></mirror>`;
const settings = ({ plan: { descriptors } }: { plan: Plan }) => descriptors["settings"]?.reveal();

/** A plan whose settings are new, with one server. */
function whole(content: string, fields: Partial<Plan> = {}): unknown {
  return {
    ...EMPTY_PLAN,
    arguments: ["-s", { descriptor: "settings" }],
    descriptors: { settings: `secret:<settings>\n${content}</settings>\n` },
    given: [{ token: "maven-1", place: LIBS }],
    ...fields,
  };
}

describe("downloads", () => {
  it("gives a repository of the POM to its place", async () => {
    const found = await plan({ files: { "/work/pom.xml": pom(repositories(repository("acme", LIBS))) } });
    expect(found.needs).toEqual([LIBS]);
    expect(revealed(found.plan)).toEqual(
      whole(`<servers>${server(LIBS_ID)}</servers><mirrors>${mirror(LIBS_ID, `${LIBS_ID},acme`, LIBS)}</mirrors>`),
    );
  });

  it("presents a bearer token in a header that is not repeated elsewhere", async () => {
    const found = await plan({ files: { "/work/pom.xml": pom(repositories(repository("acme", LIBS))) }, tokens: { [LIBS]: { presents: "Bearer" } } });
    const header = "<httpHeaders><property><name>Authorization</name><value>Bearer T0KEN</value></property></httpHeaders>";
    const still = "<httpConfiguration><all><params><property><name>http.protocol.handle-redirects</name><value>false</value></property></params></all></httpConfiguration>";
    const follow = `aether.connector.http.followRedirects.${LIBS_ID}`;
    expect(revealed(found.plan)).toEqual(
      whole(
        `<servers><server><id>${LIBS_ID}</id><configuration>${header}${still}</configuration></server></servers>` +
          `<mirrors>${mirror(LIBS_ID, `${LIBS_ID},acme`, LIBS)}</mirrors>` +
          `<profiles><profile><id>toolkey-${MARK}</id><properties><${follow}>false</${follow}></properties></profile></profiles>` +
          `<activeProfiles><activeProfile>toolkey-${MARK}</activeProfile></activeProfiles>`,
      ),
    );
  });

  it("renames a mirror of the person's, pins the name, and says that a secret of theirs is not used", async () => {
    const text = `<?xml version="1.0"?>\r\n<settings>\r\n  <!-- mine --><servers><server><id>company</id><password>OLD</password></server></servers>
  <mirrors><mirror><id>company</id><mirrorOf>*</mirrorOf><url>\${env.REPO}/libs</url></mirror></mirrors>\r\n</settings>`;
    const found = await plan({ files: { [M2]: text }, request: { environment: { "REPO": "https://repo.acme.example" } } });
    const renamed = `toolkey-repo.acme.example-libs-company-${MARK}`;
    expect(revealed(found.plan)).toEqual(
      whole("", {
        descriptors: {
          settings: `secret:${text
            .replace("<servers>", `<servers>${server(LIBS_ID)}${server(renamed)}`)
            .replace("<mirrors>", `<mirrors>${mirror(LIBS_ID, `${LIBS_ID},${renamed}`, LIBS)}`)
            .replace(/<mirror><id>company.*<\/url>/, `<mirror><id>${renamed}</id><mirrorOf>*</mirrorOf><url>${LIBS}</url>`)}`,
        } as never,
        notes: [`${M2} has a secret of its own for the server company, which is not used`],
        hints: ["delete it there: Maven gets the token of toolkey for company"],
      }),
    );
  });

  it.each<[what: string, given: Case, needs: string[]]>([
    ["nothing of a project without private repositories", { files: { "/work/pom.xml": pom("") } }, []],
    ["a URL that is put together", { files: { "/work/pom.xml": pom(`<properties><host>repo.acme.example</host></properties>${repositories(repository("acme", "https://${host}/${name}"))}`) }, argv: ["-Dname=libs", "test"] }, [LIBS]],
    ["a parent beside the project", { files: {
      "/work/pom.xml": `<project><parent><groupId>g</groupId><artifactId>p</artifactId><version>1</version></parent><artifactId>a</artifactId></project>`,
      "/pom.xml": pom(`${repositories(repository("acme", LIBS))}`).replace(">a<", ">p<"),
    } }, [LIBS]],
    ["a parent in the local repository", { files: {
      "/work/pom.xml": `<project><parent><groupId>com.acme</groupId><artifactId>p</artifactId><version>1</version><relativePath/></parent></project>`,
      "/home/ada/.m2/repository/com/acme/p/1/p-1.pom": pom(repositories(repository("acme", LIBS))),
    } }, [LIBS]],
    ["a module", { files: { "/work/pom.xml": pom("<modules><module>m</module></modules>"), "/work/m/pom.xml": pom(repositories(repository("acme", LIBS))) } }, [LIBS]],
    ["a POM that -f names", { files: { "/work/other/build.xml": pom(repositories(repository("acme", LIBS))) }, argv: ["-f", "other/build.xml", "test"] }, [LIBS]],
    ["a directory that -f names", { files: { "/work/other/pom.xml": pom(repositories(repository("acme", LIBS))) }, argv: ["-fother/", "test"] }, [LIBS]],
    ["a profile of the POM that is asked for", { files: { "/work/pom.xml": pom(`<profiles><profile><id>p</id>${repositories(repository("acme", LIBS))}</profile></profiles>`) }, argv: ["-Pp", "test"] }, [LIBS]],
    ["one that the settings make active", { files: {
      "/work/pom.xml": pom(`<profiles><profile><id>p</id>${repositories(repository("acme", LIBS))}</profile></profiles>`),
      [M2]: "<settings><activeProfiles><activeProfile>p</activeProfile></activeProfiles></settings>",
    } }, [LIBS]],
    ["a POM that maven.config names", { files: { "/work/b.xml": pom(repositories(repository("acme", LIBS))), "/work/.mvn/maven.config": "-f\nb.xml" } }, [LIBS]],
    ["not one that is not", { files: { "/work/pom.xml": pom(`<profiles><profile><id>p</id>${repositories(repository("acme", LIBS))}</profile></profiles>`) } }, []],
    ["a profile of the settings", { files: { [M2]: `<settings><profiles><profile><id>p</id>${repositories(repository("acme", LIBS))}</profile></profiles><activeProfiles><activeProfile>p</activeProfile></activeProfiles></settings>` } }, [LIBS]],
    ["the settings of -s alone", { files: { [M2]: `<settings><mirrors>${mirror("m", "*", SNAPS)}</mirrors></settings>`, "/work/x.xml": `<settings><mirrors>${mirror("m", "*", LIBS)}</mirrors></settings>` }, argv: ["-s", "x.xml", "test"] }, [LIBS]],
    ["the settings of MAVEN_ARGS", { files: { "/x.xml": `<settings><mirrors>${mirror("m", "*", LIBS)}</mirrors></settings>` }, request: { environment: { MAVEN_ARGS: "--settings /x.xml -X" } } }, [LIBS]],
    ["the settings below the JVM's user.home", { files: { "/else/.m2/settings.xml": `<settings><mirrors>${mirror("m", "*", LIBS)}</mirrors></settings>` }, request: { environment: { MAVEN_OPTS: "-Xmx1g -Duser.home=/else" } } }, [LIBS]],
    ["a mirror only where it is for a repository that there is", { files: { [M2]: `<settings><mirrors>${mirror("m", "others", LIBS)}${mirror("n", "central", SNAPS)}</mirrors></settings>` } }, [SNAPS]],
    ["not a repository that a mirror takes elsewhere", { files: { [M2]: `<settings><mirrors>${mirror("m", "external:*", "https://cache.example/")}</mirrors></settings>`, "/work/pom.xml": pom(repositories(repository("acme", LIBS))) } }, ["https://cache.example"]],
    ["not a name that is at two places", { files: { "/work/pom.xml": pom(`${repositories(repository("acme", LIBS))}<pluginRepositories>${repository("acme", SNAPS).replaceAll("repository>", "pluginRepository>")}</pluginRepositories>`) } }, []],
    ["not central for libraries alone", { files: { "/work/pom.xml": pom(repositories(repository("central", LIBS))) } }, []],
    ["not a name that has a meaning in a mirror", { files: { "/work/pom.xml": pom(repositories(repository("*", LIBS), repository("a,b", SNAPS))) } }, []],
    ["not what is in the clear", { files: { "/work/pom.xml": pom(repositories(repository("acme", "http://repo.acme.example/libs"))) } }, []],
    ["but on this machine", { files: { "/work/pom.xml": pom(repositories(repository("acme", "http://127.0.0.1:8081/libs"))) } }, ["http://127.0.0.1:8081/libs"]],
    ["not a URL with a login", { files: { "/work/pom.xml": pom(repositories(repository("acme", "https://repo.acme.example:443@evil.example/libs"))) } }, []],
    ["not where the dots of a URL may lead", { files: { "/work/pom.xml": pom(repositories(repository("acme", "https://repo.acme.example/libs/%2e%2e/x"), repository("b", "https://repo.acme.example/y/../x"))) } }, []],
    ["not a server that is declared but not used", { files: { "/work/pom.xml": pom("") }, request: { declared: [{ service: "acme", target: parseTarget(LIBS), server: "acme" }] } }, []],
    ["a declared server where not all POMs are known", {
      files: { "/work/pom.xml": `<project><parent><groupId>com.acme</groupId><artifactId>p</artifactId><version>1</version></parent></project>` },
      request: { declared: [{ service: "acme", target: parseTarget(LIBS), server: "acme" }] },
    }, [LIBS]],
    ["a declared server whose URL only Maven knows", {
      files: { "/work/pom.xml": pom(repositories(repository("acme", "${unknown}"))) },
      request: { declared: [{ service: "acme", target: parseTarget(LIBS), server: "acme" }] },
    }, [LIBS]],
    ["nothing for help", { files: { "/work/pom.xml": pom(repositories(repository("acme", LIBS))) }, argv: ["--help"] }, []],
  ])("needs %s", async (_what, given, needs) => {
    expect((await plan(given)).needs).toEqual(needs);
  });

  it("gives two places two names, and leaves out the one for which there is no token", async () => {
    const files = { "/work/pom.xml": pom(repositories(repository("acme", LIBS), repository("snaps", SNAPS), repository("more", `${SNAPS}/`))) };
    const both = await plan({ files, tokens: { [LIBS]: {}, [SNAPS]: {} } });
    expect(settings(both)).toContain(`${mirror(LIBS_ID, `${LIBS_ID},acme`, LIBS)}${mirror(SNAPS_ID, `${SNAPS_ID},snaps,more`, SNAPS)}`);
    const one = await plan({ files });
    expect(one.needs).toEqual([LIBS, SNAPS]);
    expect(settings(one)).not.toContain("snaps");
    expect(one.plan.given).toEqual([{ token: "maven-1", place: LIBS }]);
  });

  it("gives a mirror of the machine after those of the person, where its settings are named", async () => {
    const global = `<settings><mirrors>${mirror("corp", "*", LIBS)}</mirrors></settings>`;
    const found = await plan({ files: { "/opt/maven/conf/settings.xml": global, [M2]: `<settings><mirrors>${mirror("m", "x", SNAPS)}</mirrors></settings>` }, request: { environment: { MAVEN_HOME: "/opt/maven" } } });
    const repeated = `toolkey-repo.acme.example-libs-corp-${MARK}`;
    expect(settings(found)).toContain(`<mirrors>${mirror(LIBS_ID, `${LIBS_ID},${repeated}`, LIBS)}${mirror("m", "x", SNAPS)}${mirror(repeated, "*", LIBS)}</mirrors>`);
  });

  it("takes its settings out of MAVEN_ARGS, which Maven puts before ours", async () => {
    const found = await plan({ files: { "/x.xml": `<settings><mirrors>${mirror("m", "*", LIBS)}</mirrors></settings>` }, request: { environment: { MAVEN_ARGS: "-e -s /x.xml -T1C" } } });
    expect(found.plan.environment).toEqual({ MAVEN_ARGS: "-e -T1C" });
  });

  it.each(["a${b}", "{cipher}", "a\\b", " a", "a ", "ü", "$__x", ""])("leaves out a token that Maven would change: %j", async (holds) => {
    const token = makeToken({ id: "maven-1", tool: "maven", at: LIBS, username: "ada", holds });
    const found = await plan({ files: { "/work/pom.xml": pom(repositories(repository("acme", LIBS))) }, tokens: { [LIBS]: { token } } });
    expect(found.plan).toEqual({ ...EMPTY_PLAN, notes: ["the maven token maven-1 is left out: Maven does not take every character of it"] });
  });

  it("writes what XML has another meaning for so that it means itself", async () => {
    const token = makeToken({ id: "maven-1", tool: "maven", at: LIBS, username: "a&b", holds: `<"$x'>]]>` });
    const found = await plan({ files: { "/work/pom.xml": pom(repositories(repository("acme", LIBS))) }, tokens: { [LIBS]: { token } } });
    expect(settings(found)).toContain("<username>a&#38;b</username><password>&#60;&#34;$x&#39;&#62;]]&#62;</password>");
  });
});

describe("deployment", () => {
  const distribution = (releases: string, snapshots?: string, plugin?: string) =>
    `<distributionManagement>${repository("r", releases)}${snapshots === undefined ? "" : repository("s", snapshots).replaceAll("repository>", "snapshotRepository>")}</distributionManagement>` +
    (plugin === undefined ? "" : `<build><plugins><plugin><artifactId>maven-deploy-plugin</artifactId><version>${plugin}</version></plugin></plugins></build>`);
  const tokens = { [LIBS]: {}, [SNAPS]: {} };
  const properties = (found: { plan: Plan }) =>
    Object.fromEntries([...(settings(found) ?? "").matchAll(/<(alt\w+)>([^<]*)</g)].map(([, name, value]) => [name, value]));

  it("is by a name of ours, for both kinds of versions", async () => {
    const found = await plan({ files: { "/work/pom.xml": pom(distribution(LIBS, SNAPS, "3.1.1")) }, argv: ["deploy"], tokens });
    expect(found.needs).toEqual([LIBS, SNAPS]);
    expect(revealed(found.plan)).toEqual(
      whole(
        `<servers>${server(LIBS_ID)}${server(SNAPS_ID)}</servers>` +
          `<mirrors>${mirror(LIBS_ID, LIBS_ID, LIBS)}${mirror(SNAPS_ID, SNAPS_ID, SNAPS)}</mirrors>` +
          `<profiles><profile><id>toolkey-${MARK}</id><properties><altReleaseDeploymentRepository>${LIBS_ID}::${LIBS}</altReleaseDeploymentRepository>` +
          `<altSnapshotDeploymentRepository>${SNAPS_ID}::${SNAPS}</altSnapshotDeploymentRepository></properties></profile></profiles>` +
          `<activeProfiles><activeProfile>toolkey-${MARK}</activeProfile></activeProfiles>`,
        { given: [{ token: "maven-1", place: LIBS }, { token: "maven-1", place: SNAPS }] },
      ),
    );
  });

  const [r, s] = [`${LIBS_ID}::default::${LIBS}`, `${SNAPS_ID}::default::${SNAPS}`];
  it.each<[what: string, given: Case, expected: Record<string, string>]>([
    ["the syntax of 2.x and the one place of 2.7", { files: { "/work/pom.xml": pom(distribution(LIBS, SNAPS, "2.7")) } }, { altReleaseDeploymentRepository: r, altSnapshotDeploymentRepository: s, altDeploymentRepository: r }],
    ["of 2.7 with a snapshot", { files: { "/work/pom.xml": pom(distribution(LIBS, SNAPS)).replace(">1<", ">1-SNAPSHOT<") } }, { altReleaseDeploymentRepository: r, altSnapshotDeploymentRepository: s, altDeploymentRepository: s }],
    ["2.8", { files: { "/work/pom.xml": pom(distribution(LIBS, undefined, "2.8.2")) } }, { altReleaseDeploymentRepository: r, altSnapshotDeploymentRepository: `${LIBS_ID}::default::${LIBS}` }],
    ["a place without a path, behind which a POM can't go on", { files: { "/work/pom.xml": pom(distribution("https://repo.acme.example", undefined, "3.0.0")) }, tokens: { "https://repo.acme.example": {} } }, { altReleaseDeploymentRepository: `toolkey-repo.acme.example-${MARK}::https://repo.acme.example/`, altSnapshotDeploymentRepository: `toolkey-repo.acme.example-${MARK}::https://repo.acme.example/` }],
    ["one place of which we have no token", { files: { "/work/pom.xml": pom(distribution(LIBS, "https://evil.example/", "2.8.2")) } }, { altReleaseDeploymentRepository: r }],
    ["-DaltDeploymentRepository", { files: { "/work/pom.xml": pom(distribution("https://evil.example/", undefined, "3.0.0")) }, argv: ["-DaltDeploymentRepository=mine::default::https://repo.acme.example/libs", "deploy"] }, { altReleaseDeploymentRepository: `${LIBS_ID}::${LIBS}`, altSnapshotDeploymentRepository: `${LIBS_ID}::${LIBS}` }],
    ["-DaltDeploymentRepository to another host", { files: { "/work/pom.xml": pom(`${distribution(LIBS)}${repositories(repository("acme", LIBS))}`) }, argv: ["-DaltDeploymentRepository=r::https://evil.example/", "deploy"] }, {}],
    ["a goal that does not deploy", { files: { "/work/pom.xml": pom(`${distribution(LIBS)}${repositories(repository("acme", LIBS))}`) }, argv: ["install", "site-deploy"] }, {}],
    ["the default goal", { files: { "/work/pom.xml": pom(`<build><defaultGoal>clean deploy</defaultGoal></build>${distribution(LIBS)}`) }, argv: [] }, { altReleaseDeploymentRepository: r, altSnapshotDeploymentRepository: `${LIBS_ID}::default::${LIBS}`, altDeploymentRepository: r }],
  ])("knows %s", async (_what, given, expected) => {
    expect(properties(await plan({ argv: ["deploy"], tokens, ...given }))).toEqual(expected);
  });

  it.each<[what: string, files: Record<string, string>, note: RegExp]>([
    ["modules that deploy to different places", { "/work/pom.xml": pom(`${distribution(LIBS)}<modules><module>m</module></modules>`), "/work/m/pom.xml": pom(distribution("https://evil.example/")) }, /its modules deploy to different places/],
    ["a parent that isn't known", { "/work/pom.xml": `<project><parent><groupId>g</groupId><artifactId>p</artifactId><version>1</version></parent>${distribution(LIBS)}</project>` }, /g:p:1, the parent of \/work\/pom.xml, is neither beside it nor in \/home\/ada\/.m2\/repository/],
    ["a URL that only Maven knows", { "/work/pom.xml": pom(distribution("${x}")) }, /depends on what only Maven knows/],
    ["a profile that may be active", { "/work/pom.xml": pom(`${distribution(LIBS)}<profiles><profile><id>p</id><activation><jdk>17</jdk></activation>${distribution(SNAPS)}</profile></profiles>`) }, /depends on what only Maven knows/],
  ])("is left out for %s", async (_what, files, note) => {
    const found = await plan({ files, argv: ["deploy"], tokens });
    expect(found.plan).toEqual({ ...EMPTY_PLAN, notes: [expect.stringMatching(note)], hints: [expect.any(String)] });
  });
});

describe("nothing is given", () => {
  const good = { "/work/pom.xml": pom(repositories(repository("acme", LIBS))) };
  it.each<[what: string, given: Case, note: string | undefined]>([
    ["for settings that are no XML", { files: { ...good, [M2]: "<settings>\n  <servers></settings>" } }, `${M2}, line 2, column 22: unexpected close tag; nothing is given`],
    ["for settings with a document type", { files: { ...good, [M2]: "<!DOCTYPE settings><settings/>" } }, `${M2}, line 1, column 19: it has a document type; nothing is given`],
    ["for a POM that is no XML", { files: { "/work/pom.xml": "<project>" } }, "/work/pom.xml, line 1, column 9: unclosed tag: project; nothing is given"],
    ["for settings that are not there", { files: good, argv: ["-s", "/none.xml", "test"] }, undefined],
    ["to the release plugin", { files: good, argv: ["release:perform"] }, "the release plugin writes the settings of Maven to a file in the directory for temporary files; nothing is given"],
    ["if maven.config switches TLS off", { files: { ...good, "/work/.mvn/maven.config": "-T1\n-Dmaven.wagon.http.ssl.insecure=true" } }, "/work/.mvn/maven.config sets maven.wagon.*, which could leak a token; no token is given"],
    ["if jvm.config of a directory above does", { files: { ...good, "/.mvn/jvm.config": "-Xmx1g -Djavax.net.ssl.trustStore=x" } }, "/.mvn/jvm.config sets -Djavax.net.ssl.trustStore=x, which could leak a token; no token is given"],
    ["if settings of the project do", { files: { ...good, "/work/.mvn/maven.config": "-s s.xml", "/work/s.xml": "<settings><profiles><profile><properties><aether.connector.https.securityMode>insecure</aether.connector.https.securityMode></properties></profile></profiles></settings>" } }, "/work/s.xml sets aether.connector.https.securityMode, which could leak a token; no token is given"],
    ["if .mvn/settings.xml does", { files: { ...good, "/work/.mvn/settings.xml": "<settings><profiles><profile><properties><aether.transport.https.securityMode>insecure</aether.transport.https.securityMode></properties></profile></profiles></settings>" } }, "/work/.mvn/settings.xml sets aether.transport.https.securityMode, which could leak a token; no token is given"],
    ["if .mvn/settings.xml takes the repository elsewhere", { files: { ...good, "/work/.mvn/settings.xml": `<settings><mirrors>${mirror("m", "*", "https://evil.example/")}</mirrors></settings>` } }, undefined],
    ["if maven-user.properties switch TLS off", { files: { ...good, "/work/.mvn/maven-user.properties": "aether.transport.https.securityMode = insecure" } }, "/work/.mvn/maven-user.properties sets aether.transport.*, which could leak a token; no token is given"],
    ["to who knows our names", { files: { "/work/pom.xml": pom(`${repositories(repository("acme", LIBS))}<x>&#x${"0".charCodeAt(0).toString(16)};${MARK.slice(1)}</x>`) } }, "/work/pom.xml has a name that only toolkey uses; nothing is given"],
    ["to who puts our names together", { files: { "/work/pom.xml": pom(`<properties><a>${MARK.slice(0, 6)}</a><b>${MARK.slice(6)}</b></properties>${repositories(repository("x-${a}${b}", LIBS))}`) } }, "a repository of the project has a name that only toolkey uses; nothing is given"],
  ])("%s", async (_what, given, note) => {
    const found = await plan(given);
    expect(found.needs).toEqual([]);
    expect(found.plan).toEqual({ ...EMPTY_PLAN, notes: note === undefined ? [] : [note], hints: note === undefined ? [] : [expect.any(String)] });
  });

  it("in the clear where the project's settings have proxies", async () => {
    const local = { "/work/pom.xml": pom(repositories(repository("acme", "http://localhost/libs"), repository("b", LIBS))), "/work/.mvn/maven.config": "-s s.xml" };
    expect((await plan({ files: { ...local, "/work/s.xml": "<settings><proxies><proxy/></proxies></settings>" } })).needs).toEqual([LIBS]);
    expect((await plan({ files: { ...local, "/work/s.xml": "<settings/>" } })).needs).toEqual(["http://localhost/libs", LIBS]);
  });

  it("of a bearer token that the goal would print", async () => {
    const found = await plan({ files: good, argv: ["help:effective-settings"], tokens: { [LIBS]: { presents: "Bearer" } } });
    expect(found.plan).toEqual({ ...EMPTY_PLAN, notes: ["the maven token maven-1 is left out: this goal would print it"] });
  });

  const many = (count: number, item: (index: number) => string) => Array.from({ length: count }, (_none, index) => item(index)).join("");
  it.each<[what: string, text: string]>([
    ["modules", pom(`<modules>${many(2000, (index) => `<module>m${index}</module>`)}</modules>`)],
    ["doubled properties", pom(`<properties>${many(40, (index) => `<p${index}>\${p${index + 1}}\${p${index + 1}}</p${index}>`)}</properties>${repositories(repository("acme", "${p0}"))}`)],
    ["parents", "<project><parent><groupId>g</groupId><artifactId>a</artifactId><version>1</version><relativePath>../x/pom.xml</relativePath></parent><artifactId>a</artifactId></project>"],
    ["repositories", pom(repositories(many(50_000, (index) => repository(`r${index}`, "${p}"))))],
    ["profiles", pom(`<profiles>${many(20_000, (index) => `<profile><id>p${index}</id><activation><activeByDefault>true</activeByDefault></activation><properties><p>\${q}</p></properties></profile>`)}</profiles>${repositories(repository("acme", "${p}"))}`)],
    ["levels", `<project>${"<a>".repeat(100_000)}${"</a>".repeat(100_000)}</project>`],
  ])("soon enough to a project with endless %s", async (_what, text) => {
    let reads = 0;
    const survey = await maven({ arguments: ["deploy"], directory: "/work", home: "/home/ada", environment: {}, declared: [], variables: {}, publish: false, installation: INSTALLATION, mark: MARK }, (path) => {
      reads += 1;
      return Promise.resolve(path.endsWith("/pom.xml") && !path.includes("pom.xml/") ? text : undefined);
    }, () => Promise.resolve([]));
    expect(survey.needs).toEqual([]);
    expect(reads).toBeLessThan(1000);
  }, 20_000);
});
