/** Places that goals are told of on the command line, deploys that no token is for, and whose home Maven reads. */
import { describe, expect, it } from "vitest";
import { Secret } from "../../../src/core/secret.ts";
import { covers, formatTarget, parseTarget } from "../../../src/core/target.ts";
import { maven } from "../../../src/protocols/maven/plan.ts";
import type { Grant, PlanThrough, RunRequest, Survey } from "../../../src/protocols/tool-protocol.ts";
import { makeToken } from "../../fixtures/tokens.ts";
import { INSTALLATION } from "../client-request.ts";

const LIBS = "https://repo.acme.example/libs";
const THROUGH = "http://127.0.0.1:7777/https/repo.acme.example/libs";

interface Outcome {
  readonly survey: Survey;
  readonly direct: ReturnType<Survey["plan"]>;
  readonly through: PlanThrough;
}

async function outcome(line: string, files: Readonly<Record<string, string>> = {}, request: Partial<RunRequest> = {}): Promise<Outcome> {
  const survey = await maven(
    { arguments: line.split(" "), directory: "/work", home: "/home/ada", environment: {}, declared: [], variables: {}, publish: false, installation: INSTALLATION, mark: "0123456789ab", ...request },
    (path) => Promise.resolve(files[path]),
    () => Promise.resolve([{ token: "maven-1", target: parseTarget(LIBS), isSuspended: false }]),
  );
  const grants = survey.needs.filter(({ target }) => covers(parseTarget(LIBS), target)).map((need): Grant => ({ need, presents: "Basic", token: makeToken({ id: "maven-1", tool: "maven", at: LIBS, username: "ada", holds: "T0KEN" }) }));
  const through = survey.planThrough?.(grants, { gateway: "http://127.0.0.1:7777", phantom: new Secret("tkphantom_x") });
  if (through === undefined || !("plan" in through)) throw new Error("no plan through the gateway");
  return { survey, direct: survey.plan(grants), through };
}

const settingsOf = ({ descriptors }: { readonly descriptors: Readonly<Record<string, Secret>> }): string => descriptors["settings"]?.reveal() ?? "";

describe("dependency:get", () => {
  it.each([
    ["dependency:get", LIBS, "temp"],
    ["org.apache.maven.plugins:maven-dependency-plugin:3.6.1:get", `acme::default::${LIBS}`, "acme"],
    ["dependency:get", `https://other.example,acme::::${LIBS}`, "acme"],
  ])("%s -DremoteRepositories=%s goes by a mirror of %s", async (goal, repositories, id) => {
    const { direct, through } = await outcome(`${goal} -DremoteRepositories=${repositories} -Dartifact=x:y:1`);
    for (const [plan, url] of [[direct, LIBS], [through.plan, THROUGH]] as const) {
      expect(plan.given).toEqual([{ token: "maven-1", place: LIBS }]);
      expect(settingsOf(plan)).toMatch(new RegExp(`<mirrorOf>[^<]*\\b${id}</mirrorOf>`));
      expect(settingsOf(plan)).toContain(`<url>${url}</url>`);
    }
  });

  it("of two places under one name is served neither, which is said", async () => {
    const { direct } = await outcome(`dependency:get -DremoteRepositories=${LIBS},https://other.example/x`);
    expect(direct).toMatchObject({
      given: [],
      notes: [`-DremoteRepositories names ${LIBS}, where Maven goes without maven-1`],
      hints: ["if it is a repository: name it in the POM or in a profile of ~/.m2/settings.xml, and Maven gets its token"],
    });
  });
});

describe("deploy-file", () => {
  it.each(["deploy:deploy-file", "org.apache.maven.plugins:maven-deploy-plugin:3.1.3:deploy-file", "gpg:sign-and-deploy-file"])("%s is led to the gateway by arguments that come last, and may write there", async (goal) => {
    const { through: { plan, permit } } = await outcome(`${goal} -Durl=${LIBS} -DrepositoryId=acme -Dfile=a.jar`);
    const server = /<server><id>([^<]+)<\/id>/.exec(settingsOf(plan).replace(/\s+/g, ""))?.[1] ?? "";
    expect(plan.trailing).toEqual([`-Durl=${THROUGH}`, `-DrepositoryId=${server}`]);
    expect(permit.routes.map(({ target, publishes }) => [formatTarget(target), publishes])).toEqual([[LIBS, true]]);
  });

  it("gets no token itself: the project could name another place for it", async () => {
    expect((await outcome(`deploy:deploy-file -Durl=${LIBS} -DrepositoryId=acme`)).direct).toMatchObject({
      given: [],
      notes: ["the maven token maven-1 is left out: deploy-file is served through the gateway only, without --direct"],
    });
  });

  it("elsewhere is asked for without a token, which is known before", async () => {
    const { survey, through } = await outcome("deploy:deploy-file -Durl=https://repo.acme.example/releases -DrepositoryId=acme");
    expect(survey.asks?.map(({ target }) => formatTarget(target))).toContain("https://repo.acme.example/releases");
    expect([through.plan.trailing, through.plan.given]).toEqual([undefined, []]);
  });
});

describe("other properties of the command line", () => {
  it.each([
    [`validate -Drepo=${LIBS}/x`, [`-Drepo names ${LIBS}/x, where Maven goes without maven-1`]],
    ["validate -Drepo=https://elsewhere.example/x", []],
    [`deploy -DaltDeploymentRepository=acme::default::${LIBS}`, []],
  ])("%s: says %j", async (line, notes) => {
    expect((await outcome(line)).through.plan.notes).toEqual(notes);
  });

  it("that a POM makes a repository of are served, and nothing is said", async () => {
    const pom = "<project><repositories><repository><id>acme</id><url>${repo}</url></repository></repositories></project>";
    const { through } = await outcome(`validate -Drepo=${LIBS}/x`, { "/work/pom.xml": pom });
    expect([through.plan.given, through.plan.notes]).toEqual([[{ token: "maven-1", place: `${LIBS}/x` }], []]);
  });
});

it("a deploy outside of the token's path is among the places that are asked", async () => {
  const pom = "<project><distributionManagement><repository><id>rel</id><url>https://repo.acme.example/releases</url></repository></distributionManagement></project>";
  const { survey } = await outcome("deploy", { "/work/pom.xml": pom });
  expect(survey).toMatchObject({ publishes: true });
  expect(survey.asks?.filter(({ isPublic }) => isPublic !== true).map(({ target }) => formatTarget(target))).toEqual(["https://repo.acme.example/releases"]);
});

describe("the settings of a person whose HOME is not the account's", () => {
  const settings = (name: string): string => `<settings><mirrors><mirror><id>${name}</id><mirrorOf>*</mirrorOf><url>https://${name}.example/x</url></mirror></mirrors></settings>`;
  const files = { "/home/ada/.m2/settings.xml": settings("variable"), "/account/.m2/settings.xml": settings("account"), "/told/.m2/settings.xml": settings("told") };

  it.each<[what: string, request: Partial<RunRequest>, name: string]>([
    ["the account's, as a JVM has it", { accountHome: "/account" }, "account"],
    ["HOME, where the account has none", {}, "variable"],
    ["what the JVM is told", { accountHome: "/account", environment: { MAVEN_OPTS: "-Xmx1g -Duser.home=/told" } }, "told"],
  ])("are those of %s", async (_what, request, name) => {
    expect((await outcome("validate", files, request)).survey.needs.map(({ target }) => formatTarget(target))).toEqual([`https://${name}.example/x`]);
  });
});
