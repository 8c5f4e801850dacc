/** What is done outside while a sandbox is there, or before, that would take its protection away. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BIN, expectDone } from "../../fixtures/homes/home.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { isOpenToOthers, makeSandboxHome, SECRET, type SandboxHome } from "./sandbox-home.ts";

const SOMEBODY = 54321;
const isRoot = process.getuid?.() === 0;

describe.skipIf(missing("bwrap"))("what is protected and was replaced from outside meanwhile", () => {
  let world: SandboxHome;
  beforeAll(async () => {
    world = await makeSandboxHome();
  });
  afterAll(() => world?.dispose());

  it.each<[what: string, replace: (path: string) => void, isTold: boolean]>([
    ["by another file of its name", (path) => {
      writeFileSync(`${path}.new`, readFileSync(path));
      renameSync(`${path}.new`, path);
    }, true],
    ["in place", (path) => writeFileSync(path, readFileSync(path)), false],
  ])("is told, unless it is still protected: %s", async (_how, replace, isTold) => {
    const path = join(world.project, ".git", "config");
    const before = readFileSync(path, "utf8");
    const running = spawn(join(BIN, "toolkey"), ["run", "--sandbox", "--quiet", "--", "sh", "-c", "echo begun; read -r line; echo x >> .git/config"], { cwd: world.project, env: world.home.environment, stdio: "pipe" });
    let said = "";
    running.stderr.on("data", (chunk) => (said += String(chunk)));
    const ended = once(running, "close");
    await once(running.stdout, "data");
    replace(path);
    running.stdin.end("go\n");
    await ended;
    const line = `toolkey: ${path} was replaced from outside while the command ran, which could read and change it from then on\nhint: look at it: ${path}\n`;
    expect(said.includes(line)).toBe(isTold);
    // That the kernel does so is why it is told.
    expect(readFileSync(path, "utf8")).toBe(isTold ? `${before}x\n` : before);
  });
});

describe.skipIf(missing("bwrap", "setpriv") || (isRoot && !isOpenToOthers()))("a directory that can't be looked into, and is the person's own", () => {
  let world: SandboxHome;
  beforeAll(async () => {
    world = await makeSandboxHome(isRoot ? SOMEBODY : undefined);
    expectDone(await world.home.run("sh", ["-c", `mkdir ${world.project}/closed; echo '//npm.example/:_authToken=${SECRET}' > ${world.project}/closed/.npmrc`]));
  });
  afterAll(() => world?.dispose());

  it.each<[what: string, directory: () => string]>([
    ["in the home", () => world.at(".docker")],
    ["in the project", () => join(world.project, "closed")],
  ])("keeps the command from being started: it could open it (%s)", async (_where, directory) => {
    chmodSync(directory(), 0o000);
    try {
      const ended = await world.inside("echo begun", { words: ["--quiet"] });
      expect([ended.stdout, ended.stderr.split("\n").slice(-3)]).toEqual(["", [`toolkey: ${directory()} can't be looked into, and the command could open it`, `hint: chmod u+rwx ${directory()}`, ""]]);
      expect(ended.code).not.toBe(0);
    } finally {
      chmodSync(directory(), 0o700);
    }
    expect((await world.inside("echo begun", { words: ["--quiet"] })).stdout).toBe("begun\n");
  });
});
