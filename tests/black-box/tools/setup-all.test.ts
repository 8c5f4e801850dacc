/** `toolkey setup --all`: a machine set up by one command, as often as one likes, without anybody at it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SetupResult } from "../../../src/cli/setup/setup-run.ts";
import { CLI_TOOLS } from "../../../src/cli/tools/tools.ts";
import { findProgram } from "../../../src/platform/processes/programs.ts";
import { BIN, expectDone, makeHome, type Ended, type TestHome } from "../../fixtures/homes/home.ts";
import { ASKS, keepUnderPassphrase } from "../../fixtures/homes/locked-home.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { onTerminal } from "../../fixtures/processes/terminal-session.ts";

const INSTALLED = ["git", "gradle", "npm", "docker", "cargo", "bundler"];

let home: TestHome;
let env: Readonly<Record<string, string>>;

beforeEach(async () => {
  home = await makeHome();
  const programs = join(home.directory, "programs");
  mkdirSync(programs);
  for (const name of ["node", "sh", "git", "readlink", "setsid", "script"]) symlinkSync(findProgram(name, process.env) ?? "/none", join(programs, name));
  for (const name of ["gradle", "npm", "docker", "cargo", "bundle"]) writeFileSync(join(programs, name), "#!/bin/sh\n", { mode: 0o755 });
  env = { PATH: `${BIN}:${programs}`, SHELL: "/bin/bash" };
  await home.init();
});
afterEach(() => home.dispose());

const at = (name: string): string => join(home.directory, name);
const setup = (...argv: string[]): Promise<Ended> => home.toolkey(["setup", "--all", ...argv], { env });

async function results(...argv: string[]): Promise<{ code: number | null; of: (tool: string) => SetupResult | undefined; tools: readonly SetupResult[] }> {
  const { code, stdout } = await setup("--json", ...argv);
  const { tools } = JSON.parse(stdout) as { tools: readonly SetupResult[] };
  return { code, tools, of: (tool) => tools.find((each) => each.tool === tool) };
}

/** Whatever lies in the home by now, but for toolkey's own. */
function files(directory = home.directory): Record<string, string> {
  const names = readdirSync(directory, { withFileTypes: true }).filter(({ name }) => !["t", "programs"].includes(name));
  return Object.assign({}, ...names.map((entry) => (entry.isDirectory() ? files(join(directory, entry.name)) : { [join(directory, entry.name)]: readFileSync(join(directory, entry.name), "utf8") }))) as Record<string, string>;
}

describe("toolkey setup --all", () => {
  it("sets up what is installed here, says of each what it did, and a second time that it is so already", async () => {
    writeFileSync(at(".bashrc"), "# mine\n");
    const first = await results("--yes");
    expect(first.code).toBe(0);
    expect(first.tools.map(({ tool }) => tool).toSorted()).toEqual([...CLI_TOOLS.keys()].toSorted());
    expect(first.tools.filter(({ outcome }) => outcome === "done").map(({ tool }) => tool).toSorted()).toEqual(INSTALLED.filter((tool) => tool !== "docker").toSorted());
    expect(first.of("npm")).toMatchObject({
      effect: "npm and npx in your shell run with their tokens",
      files: [{ path: at(".bashrc"), change: "changed", backup: at(".bashrc.toolkey-backup") }],
      notes: ["in shells that are started from now on"],
    });
    expect(first.of("docker")).toMatchObject({ outcome: "left-alone", reason: "docker has no token for any registry" });
    expect(first.of("terraform")).toEqual({ tool: "terraform", outcome: "left-alone", reason: "it is not installed here: none of its programs is on PATH" });
    expect(readFileSync(at(".bashrc.toolkey-backup"), "utf8")).toBe("# mine\n");
    expect((await home.git(["config", "--global", "--get-all", "credential.helper"])).stdout).toContain("git-credential-toolkey");

    const after = files();
    const second = await results("--yes");
    expect(second.code).toBe(0);
    expect(second.tools.filter(({ outcome }) => outcome === "already").map(({ tool }) => tool).toSorted()).toEqual(INSTALLED.filter((tool) => tool !== "docker").toSorted());
    expect(second.tools.flatMap(({ files: changed = [] }) => changed.map(({ change }) => change)).every((change) => change === "none")).toBe(true);
    expect(files()).toEqual(after);
    // Nothing is to be asked then.
    expect(await setup()).toMatchObject({ code: 0 });
  });

  it("takes all of it back, whatever is installed by now, and leaves nothing", async () => {
    writeFileSync(at(".bashrc"), "# mine\n");
    const before = files();
    expectDone(await setup("--yes"));
    expect(Object.keys(files()).length).toBeGreaterThan(4);
    rmSync(at("programs/cargo"));
    const undone = await results("--undo", "--yes");
    expect([undone.code, undone.of("cargo")?.outcome, undone.of("yarn")?.outcome]).toEqual([0, "done", "already"]);
    expect(files()).toEqual(before);
    expect(expectDone(await setup("--undo"))).toMatchObject({ stdout: "no file has anything of toolkey in it\n", stderr: "" });
  });

  it("goes on after one that fails, ends with 1, and does what was left once that is mended", async () => {
    mkdirSync(at(".gradle/init.d"), { recursive: true });
    writeFileSync(at(".gradle/init.d/toolkey.init.gradle"), "// somebody else's\n");
    const ended = await setup("--yes");
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain(`toolkey: gradle: ${at(".gradle/init.d/toolkey.init.gradle")} is somebody else's\nhint: it was left as it is`);
    expect(ended.stderr).toMatch(/toolkey: 1 of 6 tools could not be set up: gradle\nhint: the others are done; [^\n]*\n$/);
    expect(ended.stdout).toContain("cargo asks toolkey now");
    expect(ended.stdout).toContain("docker is left alone: docker has no token for any registry\n");
    const told = await results("--yes");
    expect([told.code, told.of("gradle")?.outcome, told.of("gradle")?.error?.code, told.of("cargo")?.outcome]).toEqual([1, "failed", "usage", "already"]);
    rmSync(at(".gradle/init.d/toolkey.init.gradle"));
    const mended = await results("--yes");
    expect([mended.code, mended.of("gradle")?.outcome, mended.of("cargo")?.outcome]).toEqual([0, "done", "already"]);
  });

  it("changes nothing with --dry-run, and shows programs no line of a file", async () => {
    writeFileSync(at(".bashrc"), "export PASSWORD=S3CRET");
    const before = files();
    const told = await results("--dry-run");
    expect([told.code, told.of("npm")]).toEqual([0, expect.objectContaining({ outcome: "would-change", files: [{ path: at(".bashrc"), change: "changed" }] })]);
    expect(JSON.stringify(told.tools)).not.toContain("S3CRET");
    expect(expectDone(await setup("--dry-run")).stdout).toContain(`would change ${at(".gitconfig")}:\n+ `);
    expect(files()).toEqual(before);
  });

  it("without --yes asks, and where nobody can be asked changes nothing", async () => {
    const before = files();
    const refused = await home.run("setsid", ["--wait", join(BIN, "toolkey"), "setup", "--all"], { env });
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain("toolkey: this needs a yes, and there is no terminal to ask on\nhint: nothing was changed\nhint: --yes says it beforehand\n");
    const asked = await setup("--json");
    expect([asked.code, JSON.parse(asked.stdout)]).toMatchObject([2, { error: { code: "usage", hints: ["nothing was changed", "--yes says it beforehand"] } }]);
    expect(files()).toEqual(before);
  });

  it.skipIf(missing("script"))("asks on a terminal once for all", async () => {
    const question = "set up git, gradle, npm, cargo, bundler? [y/N] ";
    const answering = (key: string) => onTerminal("toolkey setup --all", { ...home.environment, ...env }, [[question, `${key}\r`]]);
    expect((await answering("n")).code).toBe(3);
    expect(existsSync(at(".gitconfig"))).toBe(false);
    const yes = await answering("y");
    expect([yes.code, existsSync(at(".gitconfig"))]).toEqual([0, true]);
    expect(yes.shown).toContain(`toolkey: cargo: ${at(".cargo/config.toml")} would be changed\n`);
  });

  it.skipIf(missing("script"))("asks for the passphrase once, and who gives up is not asked again", async () => {
    await home.stop();
    await keepUnderPassphrase(home);
    // Both want to know for what they have tokens.
    writeFileSync(at("programs/bazel"), "#!/bin/sh\n", { mode: 0o755 });
    const wrong = Array.from({ length: 3 }, () => [ASKS, "wrong\r"] as const);
    const asked = await onTerminal("toolkey setup --all --yes", { ...home.environment, ...env }, wrong);
    expect([asked.code, asked.shown.split(ASKS).length - 1]).toEqual([1, 3]);
    expect(asked.shown).toContain("2 of 7 tools could not be set up: docker, bazel\n");
    const before = files();
    const first = await onTerminal("toolkey setup --all --undo", { ...home.environment, ...env }, [["? [y/N] ", "y\r"]]);
    expect([first.code, first.shown.includes(ASKS)]).toEqual([0, false]);
    const gone = await onTerminal("toolkey setup --all", { ...home.environment, ...env }, wrong);
    expect([gone.code, gone.shown.split(ASKS).length - 1]).toEqual([3, 3]);
    expect([Object.keys(before).length > 3, files()]).toEqual([true, {}]);
  });

  it("has options of tools for those that have them", async () => {
    expectDone(await home.git(["config", "--global", "credential.https://github.com.helper", "!gh auth git-credential"]));
    expect(expectDone(await setup("--yes", "--every-host")).stderr).toContain("toolkey: for https://github.com git asks toolkey now, and no longer ");
  });

  it.each([[["--all", "git"]], [[]]])("%j is wrong usage", async (argv) => {
    expect(await home.toolkey(["setup", ...argv], { env })).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("name a tool, or give --all") as string });
  });

  it("several at once do no harm, and one of them or the next does all of it", async () => {
    await Promise.all([setup("--yes"), setup("--yes"), setup("--yes")]);
    const last = await results("--yes");
    expect([last.code, last.tools.filter(({ outcome }) => outcome === "failed")]).toEqual([0, []]);
    const text = readFileSync(at(".bashrc"), "utf8");
    expect([...text.matchAll(/^# toolkey: begin/gm)].length).toBe(2);
    // What the first one made is no file of the person's.
    expect(existsSync(at(".bashrc.toolkey-backup"))).toBe(false);
    expectDone(await setup("--undo", "--yes"));
    expect(existsSync(at(".bashrc"))).toBe(false);
  });
});

describe.skipIf(missing("setsid"))("without a terminal, a shell or a vault", () => {
  it("one command sets the machine up, as often as it is run", async () => {
    const fresh = await makeHome();
    try {
      const { SHELL: _shell, ...bare } = env;
      const command = `${BIN}/toolkey init --key file --json && ${BIN}/toolkey setup --all --yes --json`;
      for (const made of [true, false]) {
        const ended = expectDone(await fresh.run("setsid", ["--wait", "sh", "-c", command], { env: bare }));
        const [vault, setups] = ended.stdout.split(/(?<=^\}\n)/m).map((text) => JSON.parse(text) as object);
        expect(vault).toMatchObject({ made, keySource: "file" });
        expect(setups).toMatchObject({ tools: expect.arrayContaining([expect.objectContaining({ tool: "git", outcome: made ? "done" : "already" })]) as object });
      }
    } finally {
      await fresh.dispose();
    }
  });
});
