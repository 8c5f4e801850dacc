/** `${NPM_TOKEN}` in settings is no secret, and where nothing stands for it, no reason to fail. */
import { describe, expect, it } from "vitest";
import { bun } from "../../../src/protocols/bun/plan.ts";
import { npm } from "../../../src/protocols/npm/plan.ts";
import { emptied, variableIn } from "../../../src/protocols/npm/configuration/placeholders.ts";
import { pnpm } from "../../../src/protocols/pnpm/plan.ts";
import { yarn } from "../../../src/protocols/yarn/plan.ts";
import { outcomeOf, throughOf, type Situation, type Through } from "../client-request.ts";

const TOKEN = [{ id: "acme-1", target: "https://npm.acme.com" }];
const NPMRC = "@acme:registry=https://npm.acme.com/\n//npm.acme.com/:_authToken=${NPM_TOKEN}\n";
const UNSET: Situation = { tokens: TOKEN, variableNames: ["PATH"] };
const SET: Situation = { tokens: TOKEN, variableNames: ["PATH", "NPM_TOKEN"] };

describe("a placeholder of the project's", () => {
  it.each([["npm", npm], ["pnpm", pnpm], ["bun", bun]] as const)("that is not set: %s is told that it would be sent, and how not", async (name, protocol) => {
    const { plan } = await outcomeOf(protocol, { ...UNSET, files: { "/p/package.json": "{}", "/p/.npmrc": NPMRC } });
    expect(plan).toMatchObject({
      given: [],
      notes: [`/p/.npmrc names NPM_TOKEN as the token for https://npm.acme.com, which is not set; ${name} would send that name instead of acme-1`],
      hints: [`take that line out of /p/.npmrc: ${name} gets its token without it`],
    });
  });

  it("that is set, or may be, counts as it does for npm", async () => {
    for (const situation of [SET, { tokens: TOKEN }]) {
      const { plan } = await outcomeOf(npm, { ...situation, files: { "/p/package.json": "{}", "/p/.npmrc": NPMRC } });
      expect(plan["notes"]).toEqual(["/p/.npmrc names NPM_TOKEN as the token for https://npm.acme.com, which npm takes instead of acme-1"]);
    }
  });

  it("in a bunfig that is not set is passed over by bun, which gets the token", async () => {
    const files = { "/p/package.json": "{}", "/p/bunfig.toml": '[install.scopes]\nacme = { url = "https://npm.acme.com/", token = "$NPM_TOKEN" }\n' };
    expect((await outcomeOf(bun, { ...UNSET, files })).plan["given"]).toHaveLength(1);
    expect((await outcomeOf(bun, { ...UNSET, files: { ...files, "/p/.env": "NPM_TOKEN=x\n" } })).plan["given"]).toHaveLength(0);
    expect((await outcomeOf(bun, { ...SET, files })).plan).toMatchObject({ given: [], notes: ["/p/bunfig.toml names NPM_TOKEN as the token for https://npm.acme.com, which bun takes instead of acme-1"] });
  });
});

describe("Yarn, which does not start without a variable", () => {
  const yarnrc = (value: string) => ({ "/p/package.json": '{"packageManager":"yarn@4.0.0"}', "/p/.yarnrc.yml": `npmScopes:\n  acme:\n    npmRegistryServer: "https://npm.acme.com"\n    npmAuthToken: "${value}"\n` });
  const NOTE = "NPM_TOKEN, which /p/.yarnrc.yml names, is not set; yarn gets it empty, and uses toolkey's token";
  const plans = async (situation: Situation) => [(await outcomeOf(yarn, situation)).plan, ((await throughOf(yarn, situation)) as Through).plan];

  it("has it empty, directly and through the gateway", async () => {
    for (const plan of await plans({ ...UNSET, files: yarnrc("${NPM_TOKEN}") })) expect(plan).toMatchObject({ environment: { NPM_TOKEN: "" }, notes: [NOTE] });
  });

  it.each<[what: string, situation: Situation]>([
    ["one that is set", { ...SET, files: yarnrc("${NPM_TOKEN}") }],
    ["one with a value for where it isn't set", { ...UNSET, files: yarnrc("${NPM_TOKEN:-}") }],
    ["what is no name of a secret", { ...UNSET, files: yarnrc("${LD_PRELOAD}") }],
    ["what a client is configured with", { ...UNSET, files: yarnrc("${npm_config__AUTH}") }],
    ["a command that gets no token", { ...UNSET, tokens: [], files: yarnrc("${NPM_TOKEN}") }],
  ])("but not %s", async (_what, situation) => {
    for (const plan of await plans(situation)) {
      expect(Object.values(plan["environment"] as object)).not.toContain("");
      expect(plan["notes"]).toEqual([]);
    }
  });

  it("of version 1 as well, by .npmrc", async () => {
    const files = { "/p/package.json": '{"packageManager":"yarn@1.22.22"}', "/p/.npmrc": "@acme:registry=https://npm.acme.com:8443/\n//npm.acme.com:8443/:_authToken=${NPM_TOKEN}\n" };
    const { plan } = await outcomeOf(yarn, { ...UNSET, tokens: [{ id: "yarn-1", target: "https://npm.acme.com:8443" }], files });
    expect(plan).toMatchObject({ environment: { NPM_TOKEN: "" }, notes: ["NPM_TOKEN, which /p/.npmrc names, is not set; yarn gets it empty, and uses toolkey's token"] });
  });
});

describe("a variable of the person's own .npmrc", () => {
  const home = "//registry.npmjs.org/:_authToken=${MINE}\n";
  const through = (variableNames: readonly string[]) => throughOf(npm, { tokens: TOKEN, variableNames, files: { "/p/package.json": "{}", "/p/.npmrc": "@acme:registry=https://npm.acme.com/\n", "/home/me/.npmrc": home } });

  it("that is set is a token that toolkey doesn't have, and npm gets none of toolkey's", async () => {
    expect(await through(["MINE"])).toEqual({ withheld: "/home/me/.npmrc has a token for https://registry.npmjs.org/ that toolkey doesn't", hint: "toolkey import, which takes that token over" });
    expect(await through([])).toHaveProperty("permit");
  });
});

it("a variable is told from a secret", () => {
  expect(["${A}", "x${A?}y", "${A:-b}", "$A", "a$b", "npm_$x", "$", "${}"].map(variableIn)).toEqual(["A", "A", "A", "A", undefined, undefined, undefined, undefined]);
  expect(emptied("yarn", [{ variable: "GIT_ASKPASS", source: "/f" }, { variable: "A_KEY", source: "/f" }], { variableNames: [] })).toEqual({ environment: { A_KEY: "" }, notes: ["A_KEY, which /f names, is not set; yarn gets it empty, and uses toolkey's token"] });
});
