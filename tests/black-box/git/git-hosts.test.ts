/** Helpers that are set for single hosts, as `gh auth setup-git` does: git itself says which hold, and they stay unless told otherwise. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { GitHelpers } from "../../../src/cli/tools/git/git-helpers.ts";
import { BIN, expectDone, makeHome, type TestHome } from "../../fixtures/homes/home.ts";

const GH = "!/snap/bin/gh auth git-credential";
const HINT = "hint: to have toolkey asked there, too: toolkey setup git --every-host\n";

let home: TestHome;
let file: string;
let token: string;

beforeAll(async () => {
  home = await makeHome();
  file = join(home.directory, ".gitconfig");
  await home.init();
  token = await home.addGitToken("https://forge.example", "alice", "S3CRET");
  await home.addGitToken("https://git.example", "alice", "S3CRET-2");
});
afterAll(() => home.dispose());
beforeEach(() => writeFileSync(file, ""));

const config = async (...argv: readonly string[]): Promise<unknown> => expectDone(await home.git(["config", "--global", ...argv]));
/** As gh does it. */
async function ghSetupGit(): Promise<void> {
  await config("--replace-all", "credential.https://forge.example.helper", "");
  await config("--add", "credential.https://forge.example.helper", GH);
}
const setup = async (...options: readonly string[]): Promise<string> => expectDone(await home.toolkey(["setup", "git", ...options])).stderr;
async function asked(url: string): Promise<string[]> {
  const helpers = await (await GitHelpers.read(home.environment, home.directory)).at(url);
  return helpers.map((helper) => (helper.includes(join(BIN, "git-credential-toolkey")) ? "toolkey" : helper));
}
async function doctor(): Promise<string[]> {
  const findings = JSON.parse((await home.toolkey(["doctor", "--json"])).stdout) as { verdict: string; what: string }[];
  return findings.filter(({ what }) => /asks? |hands/.test(what) && what.includes("git")).map(({ verdict, what }) => `${verdict}: ${what}`);
}

describe("what git asks for a URL", () => {
  it.each<[what: string, text: string, url: string, helpers: string[]]>([
    ["nothing is set", "", "https://h", []],
    ["helpers for all, the last after a reset", "[credential]\n\thelper = a\n\thelper =\n\thelper = b\n\thelper = !c d\n", "https://h", ["b", "!c d"]],
    ["a helper for the host, with a reset", '[credential]\n\thelper = a\n[credential "https://h"]\n\thelper =\n\thelper = b\n', "https://h/x", ["b"]],
    ["a helper for another host", '[credential]\n\thelper = a\n[credential "https://h"]\n\thelper = b\n', "https://other", ["a"]],
    ["a helper for a path", '[credential "https://h/x"]\n\thelper = b\n', "https://h/x/y", ["b"]],
    ["a helper for another path", '[credential "https://h/x"]\n\thelper = b\n', "https://h/xy", []],
    ["a wildcard", '[credential "https://*.example"]\n\thelper = b\n', "https://git.example", ["b"]],
    ["a reset for all behind it", '[credential "https://h"]\n\thelper = b\n[credential]\n\thelper =\n', "https://h", []],
    ["a helper that would leave a trace", `[credential]\n\thelper = "!touch ran; :"\n`, "https://h", ["!touch ran; :"]],
  ])("where there is %s", async (_what, text, url, helpers) => {
    writeFileSync(file, text);
    expect(await asked(url)).toEqual(helpers);
    expect(expectDone(await home.run("ls", [home.directory])).stdout).not.toContain("ran");
  });
});

describe("toolkey setup git", () => {
  it("leaves a host to its own helper, says so, and what git does not get for it; doctor, too", async () => {
    await config("--add", "credential.helper", "store");
    await ghSetupGit();
    const before = readFileSync(file, "utf8");
    expect(await setup()).toBe(
      `toolkey: git no longer asks its helper 'store', nor hands it what it gets from toolkey
toolkey: for https://forge.example git still asks '${GH}', and not toolkey
toolkey: so it does not get ${token}, which is for https://forge.example
${HINT}`,
    );
    expect([await asked("https://forge.example/x"), await asked("https://git.example")]).toEqual([[GH], ["toolkey", "toolkey"]]);
    expect(await doctor()).toEqual([
      "good: git asks toolkey, except for hosts that have a helper of their own",
      `good: for https://forge.example git asks '${GH}', and not toolkey`,
      `doubtful: git does not get ${token}: for https://forge.example it asks '${GH}', and not toolkey`,
    ]);
    expect(expectDone(await home.toolkey(["setup", "git"])).stdout).toContain("git asks toolkey already");
    expectDone(await home.toolkey(["setup", "git", "--undo"]));
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  it("with --every-host has toolkey asked there, too, and from then on", async () => {
    await ghSetupGit();
    expect(await setup("--every-host")).toBe(`toolkey: for https://forge.example git asks toolkey now, and no longer '${GH}'\n`);
    expect(await asked("https://forge.example")).toEqual(["toolkey", "toolkey"]);
    expect(await doctor()).toEqual(["good: git asks toolkey, and no other helper", `good: for https://forge.example git asks toolkey; its own helper there is switched off: '${GH}'`]);
    expect(await setup()).toBe("");
    expect(await asked("https://forge.example")).toEqual(["toolkey", "toolkey"]);
  });

  it("keeps up with gh, which writes into our lines, and loses nothing of it when it is taken back", async () => {
    await ghSetupGit();
    await setup();
    await config("--replace-all", "credential.https://forge.example.helper", "");
    await config("--add", "credential.https://forge.example.helper", `${GH} --new`);
    expect(await asked("https://forge.example")).toEqual([`${GH} --new`]);
    await setup();
    expect(await asked("https://forge.example")).toEqual([`${GH} --new`]);
    expectDone(await home.toolkey(["setup", "git", "--undo"]));
    expect([await asked("https://forge.example"), await asked("https://git.example")]).toEqual([[`${GH} --new`], []]);
  });

  it("knows a helper that came later, and says where git hands its credentials to both", async () => {
    await setup();
    await config("--add", "credential.https://forge.example.helper", "manager");
    expect(await doctor()).toEqual(["good: git asks toolkey, except for hosts that have a helper of their own", "doubtful: for https://forge.example git also hands its credentials to: manager"]);
    expect(await setup()).toBe("toolkey: for https://forge.example git asks toolkey now, and no longer 'manager'\n");
  });

  it("leaves a host alone that is to ask nobody", async () => {
    writeFileSync(file, '[credential "https://forge.example"]\n\thelper =\n');
    expect(await setup()).toContain("toolkey: for https://forge.example git still asks no helper\n");
    expect(await asked("https://forge.example")).toEqual([]);
  });

  it("is about what the person has set, not a repository", async () => {
    const repository = join(home.directory, "repository");
    expectDone(await home.git(["init", "-q", repository]));
    expectDone(await home.git(["-C", repository, "config", "credential.https://forge.example.helper", "evil"]));
    expect(expectDone(await home.toolkey(["setup", "git"], { cwd: repository })).stderr).toBe("");
    expect(readFileSync(file, "utf8")).not.toContain("evil");
  });
});
