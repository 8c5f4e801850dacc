/** What V8 has compiled is kept, where only who owns the code can have put it. docs/decisions/0047-compiled-code.md */
import {
  chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { expectDone, type TestHome } from "../../fixtures/homes/home.ts";
import { ROOT } from "../../fixtures/programs/packages.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { makeReadableTree } from "../../fixtures/programs/readable-tree.ts";
import { makeHomeWithoutPrivilege } from "../../fixtures/homes/without-privilege.ts";

const SOMEBODY = 4242;

let home: TestHome;
let tree: ReturnType<typeof makeReadableTree>;
let compiled: string;
beforeEach(async () => {
  home = await makeHomeWithoutPrivilege();
  tree = makeReadableTree();
  compiled = join(tree.bin, "..", "compiled");
});
afterEach(async () => {
  await home.dispose();
  tree.remove();
});

function spoil(file: string, at: number, bytes: Buffer): void {
  const content = readFileSync(file);
  expect(content.subarray(at, at + bytes.length).equals(bytes)).toBe(false);
  bytes.copy(content, at);
  writeFileSync(file, content);
}

const version = () => home.run(join(tree.bin, "toolkey"), ["--version"]);
const names = (): string[] => (existsSync(compiled) ? readdirSync(compiled) : []);

/** What is kept of the command line, after its first run. */
async function kept(): Promise<string> {
  expectDone(await version());
  expect(names()).toEqual([expect.stringMatching(/^toolkey-\d/)]);
  return join(compiled, names()[0] ?? "");
}

it("is written by the first run, whole, readable by all, and used by the next", async () => {
  const file = await kept();
  const { ino, mode, size } = statSync(file);
  expect(mode & 0o777).toBe(0o644);
  expect(size).toBeGreaterThan(100_000);
  expectDone(await version());
  // Who could not use it would have written it anew.
  expect(statSync(file).ino).toBe(ino);
});

it.each([
  ["cut off", (file: string) => truncateSync(file, 1000)],
  ["empty", (file: string) => truncateSync(file)],
  ["of something else", (file: string) => writeFileSync(file, "x".repeat(100_000))],
  ["writable by others", (file: string) => chmodSync(file, 0o666)],
  ["another user's", (file: string) => chownSync(file, SOMEBODY, SOMEBODY)],
  ["with a page that the disk has lost", (file: string) => spoil(file, 200 * 1024, Buffer.alloc(4096))],
  ["of another Node", (file: string) => spoil(file, readFileSync(file, "latin1").indexOf(" ") + 1, Buffer.from("999"))],
])("is not used where it is %s, and made anew", async (_what, change) => {
  const file = await kept();
  const whole = statSync(file);
  change(file);
  expect(expectDone(await version()).stdout).toMatch(/^\d+\.\d+\.\d+\+/);
  const { ino, mode, uid, size } = statSync(file);
  expect(ino).not.toBe(whole.ino);
  expect({ mode, uid }).toEqual({ mode: whole.mode, uid: whole.uid });
  expect(size).toBeGreaterThan(100_000);
  expect(names()).toHaveLength(1);
});

it("is of the code as it is: a change of the same length counts", async () => {
  const file = await kept();
  const code = join(tree.bin, "..", "dist", "code", "toolkey.js");
  const { ino } = statSync(file);
  const unknown = () => home.run(join(tree.bin, "toolkey"), ["no-such-command"]);
  expect((await unknown()).stderr).toContain("there is no command");
  const { atime, mtime } = statSync(code);
  writeFileSync(code, readFileSync(code, "latin1").replaceAll("there is no command", "THERE IS NO COMMAND"));
  utimesSync(code, atime, mtime);
  expect((await unknown()).stderr).toContain("THERE IS NO COMMAND");
  expect(statSync(file).ino).not.toBe(ino);
});

it("what was killed while it wrote is in nobody's way, and goes", async () => {
  const file = await kept();
  rmSync(file);
  writeFileSync(`${file}.1`, "");
  writeFileSync(`${file}.4194304`, "half of it");
  expectDone(await version());
  expect(names()).toEqual([basename(file)]);
});

it("is of one build: another one's is left alone", async () => {
  const file = await kept();
  const other = file.replace(/\+\w{12}/, "+000000000000");
  writeFileSync(other, "another one's");
  expectDone(await version());
  expect(readFileSync(other, "utf8")).toBe("another one's");
});

it("is of the daemon, too, when it ends before it would write by itself", async () => {
  expectDone(await home.run(join(tree.bin, "toolkey"), ["init", "--key", "file"]));
  await home.stop();
  expect(names()).toEqual(expect.arrayContaining([expect.stringMatching(/^daemon-/), expect.stringMatching(/^toolkey-/)]));
  expect(readdirSync(compiled).filter((name) => /\.\d+$/.test(name))).toEqual([]);
});

it.skipIf(missing("bwrap", "setpriv"))("what runs in a sandbox can't write it, also where the project is the tree", async () => {
  expect(statSync(join(ROOT, "compiled")).isDirectory()).toBe(true);
  mkdirSync(compiled);
  expectDone(await home.run(join(tree.bin, "toolkey"), ["init", "--key", "file"]));
  const forged = await home.run(join(tree.bin, "toolkey"), ["run", "--sandbox", "--", "sh", "-c", "echo forged >compiled/forged"], { cwd: join(tree.bin, "..") });
  expect(forged).toMatchObject({ code: 2, stderr: expect.stringContaining("compiled/forged: Read-only file system") as string });
  expect(names()).not.toContain("forged");
});

describe.skipIf(missing("setpriv"))("where nothing may be written", () => {
  it("nothing is, and programs run", async () => {
    chmodSync(join(tree.bin, ".."), 0o555);
    expect(expectDone(await version()).stderr).toBe("");
    chmodSync(join(tree.bin, ".."), 0o755);
    expect(names()).toEqual([]);
  });

  it("who runs another user's programs leaves nothing there", async () => {
    for (const name of readdirSync(join(tree.bin, "..", "dist", "code"))) chownSync(join(tree.bin, "..", "dist", "code", name), SOMEBODY, SOMEBODY);
    expectDone(await version());
    expect(names()).toEqual([]);
    expect(readdirSync(join(tree.bin, ".."))).not.toContain("compiled");
  });

  it.each([
    ["another user's", () => chownSync(compiled, SOMEBODY, SOMEBODY)],
    ["writable by others", () => chmodSync(compiled, 0o777)],
    [
      "elsewhere",
      () => {
        renameSync(compiled, `${compiled}-of-somebody`);
        symlinkSync(`${compiled}-of-somebody`, compiled);
      },
    ],
  ])("a directory that is %s is neither read nor written to", async (_what, change) => {
    const file = await kept();
    truncateSync(file);
    change();
    expect(expectDone(await version()).stderr).toBe("");
    expect(statSync(file).size).toBe(0);
  });

  it("a file in the place of the directory is left alone", async () => {
    rmSync(compiled, { recursive: true, force: true });
    writeFileSync(compiled, "");
    expect(expectDone(await version()).stderr).toBe("");
    expect(readFileSync(compiled, "utf8")).toBe("");
  });
});
