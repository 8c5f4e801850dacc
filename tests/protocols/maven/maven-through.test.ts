/** From files, a command line and tokens to the whole plan that leads through the gateway, and what its phantom permits. */
import { describe, expect, it } from "vitest";
import { EMPTY_PLAN } from "../../../src/core/plan.ts";
import { Secret } from "../../../src/core/secret.ts";
import { covers, formatTarget, parseTarget } from "../../../src/core/target.ts";
import { maven } from "../../../src/protocols/maven/plan.ts";
import type { Grant, PlanThrough, RunRequest, WhyNotThrough } from "../../../src/protocols/tool-protocol.ts";
import { makeToken, revealed } from "../../fixtures/tokens.ts";
import { INSTALLATION } from "../client-request.ts";

const MARK = "0123456789ab";
const LIBS = "https://repo.acme.example/libs";
const SNAPS = "https://repo.acme.example/snaps";
const LIBS_ID = `toolkey-repo.acme.example-libs-${MARK}`;
const SNAPS_ID = `toolkey-repo.acme.example-snaps-${MARK}`;
const M2 = "/home/ada/.m2/settings.xml";
const GATEWAY = "http://127.0.0.1:21345";
const LIBS_THROUGH = `${GATEWAY}/https/repo.acme.example/libs`;
const SNAPS_THROUGH = `${GATEWAY}/https/repo.acme.example/snaps`;

interface Case {
  readonly files?: Readonly<Record<string, string>>;
  readonly argv?: readonly string[];
  readonly request?: Partial<RunRequest>;
  readonly tokens?: Readonly<Record<string, Partial<Grant>>>;
}

async function through({ files = {}, argv = ["compile"], request = {}, tokens = { [LIBS]: {} } }: Case): Promise<PlanThrough | WhyNotThrough> {
  const survey = await maven(
    { arguments: argv, directory: "/work", home: "/home/ada", environment: {}, declared: [], variables: {}, publish: false, installation: INSTALLATION, mark: MARK, ...request },
    (path) => Promise.resolve(files[path]),
    () => Promise.resolve(Object.keys(tokens).map((url) => ({ token: "maven-1", target: parseTarget(url), isSuspended: false }))),
  );
  const grants = survey.needs.flatMap((need): Grant[] => {
    const [at, fields] = Object.entries(tokens).find(([url]) => covers(parseTarget(url), need.target)) ?? [];
    return at === undefined ? [] : [{ need, presents: "Basic", token: makeToken({ id: "maven-1", tool: "maven", at, username: "ada", holds: "T0KEN" }), ...fields }];
  });
  const found = survey.planThrough?.(grants, { gateway: GATEWAY, phantom: new Secret("tkphantom_x-1") });
  if (found === undefined) throw new Error("no plan leads through the gateway");
  return found;
}

async function planned(given: Case): Promise<PlanThrough> {
  const found = await through(given);
  if (!("plan" in found)) throw new Error(JSON.stringify(found));
  return found;
}

const pom = (content: string) => `<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version>${content}</project>`;
const repository = (id: string, url: string) => `<repository><id>${id}</id><url>${url}</url></repository>`;
const repositories = (...all: string[]) => `<repositories>${all.join("")}</repositories>`;
const distribution = (releases: string, snapshots: string) =>
  `<distributionManagement>${repository("r", releases)}${repository("s", snapshots).replaceAll("repository>", "snapshotRepository>")}</distributionManagement>` +
  "<build><plugins><plugin><artifactId>maven-deploy-plugin</artifactId><version>3.1.1</version></plugin></plugins></build>";
const server = (id: string) =>
  `<server><id>${id}</id><username>toolkey</username><password>tkphantom_x-1</password><configuration><httpConfiguration><all><usePreemptive>true</usePreemptive></all></httpConfiguration></configuration></server>`;
const mirror = (id: string, mirrorOf: string, url: string) => `<mirror><id>${id}</id><mirrorOf>${mirrorOf}</mirrorOf><url>${url}</url></mirror>`;
const preemptive = (id: string) => ["connector", "transport"].map((part) => `<aether.${part}.http.preemptiveAuth.${id}>true</aether.${part}.http.preemptiveAuth.${id}>`).join("");
const profile = (properties: string) =>
  `<profiles><profile><id>toolkey-${MARK}</id><properties>${properties}</properties></profile></profiles><activeProfiles><activeProfile>toolkey-${MARK}</activeProfile></activeProfiles>`;
const settings = ({ plan: { descriptors } }: PlanThrough) => descriptors["settings"]?.reveal();
const GOOD = { "/work/pom.xml": pom(repositories(repository("acme", LIBS))) };
const ROUTE = { target: parseTarget(LIBS), isAuthorized: true, publishes: false };

/** All but the token looks the same, so that each of them is to lead to this. */
const DOWNLOAD = {
  plan: {
    ...EMPTY_PLAN,
    arguments: ["-s", { descriptor: "settings" }],
    descriptors: {
      settings: `secret:<settings>\n<servers>${server(LIBS_ID)}</servers><mirrors>${mirror(LIBS_ID, `${LIBS_ID},acme`, LIBS_THROUGH)}</mirrors>${profile(preemptive(LIBS_ID))}</settings>\n`,
    },
    given: [{ token: "maven-1", place: LIBS }],
  },
  permit: { addressing: "url", holder: "command", routes: [revealed(ROUTE)], publishes: false, proxies: { httpProxy: "", httpsProxy: "", noProxy: "" } },
};

describe("downloads", () => {
  it.each<[what: string, fields: Partial<Grant>]>([
    ["a token with a user name", {}],
    ["a bearer token", { presents: "Bearer" }],
    ["a token that Maven could not send", { token: makeToken({ id: "maven-1", tool: "maven", at: LIBS, username: "ada", holds: " a${b}{c}\\ü" }) }],
  ])("lead through the gateway, with the phantom in place of %s", async (_what, fields) => {
    expect(revealed(await through({ files: GOOD, tokens: { [LIBS]: fields } }))).toEqual(DOWNLOAD);
  });

  it("may be asked by a goal that prints the settings", async () => {
    expect((await planned({ files: GOOD, argv: ["help:effective-settings"], tokens: { [LIBS]: { presents: "Bearer" } } })).plan.given).toHaveLength(1);
  });

  it("lead mirrors of the person's there, and those of the machine after them", async () => {
    const found = await planned({
      files: {
        ...GOOD,
        [M2]: `<settings><mirrors>${mirror("company", "acme", LIBS)}</mirrors></settings>`,
        "/opt/maven/conf/settings.xml": `<settings><mirrors>${mirror("corp", "central", SNAPS)}</mirrors></settings>`,
      },
      request: { environment: { MAVEN_HOME: "/opt/maven" } },
      tokens: { [LIBS]: {}, [SNAPS]: {} },
    });
    const [renamed, repeated] = [`toolkey-repo.acme.example-libs-company-${MARK}`, `toolkey-repo.acme.example-snaps-corp-${MARK}`];
    expect(settings(found)).toContain(
      `<mirrors>${mirror(LIBS_ID, `${LIBS_ID},${renamed}`, LIBS_THROUGH)}${mirror(SNAPS_ID, `${SNAPS_ID},${repeated}`, SNAPS_THROUGH)}` +
        `${mirror(renamed, "acme", LIBS_THROUGH)}${mirror(repeated, "central", SNAPS_THROUGH)}</mirrors>`,
    );
    expect(found.permit.routes.map(({ target }) => formatTarget(target))).toEqual([LIBS, SNAPS]);
  });

  it("need no phantom where there is no token, nor for the release plugin", async () => {
    expect(await planned({ files: GOOD, tokens: {} })).toEqual({ plan: EMPTY_PLAN, permit: { addressing: "url", holder: "command", routes: [], publishes: false } });
    const survey = await maven({ arguments: ["release:perform"], directory: "/work", home: "/home/ada", environment: {}, declared: [], variables: {}, publish: false, installation: INSTALLATION, mark: MARK }, () => Promise.resolve(undefined), () => Promise.resolve([]));
    expect([survey.needs, survey.plan([]).given, "planThrough" in survey]).toEqual([[], [], false]);
  });
});

describe("what may be changed", () => {
  const files = { "/work/pom.xml": pom(`${repositories(repository("acme", LIBS))}${distribution(SNAPS, SNAPS)}`) };
  const tokens = { [LIBS]: {}, [SNAPS]: {} };
  const publishes = async (given: Case) => Object.fromEntries((await planned({ files, tokens, ...given })).permit.routes.map((route) => [formatTarget(route.target), route.publishes]));

  it("is where the command deploys to, and no other place", async () => {
    expect(await publishes({ argv: ["deploy"] })).toEqual({ [LIBS]: false, [SNAPS]: true });
    expect(await publishes({ argv: ["install"] })).toEqual({ [LIBS]: false });
  });

  it("is every place with --publish", async () => {
    expect(await publishes({ argv: ["install"], request: { publish: true } })).toEqual({ [LIBS]: true });
  });

  it("is deployed to by a name of ours", async () => {
    const found = await planned({ files: { "/work/pom.xml": pom(distribution(LIBS, "https://repo.acme.example")) }, argv: ["deploy"], tokens: { "https://repo.acme.example": {} } });
    const root = `toolkey-repo.acme.example-${MARK}`;
    expect(settings(found)).toContain(
      `<altReleaseDeploymentRepository>${LIBS_ID}::${LIBS_THROUGH}</altReleaseDeploymentRepository>` +
        `<altSnapshotDeploymentRepository>${root}::${GATEWAY}/https/repo.acme.example/</altSnapshotDeploymentRepository>`,
    );
  });
});

describe("proxies", () => {
  const proxy = (content: string) => `<proxy><id>p</id>${content}</proxy>`;
  const withProxies = (...all: string[]) => ({ ...GOOD, [M2]: `<settings><proxies>${all.join("")}</proxies></settings>` });

  it.each<[what: string, written: string, merged: string]>([
    ["none", "<host>h</host>", "<host>h</host><nonProxyHosts>127.0.0.1</nonProxyHosts>"],
    ["some", "<nonProxyHosts>*.acme.example|localhost\n </nonProxyHosts><host>h</host>", "<nonProxyHosts>*.acme.example|localhost|127.0.0.1</nonProxyHosts><host>h</host>"],
    ["an expression", "<nonProxyHosts>${env.NOT}&amp;</nonProxyHosts><active>false</active>", "<nonProxyHosts>${env.NOT}&#38;|127.0.0.1</nonProxyHosts><active>false</active>"],
    ["nothing", "<host>h</host><nonProxyHosts/>", "<host>h</host><nonProxyHosts>127.0.0.1</nonProxyHosts>"],
  ])("are not asked for the gateway, where they have %s as exceptions", async (_what, written, merged) => {
    expect(settings(await planned({ files: withProxies(proxy(written)), request: { environment: { NOT: "x" } } }))).toContain(`<proxies>${proxy(merged)}</proxies>`);
  });

  it("of the machine are put in, so that they aren't either", async () => {
    const global = `<settings><proxies>${proxy("<host>h</host>")}<proxy><id>q</id><host>i</host></proxy></proxies></settings>`;
    const found = await planned({ files: { ...withProxies(proxy("<active>false</active>")), "/opt/conf/settings.xml": global }, request: { environment: { MAVEN_HOME: "/opt" } } });
    expect(settings(found)).toContain(
      `<proxies>${proxy("<active>false</active><nonProxyHosts>127.0.0.1</nonProxyHosts>")}<proxy><id>q</id><host>i</host><nonProxyHosts>127.0.0.1</nonProxyHosts></proxy></proxies>`,
    );
    expect(found.permit.proxies).toEqual({ httpProxy: "http://i:8080", httpsProxy: "http://i:8080", noProxy: "" });
  });

  it.each<[what: string, options: string, given: string[], expected: unknown]>([
    ["none", "", [], { httpProxy: "", httpsProxy: "", noProxy: "" }],
    ["of MAVEN_OPTS", "-Dhttps.proxyHost=p -Dhttps.proxyPort=3128", [], { httpProxy: "", httpsProxy: "http://p:3128", noProxy: "" }],
    ["of the command line", "-Dhttps.proxyHost=p", ["-Dhttps.proxyHost=q"], { httpProxy: "", httpsProxy: "http://q:443", noProxy: "" }],
    ["for http alone", "-Dhttp.proxyHost=p", [], { httpProxy: "http://p:80", httpsProxy: "", noProxy: new URL(LIBS).hostname }],
  ])("are those of Maven's JVM where settings have none, and never those of http_proxy: %s", async (_what, options, given, expected) => {
    const found = await planned({ files: GOOD, request: { environment: { https_proxy: "http://no:1", MAVEN_OPTS: options }, arguments: [...given, "verify"] } });
    expect(found.permit.proxies).toEqual(expected);
  });

  it.each<[what: string, proxies: string[], expected: unknown]>([
    ["the first that is active", [proxy("<active>false</active><host>a</host>"), proxy("<host>b</host><port>3128</port>")], { httpProxy: "http://b:3128", httpsProxy: "http://b:3128", noProxy: "" }],
    ["one of each protocol", [proxy("<host>a</host>"), proxy("<protocol>HTTPS</protocol><host>${env.PROXY}</host>")], { httpProxy: "http://a:8080", httpsProxy: "http://b.example:8080", noProxy: "" }],
    ["none for what it excepts", [proxy("<host>a</host><nonProxyHosts>localhost|*.ACME.example</nonProxyHosts>")], { httpProxy: "http://a:8080", httpsProxy: "http://a:8080", noProxy: "repo.acme.example" }],
  ])("are those of the gateway: %s", async (_what, proxies, expected) => {
    const found = await planned({ files: withProxies(...proxies), request: { environment: { "PROXY": "b.example" } } });
    expect(found.permit.proxies).toEqual(expected);
  });

  it.each([
    ["which wants a login", proxy("<host>a</host><username>u</username><password>p</password>")],
    ["whose address only Maven knows", proxy("<host>${unknown}</host>")],
  ])("that the gateway can't use leave it out: one %s", async (why, text) => {
    expect(await through({ files: withProxies(text) })).toEqual({ withheld: `the gateway can't use the proxy in the settings, ${why}` });
  });

  it("of the project get nothing: it is not for them to choose that it gets the tokens", async () => {
    const files = { ...GOOD, "/work/.mvn/settings.xml": `<settings><proxies>${proxy("<host>a</host><username>u</username>")}</proxies></settings>` };
    expect(await through({ files })).toEqual({ withheld: "the project brings proxies, which could answer in place of the gateway" });
  });
});
