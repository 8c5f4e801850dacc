import { describe, expect, it } from "vitest";
import { bun } from "../../../src/protocols/bun/plan.ts";
import { NOTHING, outcomeOf, type Situation } from "../client-request.ts";

const ACME = { id: "bun-acme", target: "https://npm.acme.com" };
const SCOPED = "@acme:registry=https://npm.acme.com/\n";

const outcome = (situation: Situation) => outcomeOf(bun, { tokens: [ACME], ...situation });

describe("what bun gets", () => {
  it("a token for each registry in force, in the user's own configuration", async () => {
    expect(await outcome({ files: { "/home/me/.npmrc": SCOPED } })).toEqual({
      needs: ["https://npm.acme.com", "https://registry.npmjs.org"],
      plan: {
        ...NOTHING,
        environment: { NPM_CONFIG_USERCONFIG: { descriptor: "userconfig" } },
        descriptors: { userconfig: `; toolkey: begin\n//npm.acme.com/:_authToken=secret-of-bun-acme\n; toolkey: end\n${SCOPED}` },
        given: [{ token: "bun-acme", place: "https://npm.acme.com" }],
      },
    });
  });

  it("none where bunfig.toml has one", async () => {
    const { plan } = await outcome({ files: { "/p/package.json": "{}", "/p/bunfig.toml": '[install]\nregistry = { url = "https://npm.acme.com", token = "t" }\n' } });
    expect(plan).toEqual({
      ...NOTHING,
      notes: ["/p/bunfig.toml has credentials of its own for https://npm.acme.com, which bun takes instead of bun-acme"],
      hints: ["take them out of /p/bunfig.toml"],
    });
  });
});

describe("the registries in force", () => {
  it.each<[what: string, situation: Situation, needs: string[]]>([
    ["bunfig.toml before .npmrc", { files: { "/p/package.json": "{}", "/p/bunfig.toml": '[install]\nregistry = "https://b/"\n[install.scopes]\nacme = { url = "https://ba/" }\n', "/p/.npmrc": "registry=https://n/\n" } }, ["https://b", "https://ba"]],
    ["that of the home", { files: { "/home/me/.bunfig.toml": '[install]\nregistry = "https://h/"\n' } }, ["https://h"]],
    ["another, that is named", { arguments: ["install", "-c", "other.toml"], files: { "/p/other.toml": '[install]\nregistry = "https://o/"\n', "/p/bunfig.toml": '[install]\nregistry = "https://b/"\n' } }, ["https://o"]],
    ["variables before files", { environment: { BUN_CONFIG_REGISTRY: "https://e/" }, files: { "/p/bunfig.toml": '[install]\nregistry = "https://b/"\n' } }, ["https://e"]],
    ["those of .env too", { files: { "/p/.env": 'NPM_CONFIG_REGISTRY="https://env/"\n', "/p/.npmrc": "registry=https://n/\n" } }, ["https://env"]],
    ["the command line", { arguments: ["add", "x", "--registry=https://c/"] }, ["https://c"]],
  ])("%s", async (_what, situation, needs) => {
    expect((await outcome(situation)).needs).toEqual(needs);
  });
});

describe("a hostile project", () => {
  it.each<[file: string, text: string, setting: string]>([
    [".npmrc", "cafile=./ca.pem\n", "cafile"],
    ["bunfig.toml", '[install]\ncafile = "./ca.pem"\n', "cafile"],
    ["bunfig.toml", '[install]\nca = "x"\n', "ca"],
    [".env", "NODE_TLS_REJECT_UNAUTHORIZED=0\n", "NODE_TLS_REJECT_UNAUTHORIZED"],
    [".env.local", "export NODE_EXTRA_CA_CERTS=./ca.pem\n", "NODE_EXTRA_CA_CERTS"],
  ])("that decides whom to trust, in %s %j: nothing", async (name, text, setting) => {
    expect((await outcome({ files: { "/home/me/.npmrc": SCOPED, [`/p/${name}`]: text } })).plan).toEqual({
      ...NOTHING,
      notes: [`bun gets no token here, since the project decides whom to trust: ${setting} in /p/${name}`],
      hints: ["if that is right for all you do, set it in your own configuration instead"],
    });
  });

  it("with TOML that is none: nothing, and a word on it", async () => {
    await expect(outcome({ files: { "/p/bunfig.toml": "[" } })).rejects.toThrow("cannot read /p/bunfig.toml: it is not TOML");
  });
});
