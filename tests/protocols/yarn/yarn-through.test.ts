import { describe, expect, it } from "vitest";
import { bun } from "../../../src/protocols/bun/plan.ts";
import { yarn } from "../../../src/protocols/yarn/plan.ts";
import type { WhyNotThrough } from "../../../src/protocols/tool-protocol.ts";
import { NOTHING, throughOf, type Situation, type Through } from "../client-request.ts";

const ACME = { id: "yarn-acme", target: "https://npm.acme.com" };
const FILES = { "/p/package.json": '{"name":"p"}', "/p/.yarnrc.yml": "npmScopes: { acme: { npmRegistryServer: https://npm.acme.com/libs } }\n" };

const through = async (situation: Situation) => throughOf(yarn, { tokens: [ACME], files: FILES, ...situation });
const publishes = async (...given: string[]) => ((await through({ arguments: given })) as { permit: { routes: { publishes: boolean }[] } }).permit.routes.map((route) => route.publishes);

describe("Yarn 2 and newer through the gateway", () => {
  it("has the plugin lead each request there", async () => {
    const home = "httpsCaFilePath: /corp.pem\nhttpsProxy: http://proxy:1\n";
    expect(await through({ environment: { YARN_PLUGINS: "/mine.cjs" }, files: { ...FILES, "/home/me/.yarnrc.yml": home } })).toEqual({
      plan: {
        ...NOTHING,
        environment: {
          YARN_PLUGINS: "/mine.cjs;/opt/toolkey/dist/yarn-plugin.cjs",
          TOOLKEY_YARN: { secret: '{"gateway":"http://127.0.0.1:7777","phantom":"PHANTOM","registries":["https://npm.acme.com/libs"]}' },
        },
        given: [{ token: "yarn-acme", place: "https://npm.acme.com/libs" }],
      },
      permit: {
        addressing: "url",
        holder: "command",
        publishes: false,
        routes: [{ target: "https://npm.acme.com/libs", isAuthorized: true, publishes: false }],
        caFiles: ["/corp.pem"],
        proxies: { httpsProxy: "http://proxy:1" },
      },
    });
  });

  it("may start the project's own Yarn in its place", async () => {
    expect(await through({ files: { ...FILES, "/p/.yarnrc.yml": `${FILES["/p/.yarnrc.yml"]}yarnPath: .yarn/releases/yarn.cjs\n` } })).toMatchObject({ permit: { holder: "launched" } });
  });

  it("gives nothing where there is no token", async () => {
    expect(await through({ tokens: [] })).toMatchObject({ plan: { environment: {}, given: [] } });
  });

  it("may change what is there where it publishes", async () => {
    expect(await publishes("npm", "publish")).toEqual([true]);
    expect(await publishes("workspaces", "foreach", "-A", "npm", "publish")).toEqual([true]);
    expect(await publishes("npm", "whoami")).toEqual([false]);
    expect(await publishes("run", "publish")).toEqual([false]);
  });

  it.each(["enableStrictSsl: false", "httpsCaFilePath: ./ca.pem", "httpProxy: http://evil"])("%s of the project says nothing to the gateway", async (line) => {
    const { permit } = (await through({ files: { ...FILES, "/p/.yarnrc.yml": `${FILES["/p/.yarnrc.yml"]}${line}\n` } })) as Through;
    expect(Object.keys(permit)).toEqual(["addressing", "holder", "publishes", "routes"]);
  });
});

describe("past the gateway", () => {
  it.each<[what: string, situation: Situation, why: WhyNotThrough]>([
    ["no checks of certificates", { files: { ...FILES, "/home/me/.yarnrc.yml": "enableStrictSsl: false\n" } }, { withheld: "the gateway can't follow enableStrictSsl" }],
    ["Yarn 1", { files: { "/p/package.json": '{"packageManager":"yarn@1.22.22"}' } }, { withheld: "yarn 1 writes the hosts of registries into its lock file" }],
    ["any Yarn", { files: {} }, { withheld: "yarn, which may be yarn 1, writes the hosts of registries into its lock file" }],
  ])("%s", async (_what, situation, why) => expect(await through(situation)).toEqual(why));

  it("bun", async () => {
    expect(await throughOf(bun, { tokens: [] })).toEqual({ direct: "bun writes the hosts of registries into its lock file" });
  });
});
