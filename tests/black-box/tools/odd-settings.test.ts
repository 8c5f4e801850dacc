/** `toolkey setup` of each tool with a person's settings in odd forms: changed and taken back to the byte, or left alone and named. */
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CLI_TOOLS } from "../../../src/cli/tools/tools.ts";
import { longTest } from "../../fixtures/form.ts";
import { expectDone, makeHome, type Ended, type TestHome } from "../../fixtures/homes/home.ts";

const BOM = "\uFEFF";

/** A file of the person's below HOME, which the client reads, and what it is for a client that takes no byte order mark. */
interface Settings {
  readonly path: string;
  readonly lines: readonly string[];
  readonly withMark?: "left alone";
}

const ROWS: Readonly<Record<string, Settings>> = {
  bazel: { path: ".bazelrc", lines: ["# mine", "build --jobs=4"] },
  cargo: { path: ".cargo/config.toml", lines: ["# mine", "[net]", "retry = 3"] },
  conan: { path: ".conan2/extensions/plugins/auth_remote.py", lines: ["# mine", "def auth_remote_plugin(remote, user=None):", "    return None, None"] },
  docker: { path: ".docker/config.json", lines: ["{", '\t"auths": {}', "}"], withMark: "left alone" },
  git: { path: ".gitconfig", lines: ["# mine", "[core]", "\teditor = vi"] },
  go: { path: ".config/go/env", lines: ["# mine", "GOFLAGS=-x"] },
  maven: { path: ".mavenrc", lines: ["# mine", "MAVEN_OPTS=-Xmx1g"] },
  pip: { path: ".config/pip/pip.conf", lines: ["; mine", "[global]", "timeout = 5"] },
  pnpm: { path: ".config/pnpm/auth.ini", lines: ["; mine", "//other.example/:tokenHelper=/usr/bin/true"] },
  terraform: { path: ".terraformrc", lines: ["# mine", "disable_checkpoint = true"] },
  yarn: { path: ".yarnrc.yml", lines: ["# mine", "enableTelemetry: false"] },
};
/** These have no settings of the person's: a function in the shell's (shell-setup.test.ts), or a file of ours as a whole. */
const OTHERS = ["ansible", "bun", "bundler", "composer", "coursier", "gradle", "npm"];

it("of every tool it is known what is set up", () => {
  expect([...Object.keys(ROWS), ...OTHERS].toSorted()).toEqual([...CLI_TOOLS.keys()].toSorted());
});

describe.each(Object.entries(ROWS))("%s", (tool, { path, lines, withMark }) => {
  let home: TestHome;
  let file: string;
  const setup = (...options: readonly string[]): Promise<Ended> => home.toolkey(["setup", tool, ...options], { cwd: home.directory });
  const bytes = (): string => readFileSync(file, "utf8");

  beforeAll(async () => {
    home = await makeHome();
    await home.init();
    await home.addToken(tool, "https://registry.example", "S3CRET", "bob");
    file = join(home.directory, path);
    mkdirSync(dirname(file), { recursive: true });
  });
  afterAll(() => home?.dispose());

  it("behind a link, in lines of Windows, without a line break at the end", async () => {
    const real = join(home.directory, "dotfiles");
    const text = lines.join("\r\n");
    writeFileSync(real, text);
    symlinkSync(real, file);
    expect(expectDone(await setup("--dry-run")).stdout).toContain(file);
    expect(bytes()).toBe(text);
    expectDone(await setup());
    expect(bytes()).not.toBe(text);
    expectDone(await setup("--undo"));
    expect(bytes()).toBe(text);
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    rmSync(file);
  });

  longTest("with a byte order mark", async () => {
    const text = `${BOM}${lines.join("\n")}\n`;
    writeFileSync(file, text);
    const ended = await setup();
    if (withMark === "left alone") {
      expect(ended.code).not.toBe(0);
      expect(ended.stderr).toContain(file);
      expect(bytes()).toBe(text);
    } else {
      expectDone(ended);
      expect(bytes()).toMatch(new RegExp(`^${BOM}[^${BOM}]*$`));
      expectDone(await setup("--undo"));
      expect(bytes()).toBe(text);
    }
  });

  it("that may not be written", async () => {
    const text = `${lines.join("\n")}\n`;
    rmSync(file, { force: true });
    writeFileSync(file, text);
    chmodSync(file, 0o444);
    const ended = await setup();
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toContain("is read-only");
    expect(bytes()).toBe(text);
  });
});

describe("settings are found where the client looks", () => {
  let home: TestHome;
  beforeAll(async () => {
    home = await makeHome();
    await home.init();
  });
  afterAll(() => home?.dispose());

  it.each<[tool: string, variable: string, value: string, path: string]>([
    ["cargo", "CARGO_HOME", "c", "c/config.toml"],
    ["conan", "CONAN_HOME", "n", "n/extensions/plugins/auth_remote.py"],
    ["docker", "DOCKER_CONFIG", "d", "d/config.json"],
    ["go", "GOENV", "g.env", "g.env"],
    ["go", "XDG_CONFIG_HOME", "x", "x/go/env"],
    ["gradle", "GRADLE_USER_HOME", "u", "u/init.d/toolkey.init.gradle"],
    ["pip", "PIP_CONFIG_FILE", "p.conf", "p.conf"],
    ["pnpm", "XDG_CONFIG_HOME", "x", "x/pnpm/auth.ini"],
    ["terraform", "TF_CLI_CONFIG_FILE", "t.rc", "t.rc"],
    ["terraform", "TERRAFORM_CONFIG", "t.rc", "t.rc"],
  ])("%s by %s", async (tool, variable, value, path) => {
    if (!(await home.tokens()).some((token) => token.tool === tool)) await home.addToken(tool, "https://registry.example", "S3CRET", "bob");
    const [file, env] = [join(home.directory, path), { [variable]: join(home.directory, value) }];
    expectDone(await home.toolkey(["setup", tool], { env }));
    expect(readFileSync(file, "utf8")).toContain("toolkey");
    expectDone(await home.toolkey(["setup", tool, "--undo"], { env }));
    expect(existsSync(file)).toBe(false);
  });
});
