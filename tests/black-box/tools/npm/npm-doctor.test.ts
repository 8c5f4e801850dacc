/** `toolkey doctor` for the clients of npm registries. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { expectDone, makeHome, type TestHome } from "../../../fixtures/homes/home.ts";

let home: TestHome;
let project: string;

beforeEach(async () => {
  home = await makeHome();
  await home.init();
  project = join(home.directory, "project");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), "{}");
  writeFileSync(join(project, ".npmrc"), "registry=https://npm.example.com/\n");
});

afterEach(() => home.dispose());

function addToken(tool: string): Promise<string> {
  return home.addToken(tool, "https://npm.example.com", "S3CRET");
}

/** What doctor says of a tool. */
async function found(tool: string): Promise<{ verdict: string; what: string; hint?: string }[]> {
  const ended = await home.toolkey(["doctor", "--json"], { cwd: project });
  expect(ended.stdout).not.toContain("S3CRET");
  return (JSON.parse(ended.stdout) as { verdict: string; what: string; hint?: string }[]).filter(({ what }) => what.includes(tool));
}

describe("doctor", () => {
  it("says nothing of clients that have no token", async () => {
    for (const tool of ["npm in", "pnpm", "yarn", "bun"]) expect(await found(tool)).toEqual([]);
  });

  it("says what npm gets in this directory, and how plain npm could", async () => {
    const id = await addToken("npm");
    const given = { code: "gets-token", tool: "npm", verdict: "good", what: `npm in ${project} gets ${id} for https://npm.example.com` };
    expect(await found("npm")).toEqual([
      { code: "not-set-up", tool: "npm", verdict: "doubtful", what: "plain npm does not ask toolkey; toolkey run -- npm does", hint: "toolkey setup npm" },
      given,
    ]);
    expectDone(await home.toolkey(["setup", "npm"], { env: { SHELL: "/bin/bash" } }));
    expect(await found("npm")).toEqual([{ code: "asks-toolkey", tool: "npm", verdict: "good", what: "npm in your shell runs with its tokens" }, given]);
  });

  it("says what is in the way: settings and credentials of the project, another registry", async () => {
    const id = await addToken("npm");
    await addToken("pnpm");
    expectDone(await home.toolkey(["setup", "pnpm"]));
    writeFileSync(join(project, ".npmrc"), "registry=https://npm.example.com/\nstrict-ssl=false\n");
    expect((await found("the project decides")).map(({ what }) => what)).toEqual([
      `pnpm gets no token here, since the project decides whom to trust: strict-ssl in ${project}/.npmrc`,
    ]);
    // npm has no hook, and goes by the gateway.
    expect((await found(`npm in ${project} gets ${id}`)).map(({ verdict }) => verdict)).toEqual(["good"]);
    writeFileSync(join(project, ".npmrc"), "registry=https://npm.example.com/\n//npm.example.com/:_authToken=mine\n");
    expect((await found("credentials of its own")).map(({ verdict }) => verdict)).toEqual(["doubtful"]);
    writeFileSync(join(project, ".npmrc"), "registry=https://other.example.com/\n");
    expect(await found("there is no npm token")).toEqual([{ code: "plan-note", tool: "npm", verdict: "doubtful", what: "there is no npm token for https://other.example.com", hint: "toolkey add https://other.example.com --tool npm" }]);
  });

  it("runs pnpm's helpers, and finds one that is gone", async () => {
    const id = await addToken("pnpm");
    expectDone(await home.toolkey(["setup", "pnpm"]));
    expect((await found("pnpm gets"))).toEqual([{ code: "gets-token", tool: "pnpm", verdict: "good", what: "pnpm gets a token for //npm.example.com/" }]);
    await home.ask("revoke", { ids: [id], local: true });
    expect((await found("pnpm gets nothing")).map(({ verdict }) => verdict)).toEqual(["doubtful"]);
    const programs = join(home.toolkeyHome, "data", "pnpm");
    for (const name of readdirSync(programs)) rmSync(join(programs, name));
    expect(await found("which is not there")).toMatchObject([{ verdict: "bad", hint: "toolkey setup pnpm" }]);
  });

  it("finds a plugin without which Yarn does not start", async () => {
    expectDone(await home.toolkey(["setup", "yarn"]));
    expect(await found("yarn")).toEqual([{ code: "asks-toolkey", tool: "yarn", verdict: "good", what: `yarn asks toolkey, by ${home.directory}/.yarnrc.yml` }]);
    writeFileSync(join(home.directory, ".yarnrc.yml"), "plugins:\n  - /gone/dist/yarn-plugin.cjs\n");
    expect(await found("Yarn does not start")).toMatchObject([{ verdict: "bad", hint: "toolkey setup yarn" }]);
    expectDone(await home.toolkey(["setup", "yarn"]));
    expect((await found("yarn")).map(({ verdict }) => verdict)).toEqual(["good"]);
  });
});
