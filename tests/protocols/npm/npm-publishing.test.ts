/** What is found out of the publications of a workspace's members, and of scripts that publish. */
import { describe, expect, it } from "vitest";
import { membersOf } from "../../../src/protocols/npm/configuration/members.ts";
import { npm } from "../../../src/protocols/npm/plan.ts";
import { pnpm } from "../../../src/protocols/pnpm/plan.ts";
import { yarn } from "../../../src/protocols/yarn/plan.ts";
import { outcomeOf, throughOf, type Through } from "../client-request.ts";

const DIRECTORIES: Readonly<Record<string, readonly string[]>> = {
  "/p": ["packages", "apps", "node_modules", "src"],
  "/p/packages": ["a", "b", "node_modules"],
  "/p/apps": ["one"],
  "/p/apps/one": ["deep"],
};

async function found(...patterns: string[]): Promise<{ members: string[]; listed: string[] }> {
  const listed: string[] = [];
  const list = (path: string): Promise<readonly string[]> => (listed.push(path), Promise.resolve(DIRECTORIES[path] ?? []));
  const members = await membersOf("/p", patterns, () => Promise.resolve("{}"), list);
  return { members: members.map(({ path }) => path.replace("/p/", "").replace("/package.json", "")), listed };
}

describe("members of a workspace", () => {
  it.each<[patterns: string[], members: string[], listed: string[]]>([
    [["packages/*"], ["packages/a", "packages/b"], ["/p", "/p/packages"]],
    [["./packages/a", "apps/one"], ["packages/a", "apps/one"], ["/p", "/p/packages", "/p/apps"]],
    [["apps/**"], ["apps", "apps/one", "apps/one/deep"], ["/p", "/p/apps", "/p/apps/one", "/p/apps/one/deep"]],
    [["packages/*", "!packages/b"], ["packages/a"], ["/p", "/p/packages"]],
    [["{packages/{a,c},apps/*}", "!apps/{two,three}"], ["packages/a", "apps/one"], ["/p", "/p/packages", "/p/apps"]],
    [["packages/{a", "packages/{b}", "packages/a}"], [], ["/p", "/p/packages"]],
    [[`packages/${"{a,b}".repeat(20)}`, `packages/${"{".repeat(100_000)}a,b}`], [], []],
    [[], [], []],
  ])("%j", async (patterns, members, listed) => {
    expect(await found(...patterns)).toEqual({ members, listed });
  });
});

const MEMBER = '{"name":"@acme/a","publishConfig":{"registry":"https://pub/"}}';
const FILES = {
  "/p/package.json": '{"name":"root","workspaces":["packages/*"],"packageManager":"yarn@4.0.0"}',
  "/p/pnpm-workspace.yaml": "packages:\n  - packages/*\n",
  "/p/packages/a/package.json": MEMBER,
  "/p/packages/b/package.json": '{"name":"@acme/b","publishConfig":{"registry":"https://other/"}}',
};

describe("the registries of members", () => {
  it.each<[line: string, needs: string[]]>([
    ["npm publish -ws", ["https://pub", "https://other"]],
    ["npm publish -w @acme/a", ["https://pub"]],
    ["npm publish -w packages/b", ["https://other"]],
    ["npm run release", ["https://pub", "https://other"]],
    ["npm ci", []],
    ["pnpm -r publish", ["https://pub", "https://other"]],
    ["pnpm --filter @acme/a publish", ["https://pub"]],
    ["pnpm install", []],
    ["yarn workspaces foreach -A npm publish", ["https://pub", "https://other"]],
  ])("%s asks for %j", async (line, needs) => {
    const [tool = "", ...given] = line.split(" ");
    const asked = await outcomeOf(tool === "npm" ? npm : tool === "pnpm" ? pnpm : yarn, { arguments: given, files: FILES });
    expect(asked.needs.filter((need) => !/registry\.(npmjs|yarnpkg)/.test(need))).toEqual(needs);
  });

  it("are found by npm with the phantom under the address of each", async () => {
    const files = { "/p/package.json": MEMBER };
    const { plan } = (await throughOf(npm, { arguments: ["publish"], files, tokens: [{ id: "npm-1", target: "https://pub" }] })) as Through;
    expect(plan["arguments"]).toEqual(["--registry=http://127.0.0.1:7777/https/pub/"]);
    expect((plan["descriptors"] as { userconfig: string }).userconfig).toContain("\n//127.0.0.1:7777/https/pub/:_authToken=PHANTOM\n");
  });
});
