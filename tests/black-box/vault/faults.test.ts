/** What is wrong with a file, a directory or a disk is said clearly; nothing is changed, and the daemon goes on. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, chown, lstat, mkdir, open, readdir, readFile, readlink, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { acquireLock } from "../../../src/vault/lock.ts";
import { matrix, sampled } from "../../fixtures/form.ts";
import { sendGit, sendOperation, whenDaemonEnded } from "../../fixtures/processes/daemon-process.ts";
import { expectDone, makeHome, type Ended, type TestHome } from "../../fixtures/homes/home.ts";
import { makeHomeWithoutPrivilege } from "../../fixtures/homes/without-privilege.ts";

const SECRETS = ["SECRET-ONE", "SECRET-TWO", "SECRET-THREE"] as const;
const CREDENTIAL = "protocol=https\nhost=one.example\n\n";
const isRoot = process.getuid?.() === 0;
const inCi = process.env["CI"] === "true";

interface Places {
  readonly data: string;
  readonly vault: string;
  readonly backup: string;
  readonly identity: string;
}

function placesOf(home: TestHome): Places {
  const data = join(home.toolkeyHome, "data");
  return { data, vault: join(data, "vault.age"), backup: join(data, "vault.age.1"), identity: join(data, "identity.txt") };
}

/** Two tokens, so that the backup holds the first. */
async function fill(home: TestHome): Promise<void> {
  await home.init();
  await home.addGitToken("https://one.example", "u", SECRETS[0]);
  await home.addGitToken("https://two.example", "u", SECRETS[1]);
}

/** What a person and git get to see, with the daemon as it is. */
async function ask(home: TestHome): Promise<{ list: Ended; get: Ended; store: Ended }> {
  const [list, get, store] = await Promise.all([
    home.toolkey(["list"]),
    home.helper("get", CREDENTIAL),
    home.helper("store", `protocol=https\nhost=three.example\nusername=u\npassword=${SECRETS[2]}\n\n`),
  ]);
  return { list, get, store };
}

function expectClear(ended: Ended, code: number, ...said: (string | RegExp)[]): void {
  expect(ended).toMatchObject({ code, stdout: "" });
  for (const text of said) expect(ended.stderr).toMatch(text);
  const lines = ended.stderr.trimEnd().split("\n");
  expect(lines[0]).toMatch(/^toolkey: [^A-Z]/);
  expect(lines.slice(1).filter((line) => !line.startsWith("hint: "))).toEqual([]);
}

/** No secret in what was said or logged. */
async function expectNoSecret(home: TestHome, ...said: Ended[]): Promise<void> {
  const log = join(home.toolkeyHome, "log", "daemon.log");
  const texts = [...said.flatMap(({ stdout, stderr }) => [stdout, stderr]), existsSync(log) ? await readFile(log, "utf8") : ""];
  for (const secret of [...SECRETS, "AGE-SECRET-KEY"]) expect(texts.filter((text) => text.includes(secret))).toEqual([]);
}

/** What lies at a path, bytes and all. */
async function contentOf(path: string): Promise<unknown> {
  const found = await lstat(path);
  if (found.isSymbolicLink()) return { link: await readlink(path) };
  if (found.isDirectory()) return { directory: await readdir(path) };
  return found.isFile() ? { file: await readFile(path, "hex") } : { inode: found.ino };
}

async function ageFile(text: string, identity: string): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(identity));
  return encrypter.encrypt(text);
}

describe("a vault file that is no whole vault", () => {
  let home: TestHome;
  let places: Places;
  let whole: Buffer;
  let key: string;

  beforeAll(async () => {
    home = await makeHome();
    places = placesOf(home);
    await fill(home);
    whole = await readFile(places.vault);
    key = /AGE-SECRET-KEY-1\w+/.exec(await readFile(places.identity, "utf8"))?.[0] ?? "";
  });

  afterEach(async () => {
    await rm(places.vault, { recursive: true, force: true });
    await writeFile(places.vault, whole, { mode: 0o600 });
  });

  afterAll(() => home.dispose());

  const cut = (length: (whole: number) => number) => () => writeFile(places.vault, whole.subarray(0, length(whole.length)));
  const flip = (at: (whole: Buffer) => number) => async () => {
    const bytes = Buffer.from(whole);
    const index = at(whole);
    bytes[index] = (bytes[index] ?? 0) ^ 1;
    await writeFile(places.vault, bytes);
  };
  const hold = (text: string) => async () => writeFile(places.vault, await ageFile(text, key));
  const put = (make: () => Promise<unknown>) => async () => {
    await rm(places.vault);
    await make();
  };
  const endOfHeader = (bytes: Buffer): number => bytes.indexOf("\n", bytes.indexOf("\n---")) + 1;

  const damages: [name: string, damage: () => Promise<void>, reason: RegExp][] = [
    ["cut to nothing", cut(() => 0), /no age file, or was cut off or changed/],
    ["cut to one byte", cut(() => 1), /no age file, or was cut off/],
    ["cut within its header", cut(() => 100), /no age file, or was cut off/],
    ["cut to its header", cut(() => endOfHeader(whole)), /no age file, or was cut off/],
    ["cut in half", cut((length) => Math.floor(length / 2)), /no age file, or was cut off/],
    ["cut by its last byte", cut((length) => length - 1), /no age file, or was cut off/],
    ["longer by one byte", () => writeFile(places.vault, Buffer.concat([whole, Buffer.from("x")])), /no age file, or was cut off or changed/],
    ["with a bit flipped in its first line", flip(() => 3), /no age file/],
    ["with a bit flipped in the recipient", flip((bytes) => bytes.indexOf("X25519 ") + 10), /cannot decrypt/],
    ["with a bit flipped in the header's seal", flip((bytes) => bytes.indexOf("\n---") + 8), /no age file, or was cut off or changed/],
    ["with a bit flipped in the nonce", flip((bytes) => endOfHeader(bytes) + 1), /no age file, or was cut off or changed/],
    ["with a bit flipped in its middle", flip((bytes) => Math.floor((endOfHeader(bytes) + bytes.length) / 2)), /no age file, or was cut off or changed/],
    ["with a bit flipped in its last byte", flip((bytes) => bytes.length - 1), /no age file, or was cut off or changed/],
    ["text", () => writeFile(places.vault, `password=${SECRETS[0]}\n`), /no age file/],
    ["noise", () => writeFile(places.vault, randomBytes(5000)), /no age file/],
    ["an age file for another key", async () => writeFile(places.vault, await ageFile("{}", await generateX25519Identity())), /encrypted to another key/],
    ["an age file that holds no JSON", hold(`password=${SECRETS[0]}`), /does not hold JSON/],
    ["an age file that holds something else", hold(JSON.stringify({ secret: SECRETS[0] })), /is not a vault/],
    [
      "a vault with a field that this toolkey does not know",
      hold(JSON.stringify({ version: 1, generation: 7, tokens: [], [SECRETS[0]]: SECRETS[1] })),
      /is not a vault/,
    ],
    ["a directory", put(() => mkdir(places.vault)), /is a directory/],
    ["a link to nothing", put(() => symlink(join(places.data, "gone"), places.vault)), /is a symbolic link/],
    ["a link to a vault", put(() => symlink(places.backup, places.vault)), /is a symbolic link/],
    ["a pipe", put(() => promisify(execFile)("mkfifo", [places.vault])), /is not a file/],
  ];

  it.each(sampled(damages, 6))("%s: an error that names it and the backup, and the daemon goes on", async (_damage, damage, reason) => {
    expect(await sendOperation(home, "list")).toContain("two.example");
    await damage();
    const before = await contentOf(places.vault);

    const { list, get, store } = await ask(home);
    const status = await home.status();

    for (const ended of [list, get, store]) expectClear(ended, 1, places.vault, reason, places.backup);
    await expectNoSecret(home, list, get, store);
    expect(await contentOf(places.vault)).toEqual(before);
    expect(status).toMatchObject({ vault: { path: places.vault, state: expect.stringMatching(/open|closed/) } });
    expect((await readdir(places.data)).filter((name) => name.includes(".tmp-"))).toEqual([]);
  });

  it.each(sampled(damages.filter(([name]) => /nothing|middle|another key|directory|link to a vault/.test(name)), 2))(
    "%s: a daemon that never saw it whole says the same, and 'init' makes none in its place",
    async (_damage, damage, reason) => {
      await damage();
      const before = await contentOf(places.vault);
      await home.stop();

      const [list, init, status] = [await home.toolkey(["list"]), await home.toolkey(["init", "--key", "file"]), await home.toolkey(["status"])];

      expectClear(list, 1, places.vault, reason, places.backup);
      expectClear(init, 1, `there is a vault already: ${places.vault}`);
      expect(status).toMatchObject({ code: 0, stderr: "" });
      await expectNoSecret(home, list, init, status);
      expect(await contentOf(places.vault)).toEqual(before);
    },
  );

  it("opens again without a new daemon once the backup is in its place, as the error said", async () => {
    const pid = (await home.status())?.pid;
    await writeFile(places.vault, whole.subarray(0, 50));
    expectClear(await home.toolkey(["list"]), 1, /move what is damaged away, then copy this one to its place/);

    await rename(places.vault, join(home.directory, "damaged"));
    expectDone(await home.run("cp", [places.backup, places.vault]));

    expect(expectDone(await home.helper("get", CREDENTIAL)).stdout).toBe(`username=u\npassword=${SECRETS[0]}\n`);
    expect((await home.status())?.pid).toBe(pid);
  });

  it("of a newer toolkey: an error that says so, and nothing is changed", async () => {
    const newer = JSON.stringify({ version: 99, generation: 1, tokens: { sealed: SECRETS[0] } });
    await writeFile(places.vault, await ageFile(newer, key));
    const before = await contentOf(places.vault);

    const { list, get, store } = await ask(home);

    for (const ended of [list, store]) expectClear(ended, 1, places.vault, /written by a newer toolkey/, /hint: install the newer toolkey/);
    expect(get).toMatchObject({ code: 1, stdout: "" });
    await expectNoSecret(home, list, get, store);
    expect(await contentOf(places.vault)).toEqual(before);
    expect(await home.status()).toMatchObject({ vault: { path: places.vault } });
  });
});

describe("what a mode forbids", () => {
  let home: TestHome;
  let places: Places;

  beforeEach(async () => {
    home = await makeHomeWithoutPrivilege();
    places = placesOf(home);
    await fill(home);
    await home.stop();
  });

  afterEach(async () => {
    await home.run("chmod", ["-R", "u+rwX", home.directory]);
    await home.dispose();
  });

  it("a vault that can't be read: an error that names it, and the daemon goes on", async () => {
    await chmod(places.vault, 0o000);

    const { list, get, store } = await ask(home);

    for (const ended of [list, get, store]) expectClear(ended, 1, places.vault, /no permission/);
    await expectNoSecret(home, list, get, store);
    expect(await home.status()).toMatchObject({ vault: { state: "closed" } });
    await chmod(places.vault, 0o600);
    expect(expectDone(await home.helper("get", CREDENTIAL)).stdout).toBe(`username=u\npassword=${SECRETS[0]}\n`);
  });

  it("a data directory that can't be written: tokens are served, a store fails with the reason and changes nothing", async () => {
    const before = await contentOf(places.vault);
    await chmod(places.data, 0o500);

    const { list, get, store } = await ask(home);

    expect(expectDone(list).stdout).toContain("two.example");
    expect(expectDone(get).stdout).toBe(`username=u\npassword=${SECRETS[0]}\n`);
    expectClear(store, 1, places.vault, /EACCES/, /was left as it was/);
    expect(await contentOf(places.vault)).toEqual(before);
    expect((await readdir(places.data)).filter((name) => name !== "clock.json")).toEqual(["identity.txt", "run", "vault.age", "vault.age.1", "vault.age.lock"]);
    await chmod(places.data, 0o700);
    expectDone((await ask(home)).store);
  });

  it.each([
    ["the identity file", () => places.identity],
    ["the data directory", () => places.data],
  ])("%s that can't be used: an error that names it, and nothing is given", async (_name, where) => {
    await chmod(where(), 0o000);

    const { list, get, store } = await ask(home);

    for (const ended of [list, get, store]) expectClear(ended, 1, where(), /EACCES|no permission/);
    await expectNoSecret(home, list, get, store);
    await chmod(where(), (await lstat(where())).isDirectory() ? 0o700 : 0o600);
    expectDone(await home.helper("get", CREDENTIAL));
  });
});

describe("a log that can't be used", () => {
  let home: TestHome;

  beforeEach(async () => {
    home = await makeHomeWithoutPrivilege();
    await fill(home);
    await home.stop();
  });

  afterEach(() => home.dispose());

  it.each<[what: string, change: (log: string) => Promise<void>, reason: RegExp]>(sampled([
    ["the file is closed", (log) => chmod(join(log, "daemon.log"), 0o000), /EACCES/],
    ["the directory is closed", (log) => chmod(log, 0o000), /EACCES/],
    ["others may look into it", (log) => chmod(log, 0o755), /others have access/],
    ["it is a file", async (log) => {
      await rename(log, `${log}.aside`);
      await writeFile(log, "mine");
    }, /not a directory/],
  ], 3))("since %s, is done without, which status says", async (_what, change, reason) => {
    const log = join(home.toolkeyHome, "log");
    await change(log);
    const { list, get, store } = await ask(home);
    for (const ended of [list, get, store]) expectDone(ended);
    const status = expectDone(await home.toolkey(["status"])).stdout;
    expect(/^log +none: (.*)$/m.exec(status)?.[1]).toMatch(reason);
    if (existsSync(log) && (await lstat(log)).isDirectory()) await chmod(log, 0o700);
  });
});

describe("a directory that is not ours alone", () => {
  let home: TestHome;

  beforeAll(async () => {
    home = await makeHome();
    await fill(home);
    await mkdir(join(home.toolkeyHome, "config"), { mode: 0o700 });
    await writeFile(join(home.toolkeyHome, "config", "config.toml"), "", { mode: 0o600 });
  });

  beforeEach(() => home.stop());

  afterAll(() => home.dispose());

  it.each(matrix([
    ["data", "755"],
  ], [
    ["data/run", "777"],
    ["data", "710"],
    ["data", "707"],
    ["data/run", "755"],
  ]))("%s with mode %s: an error that names it and says what to do, and nothing is given", async (name, mode) => {
    const directory = join(home.toolkeyHome, name);
    await chmod(directory, mode);

    const { list, get, store } = await ask(home);

    for (const ended of [list, get, store]) expectClear(ended, 3, directory, /others/, /hint: chmod (700|go-w) '/);
    await expectNoSecret(home, list, get, store);
    expect(((await lstat(directory)).mode & 0o777).toString(8)).toBe(mode);
    await chmod(directory, 0o700);
    expectDone(await home.helper("get", CREDENTIAL));
  });

  it.each(matrix([["config/config.toml", "606"]], [["config", "720"], ["config", "777"]]))(
    "%s with mode %s: nothing of the configuration counts, which is said, and git gets its token",
    async (name, mode) => {
      const path = join(home.toolkeyHome, name);
      await chmod(path, mode);

      const { list, get } = await ask(home);

      expect(list).toMatchObject({ code: 0, stderr: expect.stringContaining(`others can write to ${path}`) as unknown });
      expect(get).toMatchObject({ code: 0, stdout: expect.stringContaining("password=") as unknown });
      await chmod(path, 0o700);
    },
  );

  it("a config directory that others may read is as good as any", async () => {
    await chmod(join(home.toolkeyHome, "config"), 0o755);
    expectDone(await home.helper("get", CREDENTIAL));
  });

  it.skipIf(!isRoot && !inCi).each(matrix(["data"], ["data/run"]))(
    "%s of another user: an error that names it, and nothing is given",
    async (name) => {
      const directory = join(home.toolkeyHome, name);
      await chown(directory, 65_534, 65_534);

      const { list, get, store } = await ask(home);

      for (const ended of [list, get, store]) expectClear(ended, 3, directory, /belongs to another user \(uid 65534\)/);
      await expectNoSecret(home, list, get, store);
      expect((await lstat(directory)).uid).toBe(65_534);
      await chown(directory, 0, 0);
      expectDone(await home.helper("get", CREDENTIAL));
    },
  );

  it.each(matrix(["data"], ["data/run"]))("a file in the place of the directory %s: an error that names it", async (name) => {
    const directory = join(home.toolkeyHome, name);
    await rename(directory, `${directory}.aside`);
    await writeFile(directory, "mine");

    const { list, get } = await ask(home);

    for (const ended of [list, get]) expectClear(ended, 3, directory, /is not a directory/);
    expect(await readFile(directory, "utf8")).toBe("mine");
    await rm(directory);
    await rename(`${directory}.aside`, directory);
  });
});

describe.skipIf(!(await canMount()) && !inCi)("a full disk", () => {
  let home: TestHome;
  let mounted: string;

  /** Everything below `name` of TOOLKEY_HOME on a disk of its own. */
  async function mount(name: string, options: string): Promise<void> {
    home = await makeHome();
    mounted = join(home.toolkeyHome, name);
    await mkdir(mounted, { recursive: true, mode: 0o700 });
    await promisify(execFile)("mount", ["-t", "tmpfs", "-o", `${options},mode=0700`, "tmpfs", mounted]);
    await fill(home);
  }

  /** Writes until nothing more fits. Returns how to make room again. */
  async function useUp(): Promise<() => Promise<void>> {
    const path = join(mounted, "filler");
    const file = await open(path, "wx", 0o600);
    for (const size of [65_536, 4096, 1]) {
      const block = Buffer.alloc(size);
      // A write that only part of fits into reports that part; the next one fails.
      while (await file.write(block).then(({ bytesWritten }) => bytesWritten === size, () => false));
    }
    await file.close();
    return () => rm(path);
  }

  afterEach(async () => {
    await home.toolkey(["stop"]);
    if (existsSync(join(home.toolkeyHome, "data", "run"))) await whenDaemonEnded(home);
    await promisify(execFile)("umount", [mounted]);
    await home.dispose();
  });

  const noSpace = /no space is left|ENOSPC/;

  it.each(matrix([["whole home", "."]], [["data directory", "data"]]))("of the %s: a store fails with the reason, every token is still there, and works again with space", async (_name, name) => {
    await mount(name, "size=512k");
    const places = placesOf(home);
    const before = await contentOf(places.vault);
    const pid = (await home.status())?.pid;
    const makeRoom = await useUp();

    const full = [await ask(home), await ask(home)];
    const added = await home.toolkey(["add", "https://four.example", "--tool", "git", "--username", "u"], { stdin: SECRETS[2] });

    for (const { store, get, list } of full) {
      expectClear(store, 1, places.vault, noSpace);
      expect(get).toEqual({ code: 0, signal: null, stdout: `username=u\npassword=${SECRETS[0]}\n`, stderr: "" });
      expect(expectDone(list).stdout).toContain("two.example");
    }
    expectClear(added, 1, places.vault, noSpace);
    await expectNoSecret(home, added, ...full.map(({ store }) => store));
    expect(await contentOf(places.vault)).toEqual(before);
    expect((await readdir(places.data)).filter((file) => file.includes(".tmp-"))).toEqual([]);
    expect((await home.status())?.pid).toBe(pid);

    await makeRoom();
    expectDone((await ask(home)).store);
    const listed = expectDone(await home.toolkey(["list", "--json"])).stdout;
    expect(JSON.parse(listed)).toMatchObject([{ service: "one.example" }, { service: "two.example" }, { service: "three.example" }]);
  });

  it("and no daemon running: one starts, and what can be read is read", async () => {
    await mount(".", "size=512k");
    const places = placesOf(home);
    const before = await contentOf(places.vault);
    await home.stop();
    const makeRoom = await useUp();

    const { list, get, store } = await ask(home);

    expectClear(store, 1, noSpace);
    expect(expectDone(list).stdout).toContain("two.example");
    expect(expectDone(get).stdout).toBe(`username=u\npassword=${SECRETS[0]}\n`);
    expect(await contentOf(places.vault)).toEqual(before);
    await makeRoom();
    expect(expectDone(await home.helper("get", CREDENTIAL)).stdout).toBe(`username=u\npassword=${SECRETS[0]}\n`);
  });

  it("of files, not of bytes: a store fails with the reason, and works again with space", async () => {
    await mount("data", "size=512k,nr_inodes=24");
    const places = placesOf(home);
    const before = await contentOf(places.vault);
    const fillers: string[] = [];
    for (;;) {
      const path = join(mounted, `filler-${fillers.length}`);
      try {
        await writeFile(path, "");
      } catch {
        break;
      }
      fillers.push(path);
    }
    // Each further place lets a transaction come a step further: the lock, the new file, the backup's second name.
    for (;;) {
      const { store, get } = await ask(home);
      expect(expectDone(get).stdout).toBe(`username=u\npassword=${SECRETS[0]}\n`);
      if (store.code === 0) break;
      expectClear(store, 1, places.vault, noSpace);
      expect(await contentOf(places.vault)).toEqual(before);
      expect((await readdir(places.data)).filter((file) => file.includes(".tmp-"))).toEqual([]);
      await rm(fillers.pop() ?? "");
    }
    expect(fillers.length).toBeGreaterThan(0);
    expect(expectDone(await home.toolkey(["list"])).stdout).toContain("three.example");
  });

  it("from the start: no vault is made, and the reason is given", async () => {
    home = await makeHome();
    mounted = join(home.toolkeyHome, "data");
    await mkdir(mounted, { recursive: true, mode: 0o700 });
    await promisify(execFile)("mount", ["-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", mounted]);
    const makeRoom = await useUp();

    expectClear(await home.toolkey(["init", "--key", "file"]), 1, mounted, noSpace);

    expect((await readdir(mounted)).filter((name) => !["run", "vault.age.lock"].includes(name))).toEqual(["filler"]);
    await makeRoom();
    await home.init();
  });
});

describe("a lock that somebody else holds", () => {
  let home: TestHome;

  beforeEach(async () => {
    home = await makeHome();
    await fill(home);
  });

  afterEach(() => home.dispose());

  it("is waited for, while tokens are served", async () => {
    const { vault } = placesOf(home);
    const before = await contentOf(vault);
    const lock = await acquireLock(vault);
    const store = sendGit(home, "store", `protocol=https\nhost=three.example\nusername=u\npassword=${SECRETS[2]}\n`);
    const first = store.then(() => "stored");

    for (let asked = 0; asked < 20; asked += 1) {
      expect(await sendGit(home, "get", CREDENTIAL)).toBe(`ok\n\nusername=u\npassword=${SECRETS[0]}\n`);
    }
    expect(await Promise.race([first, Promise.resolve("waits")])).toBe("waits");
    expect(await contentOf(vault)).toEqual(before);
    lock.release();

    expect(await store).toBe("ok\n\n");
    expect(await sendOperation(home, "list")).toContain("three.example");
  });
});

/** Whether this process may mount a file system. */
async function canMount(): Promise<boolean> {
  const home = await makeHome();
  try {
    await promisify(execFile)("mount", ["-t", "tmpfs", "tmpfs", home.directory]);
    await promisify(execFile)("umount", [home.directory]);
    return true;
  } catch {
    process.stderr.write("skipped: tests of a full disk, which need the right to mount one\n");
    return false;
  } finally {
    await home.dispose();
  }
}
