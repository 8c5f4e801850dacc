import { describe, expect, it } from "vitest";
import { pnpm } from "../../../src/protocols/pnpm/plan.ts";
import type { WhyNotThrough } from "../../../src/protocols/tool-protocol.ts";
import { NOTHING, throughOf, type Situation, type Through } from "../client-request.ts";

const ACME = { id: "pnpm-acme", target: "https://npm.acme.com" };
const FILES = { "/p/package.json": '{"name":"p"}', "/p/.npmrc": "@acme:registry=https://npm.acme.com/libs/\n" };

const through = async (situation: Situation) => throughOf(pnpm, { tokens: [ACME], files: FILES, ...situation });

describe("pnpm through the gateway", () => {
  it("has the registries with a token there, on its command line, and no others", async () => {
    expect(await through({ files: { ...FILES, "/home/me/.npmrc": "cafile=/corp.pem\n@other:registry=https://npm.acme.com/libs\n" }, environment: { no_proxy: "corp" } })).toEqual({
      plan: {
        ...NOTHING,
        environment: { NPM_CONFIG_USERCONFIG: { descriptor: "userconfig" }, pnpm_config_npmrc_auth_file: { descriptor: "userconfig" } },
        arguments: [
          "--config.@acme:registry=http://127.0.0.1:7777/https/npm.acme.com/libs/",
          "--config.@other:registry=http://127.0.0.1:7777/https/npm.acme.com/libs/",
          "--config.noproxy=corp,127.0.0.1",
        ],
        descriptors: {
          userconfig:
            "; toolkey: begin\n//127.0.0.1:7777/:_authToken=PHANTOM\n@acme:registry=http://127.0.0.1:7777/https/npm.acme.com/libs/\n" +
            "@other:registry=http://127.0.0.1:7777/https/npm.acme.com/libs/\n; toolkey: end\ncafile=/corp.pem\n",
        },
        given: [{ token: "pnpm-acme", place: "https://npm.acme.com/libs" }],
      },
      permit: {
        addressing: "url",
        holder: "command",
        publishes: false,
        routes: [{ target: "https://npm.acme.com/libs", isAuthorized: true, publishes: false, rewritesTarballs: true }],
        caFiles: ["/corp.pem"],
      },
    });
  });

  it("leads the registry of all else there, if it has a token", async () => {
    const { plan } = (await through({ files: { "/home/me/.npmrc": "registry=https://npm.acme.com/\n" } })) as Through;
    expect(plan["arguments"]).toEqual(["--config.registry=http://127.0.0.1:7777/https/npm.acme.com/", "--config.noproxy=127.0.0.1"]);
  });

  it("may change what is there with --publish alone", async () => {
    expect(((await through({ publish: true })) as Through).permit).toMatchObject({ routes: [{ publishes: true }] });
  });

  it.each([['{"packageManager":"pnpm@10.1.0"}', "launched"], ['{"devEngines":{"packageManager":{"name":"pnpm","version":"^10"}}}', "launched"], ['{"packageManager":"yarn@4.0.0"}', "command"]])(
    "may start another version in its place where the project asks for one: %s",
    async (manifest, holder) => {
      expect(((await through({ files: { ...FILES, "/p/package.json": manifest } })) as Through).permit).toMatchObject({ holder });
    },
  );

  it("leads registries of a workspace there where pnpm 11 or newer is asked for", async () => {
    const { plan } = (await through({ files: { ...FILES, ...WORKSPACE, "/p/package.json": '{"packageManager":"pnpm@12.21.0+sha512.abc"}' } })) as Through;
    expect(plan["arguments"]).toContain("--config.@acme:registry=http://127.0.0.1:7777/https/npm.acme.com/libs/");
  });

  it("gives nothing where there is no token", async () => {
    expect(((await through({ tokens: [] })) as Through).plan["given"]).toEqual([]);
  });

  it.each(["strict-ssl=false", "cafile=./ca.pem", "https-proxy=http://evil", "//npm.acme.com/libs/:_authToken=own"])("%s of the project says nothing to the gateway", async (line) => {
    const { permit, plan } = (await through({ files: { ...FILES, "/p/.npmrc": `${FILES["/p/.npmrc"]}${line}\n` } })) as Through;
    expect(plan["given"]).toHaveLength(1);
    expect(Object.keys(permit)).toEqual(["addressing", "holder", "publishes", "routes"]);
  });
});

const WORKSPACE = { "/p/pnpm-workspace.yaml": 'registries:\n  "@acme": https://npm.acme.com/libs/\n' };
const WORKSPACE_FIRST: WhyNotThrough = { withheld: "pnpm 10 takes registries of pnpm-workspace.yaml before the gateway", hint: "pnpm 11 or newer in packageManager, which goes through the gateway" };

describe("pnpm past the gateway", () => {
  it.each<[what: string, situation: Situation, why: WhyNotThrough]>([
    ["a registry on the command line", { arguments: ["install", "--config.registry=https://npm.acme.com/libs"] }, { direct: "--registry is taken before the gateway" }],
    ["what pnpm 10 leaves to npm", { arguments: ["view", "x"] }, { direct: "pnpm 10 leaves 'view' to npm" }],
    ...[["-r", "publish"], ["publish", "--ignore-scripts"], ["publish", "--registry", "https://npm.acme.com/libs"]].map((given): [string, Situation, WhyNotThrough] => [
      `what runs scripts: ${given.join(" ")}`, { arguments: given }, { withheld: "'pnpm publish' runs the project's scripts, and pnpm 10 leaves it to npm, which the gateway can't tell from them" },
    ]),
    ["the same in a directory", { arguments: ["--dir", "x", "whoami"], files: { "/home/me/.npmrc": "registry=https://npm.acme.com/" } }, { direct: "pnpm 10 leaves 'whoami' to npm" }],
    ["archives elsewhere", { files: { ...FILES, "/p/.npmrc": "@acme:registry=https://npm.acme.com/artifactory/api/npm/x/" } }, { withheld: "pnpm writes where npm.acme.com has its archives into its lock file" }],
    ["archives in the lock file", { files: { ...FILES, "/p/pnpm-lock.yaml": "resolution: {integrity: x, tarball: https://npm.acme.com/a.tgz}" } }, { withheld: "pnpm writes where npm.acme.com has its archives into its lock file" }],
    ["two readings", { environment: { pnpm_config_registry: "https://npm.acme.com/" } }, { withheld: "versions of pnpm differ in where packages without a scope is" }],
    ["registries of a workspace", { files: { ...FILES, ...WORKSPACE } }, WORKSPACE_FIRST],
    ["the same with pnpm 10", { files: { ...FILES, ...WORKSPACE, "/p/package.json": '{"packageManager":"pnpm@10.34.9"}' } }, WORKSPACE_FIRST],
    ["a named registry", { files: { ...FILES, "/p/pnpm-workspace.yaml": "namedRegistries:\n  a: https://npm.acme.com/a\n" } }, { withheld: "pnpm is told of named registries by no option" }],
  ])("%s", async (_what, situation, why) => {
    expect(await through(situation)).toEqual(why);
  });

  it("not where nothing would be given", async () => {
    expect(await through({ tokens: [], arguments: ["publish"] })).toHaveProperty("plan");
    expect(await through({ files: { ...FILES, "/p/package.json": '{"packageManager":"npm@11"}' } })).toHaveProperty("plan");
  });
});
