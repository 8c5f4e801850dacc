/** What a script writes into the files of a project or a person does not make toolkey hand the tokens themselves over. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sampled } from "../../../fixtures/form.ts";
import { expectDone, makeHome, type Ended, type TestHome } from "../../../fixtures/homes/home.ts";

const SECRET = "the-real-token";
const URL = "https://repo.example/";
const PROXY = "<settings><proxies><proxy><host>p.example</host><username>u</username></proxy></proxies></settings>";

let home: TestHome;
const project = (): string => join(home.directory, "project");

beforeEach(async () => {
  home = await makeHome();
  await home.init();
  mkdirSync(project());
  mkdirSync(join(home.directory, ".m2"));
  for (const tool of ["npm", "pnpm", "yarn", "maven"]) await home.addToken(tool, URL, SECRET, tool === "maven" ? "ada" : undefined);
  writeFileSync(join(project(), ".npmrc"), `registry=${URL}\n`);
  writeFileSync(join(project(), ".yarnrc.yml"), `npmRegistryServer: ${URL}\n`);
  writeFileSync(join(project(), "package.json"), '{"name":"project","packageManager":"yarn@4.0.0"}');
  writeFileSync(join(project(), "pom.xml"), `<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>b</artifactId><version>1</version><repositories><repository><id>r</id><url>${URL}</url></repository></repositories></project>`);
});
afterEach(() => home.dispose());

/** All that a command is given, also in files without a name. */
const GIVEN = 'true; env; for file in /proc/$PPID/fd/* $(env | sed "s/^[^=]*=//"); do if [ -f "$file" ]; then cat "$file"; fi; done; true';
const given = (tool: string, ...options: readonly string[]): Promise<Ended> => home.toolkey(["run", ...options, "--tool", tool, "--", "sh", "-c", GIVEN], { cwd: project(), env: { MAVEN_OPTS: `-Duser.home=${home.directory}` } });
const asScript = async (script: string): Promise<void> => void expectDone(await home.toolkey(["run", "--", "sh", "-c", `true; ${script}`], { cwd: project() }));

describe("a file", () => {
  it.each(sampled<[what: string, tool: string, script: string, why: string]>([
    ["switches checks off", "npm", "echo strict-ssl=false >> ~/.npmrc", "/.npmrc, and the gateway always checks certificates"],
    ["brings a certificate", "npm", "echo ca=x >> ~/.npmrc", "the gateway can't use 'ca' in "],
    ["has a token that toolkey doesn't", "npm", "printf '@x:registry=https://x.example/\\n//x.example/:_authToken=x\\n' >> ~/.npmrc", " has a token for https://x.example/ that toolkey doesn't"],
    ["has a registry with a login", "npm", "echo '@x:registry=https://u:p@x.example/' >> ~/.npmrc", " has a registry that the gateway can't lead to"],
    ["names archives elsewhere", "pnpm", `echo '# tarball: ${URL}' >> pnpm-lock.yaml`, "pnpm writes where repo.example has its archives into its lock file"],
    ["brings registries of a workspace", "pnpm", `printf 'registries:\\n  default: ${URL}\\n' >> pnpm-workspace.yaml`, "pnpm 10 takes registries of pnpm-workspace.yaml before the gateway"],
    ["asks for Yarn 1", "yarn", `sed -i s/yarn@4.0.0/yarn@1.22.22/ package.json; rm .yarnrc.yml`, "yarn 1 writes the hosts of registries into its lock file"],
    ["switches checks of Yarn's off", "yarn", "echo 'enableStrictSsl: false' >> ~/.yarnrc.yml", "the gateway can't follow enableStrictSsl"],
    ["has a proxy with a login", "maven", `echo '${PROXY}' > ~/.m2/settings.xml`, "the gateway can't use the proxy in the settings, which wants a login"],
  ], 2))("that %s: %s gets nothing, and it is said", async (_what, tool, script, why) => {
    await asScript(script);
    const ended = await given(tool);
    expect(ended.stdout).not.toContain(SECRET);
    expect(ended.stderr).toContain(why);
    expect(ended.stderr).toMatch(/, so \w+ gets no token\n(hint: .*\n)*hint: toolkey run --direct -- \w+ …, if that is as you want it and \w+ may have the token itself\n/);
  });
});

it("with --direct they are handed over, and the test would see it", async () => {
  expect((await given("npm", "--direct")).stdout).toContain(SECRET);
});
