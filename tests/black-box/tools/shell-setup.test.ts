/** `npm` in the shells of people: `toolkey setup npm|bun`, `toolkey shell-init`, in the real shells. */
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { longTest, matrix } from "../../fixtures/form.ts";
import { BIN, expectDone, makeHome, type Ended, type TestHome } from "../../fixtures/homes/home.ts";
import { missing } from "../../fixtures/programs/programs.ts";

let home: TestHome;
let environment: Record<string, string>;

beforeEach(async () => {
  home = await makeHome();
  // A path that has to be quoted in every shell, by which PATH leads to toolkey.
  const bin = join(home.directory, String.raw`it's "a" \ $HOME`);
  mkdirSync(bin);
  symlinkSync(join(BIN, "toolkey"), join(bin, "toolkey"));
  for (const name of ["npm", "npx", "yarn", "bun", "bunx"]) {
    writeFileSync(join(bin, name), `#!/bin/sh\nprintf '%s:' ${name} "$@"\necho\ntr '\\0' ' ' </proc/$PPID/cmdline\n`, { mode: 0o755 });
  }
  environment = { PATH: `${bin}:${home.environment["PATH"] ?? ""}` };
});

afterEach(() => home.dispose());

const startFiles = { bash: ".bashrc", zsh: ".zshrc", fish: ".config/fish/config.fish" } as const;

describe.each(matrix<keyof typeof startFiles>(["bash", "fish"], ["zsh"]))("in %s", (shell) => {
  const absent = missing(shell);
  /** What is written where, and taken back: the same for every shell but in its own words, which the others are about. */
  const itOfFiles = shell === "bash" ? it : longTest;
  const startFile = (): string => join(home.directory, startFiles[shell]);

  const interactive = (command: string): Promise<Ended> => home.run(shell, ["-i", "-c", command], { cwd: home.directory, env: environment });

  const toolkey = async (...argv: string[]): Promise<Ended> =>
    expectDone(await home.toolkey(argv, { env: { ...environment, SHELL: `/usr/bin/${shell}` } }));

  it.skipIf(absent)("npm is run with its token after setup, and is itself in scripts and after undo", async () => {
    await toolkey("setup", "npm");
    const ran = await interactive("npm install 'a b'");
    expect(ran.stdout).toContain("npm:install:a b:\n");
    expect(ran.stdout).toMatch(/run\.cjs -- npm install a b/);
    const file = join(home.directory, "script");
    writeFileSync(file, `#!/usr/bin/env ${shell}\nnpm ci\n`, { mode: 0o755 });
    expect((await interactive(file)).stdout).not.toContain("run.cjs");
    expect((await home.run(shell, ["-c", "npm ci"], { env: environment })).stdout).not.toContain("run.cjs");
    await toolkey("setup", "npm", "--undo");
    expect(existsSync(startFile())).toBe(false);
    expect((await interactive("npm install")).stdout).not.toContain("run.cjs");
  });

  it.skipIf(absent)("npm is npm where toolkey was removed without a word", async () => {
    await toolkey("setup", "npm");
    unlinkSync(join(home.directory, String.raw`it's "a" \ $HOME`, "toolkey"));
    const ran = await interactive("npm install 'a b'");
    expect(ran).toMatchObject({ code: 0, stderr: expect.not.stringContaining("toolkey") as string });
    expect(ran.stdout).toContain("npm:install:a b:\n");
  });

  it.skipIf(absent)("shell-init does so without a change of a file", async () => {
    const init = shell === "fish" ? "toolkey shell-init fish | source" : `eval "$(toolkey shell-init ${shell})"`;
    const programs = ["npm", "npx", "yarn", "bun", "bunx"];
    const ran = await interactive([init, ...programs.map((program) => `${program} x`)].join("; "));
    for (const program of programs) expect(ran.stdout).toContain(`run.cjs -- ${program} x`);
    expect(existsSync(startFile())).toBe(false);
  });

  itOfFiles.skipIf(absent)("npm and bun can both be set up, and each alone be taken back", async () => {
    mkdirSync(dirname(startFile()), { recursive: true });
    const before = "# mine\r\n\n   # odd\n\t# no end";
    writeFileSync(startFile(), before);
    await toolkey("setup", "npm");
    await toolkey("setup", "bun");
    const both = readFileSync(startFile(), "utf8");
    expect((await toolkey("setup", "npm")).stdout).toContain("already");
    expect(readFileSync(startFile(), "utf8")).toBe(both);
    await toolkey("setup", "npm", "--undo");
    expect((await interactive("bun x")).stdout).toContain("run.cjs -- bun x");
    expect((await interactive("npm x")).stdout).not.toContain("run.cjs");
    expect(readFileSync(`${startFile()}.toolkey-backup`, "utf8")).toBe(before);
    await toolkey("setup", "bun", "--undo");
    expect(readFileSync(startFile(), "utf8")).toBe(before);
    expect(existsSync(`${startFile()}.toolkey-backup`)).toBe(false);
  });

  it.skipIf(absent)("an alias of that name, and completion of npm, stay what they are", async () => {
    mkdirSync(dirname(startFile()), { recursive: true });
    const completion = {
      bash: "complete -W 'frobnicate' npm",
      zsh: "autoload -Uz compinit; compinit -u; _mine() { compadd frobnicate }; compdef _mine npm",
      fish: "complete -c npm -a frobnicate",
    }[shell];
    writeFileSync(startFile(), `alias bun='bun --mine'\n${completion}\n`);
    await toolkey("setup", "npm");
    await toolkey("setup", "bun");
    const completes = {
      bash: "complete -p npm",
      zsh: "echo $_comps[npm]",
      fish: "complete -C 'npm frob'",
    }[shell];
    expect((await interactive(completes)).stdout).toMatch(/frobnicate|_mine/);
    // bash reads a line whole before aliases in it count, but the start-up file came before.
    const ran = await interactive("bun x");
    expect(ran.stdout + ran.stderr).not.toContain("rror");
    if (shell !== "fish") expect(ran.stdout).toContain("bun:--mine:x:");
    expect(ran.stdout).toContain("run.cjs -- bun");
  });
});

describe("toolkey setup npm", () => {
  it("writes through a symbolic link, keeps the mode, and leaves a read-only file alone", async () => {
    const env = { ...environment, SHELL: "/bin/bash" };
    const file = join(home.directory, ".bashrc");
    writeFileSync(join(home.directory, "dotfile"), "# mine\n", { mode: 0o600 });
    symlinkSync("dotfile", file);
    chmodSync(join(home.directory, "dotfile"), 0o400);
    const refused = await home.toolkey(["setup", "npm"], { env });
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain("is read-only");
    chmodSync(join(home.directory, "dotfile"), 0o600);
    expectDone(await home.toolkey(["setup", "npm"], { env }));
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(lstatSync(join(home.directory, "dotfile")).mode & 0o777).toBe(0o600);
    expectDone(await home.toolkey(["setup", "npm", "--undo"], { env }));
    expect(readFileSync(file, "utf8")).toBe("# mine\n");
  });

  it("is refused for a shell that it does not know", async () => {
    const refused = await home.toolkey(["setup", "npm"], { env: { ...environment, SHELL: "/opt/tcsh" } });
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain("toolkey: toolkey does not know the shell tcsh\nhint: it knows: bash, zsh, fish;");
  });

  it("without SHELL, as where nobody has logged in, goes by the system's list of users", async () => {
    const ended = await home.toolkey(["setup", "npm"], { env: { ...environment, SHELL: undefined } });
    const shell = basename(userInfo().shell ?? "");
    if (["bash", "zsh", "fish"].includes(shell)) expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(`changed .*/\\.?(${shell}rc|config\\.fish)`) });
    else expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining("which shell") });
  });

  it.each([[["shell-init"]], [["shell-init", "tcsh"]], [["shell-init", "bash", "zsh"]]])("%j is wrong usage", async (argv) => {
    expect(await home.toolkey(argv)).toMatchObject({ code: 2, stdout: "" });
  });

  it("help and completion of what runs by itself are there", async () => {
    expect(expectDone(await home.toolkey(["run", "--help"])).stdout).toContain("toolkey run -- npm ci");
    expect(expectDone(await home.toolkey(["shell-init", "--help"])).stdout).toContain('eval "$(toolkey shell-init bash)"');
    expect(expectDone(await home.toolkey(["completion-words", "--", "shell-init", ""])).stdout).toContain("fish");
  });
});
