/** Where the key of the vault is kept: the key store of the system, a passphrase, a file. Each for real. */
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rename, rm, stat, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { administerIfRunning } from "../../../src/client/daemon/request.ts";
import { type OperationName, type Operations } from "../../../src/core/wire/administration.ts";
import { KEY_SOURCES, type KeySourceName } from "../../../src/core/views/status.ts";
import { Secret } from "../../../src/core/secret.ts";
import { paths } from "../../../src/platform/paths.ts";
import { newIdentity, parseIdentityFile, renderIdentityFile, unseal, type VaultIdentity } from "../../../src/vault/envelope.ts";
import { unsealWithPassphrase } from "../../../src/vault/passphrase.ts";
import { IS_LONG, chosen, longDescribe, longTest, matrix } from "../../fixtures/form.ts";
import { startGitServer, type GitServer } from "../../fixtures/registries/git/git-server.mjs";
import { expectDone, makeHome, type Ended, type RunOptions, type TestHome } from "../../fixtures/homes/home.ts";
import { startSessionBus, type SessionBus } from "../../fixtures/processes/key-store.ts";
import { ASKS, CREDENTIAL, makeLockedTemplate, PASSPHRASE, SECRET, type LockedTemplate } from "../../fixtures/homes/locked-home.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { startQuickDaemon } from "../../fixtures/processes/daemon-process.ts";
import { openTerminal } from "../../fixtures/processes/pseudo-terminal.ts";

let home: TestHome;
const dataOf = (of: TestHome): string => join(of.toolkeyHome, "data");
const vaultOf = (of: TestHome): string => join(dataOf(of), "vault.age");

/** Runs in a session of its own, so that there is no terminal, also when the tests are run on one. */
function withoutTerminal(program: string, argv: readonly string[], options?: RunOptions): Promise<Ended> {
  return home.run("setsid", ["--wait", program, ...argv], options);
}

/** What is in a data directory, but for what the daemon keeps there beside the vault. */
async function filesOf(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter((name) => !["run", "usage.json", "clock.json", "vault.age.lock"].includes(name));
}

/** The same with their bytes. */
async function contentOf(directory: string): Promise<Record<string, string>> {
  const names = await filesOf(directory);
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(directory, name), "hex")])));
}

/** The secrets by host of a vault, opened with Debian's `age`. */
async function openWithAge(file: string, identity: VaultIdentity): Promise<Record<string, string>> {
  const directory = await mkdtemp(join(home.directory, "age-"));
  const identityFile = join(directory, "identity.txt");
  await writeFile(identityFile, renderIdentityFile(identity), { mode: 0o600 });
  const { stdout } = await promisify(execFile)("age", ["-d", "-i", identityFile, file]);
  await rm(directory, { recursive: true });
  const { tokens } = JSON.parse(stdout) as { tokens: { service: string; secret: string }[] };
  return Object.fromEntries(tokens.map(({ service, secret }) => [service, secret]));
}

let template: LockedTemplate;

beforeAll(async () => {
  template = await makeLockedTemplate();
});

afterAll(() => template.dispose());

const locked = (): Promise<void> => template.into(home);

afterEach(() => home.dispose());

describe("a key file", () => {
  beforeEach(async () => {
    home = await makeHome();
  });

  it("is made for its owner alone, whatever the umask", async () => {
    expectDone(await home.run("sh", ["-c", "umask 000; toolkey init --key file"]));
    expect(await filesOf(dataOf(home))).toEqual(["identity.txt", "vault.age"]);
    for (const name of ["identity.txt", "vault.age"]) expect((await stat(join(dataOf(home), name))).mode & 0o777).toBe(0o600);
    expect((await stat(dataOf(home))).mode & 0o777).toBe(0o700);
  });

  it.each(matrix(["640"], ["604", "620", "666"]))("with mode %s is refused, with what to do about it, and nothing is given", async (mode) => {
    await home.init();
    await home.addGitToken("https://one.example", "u", SECRET);
    await home.stop();
    const file = join(dataOf(home), "identity.txt");
    await chmod(file, mode);

    const [list, get] = await Promise.all([home.toolkey(["list"]), home.helper("get", CREDENTIAL)]);

    for (const ended of [list, get]) {
      expect(ended).toMatchObject({ code: 3, stdout: "" });
      expect(ended.stderr).toBe(
        `toolkey: others can read the identity file ${file}\nhint: chmod 600 '${file}'\nhint: if others may have read it: toolkey init --rekey\n`,
      );
    }
    await chmod(file, 0o600);
    expect(expectDone(await home.helper("get", CREDENTIAL)).stdout).toContain(SECRET);
  });

  it("that holds no key is refused without a word of what it holds", async () => {
    await home.init();
    await home.stop();
    const file = join(dataOf(home), "identity.txt");
    const text = (await readFile(file, "utf8")).replace("AGE-SECRET-KEY-1", "AGE-SECRET-KEY-1X");
    await writeFile(file, text);

    const list = await home.toolkey(["list"]);

    expect(list).toMatchObject({ code: 1, stdout: "", stderr: `toolkey: ${file} does not hold one age identity (AGE-SECRET-KEY-1…)\n` });
    expect(await readFile(file, "utf8")).toBe(text);
  });

  it("named by TOOLKEY_IDENTITY_FILE is made there, opens the vault, and without the variable by a link; a file that is gone is named", async () => {
    const file = join(home.directory, "key");
    const env = { TOOLKEY_IDENTITY_FILE: file };
    expectDone(await home.toolkey(["init", "--key", "file"], { env }));
    expectDone(await home.toolkey(["add", "https://one.example", "--tool", "git", "--username", "u"], { env, stdin: SECRET }));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readlink(join(dataOf(home), "identity.txt"))).toBe(file);
    await home.stop();

    expect(expectDone(await home.helper("get", CREDENTIAL, { env })).stdout).toContain(SECRET);
    const rekey = await home.toolkey(["init", "--rekey", "--key", "file"], { env });
    expect(rekey).toMatchObject({ code: 3, stdout: "" });
    expect(rekey.stderr).toContain(`the key comes from ${file}, which toolkey does not change`);
    await home.stop();

    expect(expectDone(await home.helper("get", CREDENTIAL)).stdout).toContain(SECRET);
    await home.stop();

    await rm(file);
    const without = await home.helper("get", CREDENTIAL);
    expect(without).toMatchObject({ code: 1, stdout: "" });
    expect(without.stderr).toContain(file);
  });

  it("of another vault opens nothing, and nothing is changed", async () => {
    await home.init();
    await home.addGitToken("https://one.example", "u", SECRET);
    await home.stop();
    const file = join(home.directory, "other-key");
    await writeFile(file, renderIdentityFile(await newIdentity()), { mode: 0o600 });
    const before = await contentOf(dataOf(home));

    const list = await home.toolkey(["list"], { env: { TOOLKEY_IDENTITY_FILE: file } });

    expect(list).toMatchObject({ code: 1, stdout: "" });
    expect(list.stderr).toContain(`cannot decrypt ${vaultOf(home)}: it is encrypted to another key`);
    expect(await contentOf(dataOf(home))).toEqual(before);
  });

  it("given by systemd as a credential opens the vault, also where its mode shows an access list", async () => {
    await home.init();
    await home.addGitToken("https://one.example", "u", SECRET);
    await home.stop();
    const credentials = join(home.directory, "credentials");
    await mkdir(credentials);
    await rename(join(dataOf(home), "identity.txt"), join(credentials, "toolkey-identity"));
    await chmod(join(credentials, "toolkey-identity"), 0o440);

    const get = await home.helper("get", CREDENTIAL, { env: { CREDENTIALS_DIRECTORY: credentials } });

    expect(expectDone(get).stdout).toContain(SECRET);
    const status = await home.status();
    expect(status?.vault).toMatchObject({ keySource: "file", keyWhere: join(credentials, "toolkey-identity") });
  });
});

describe.skipIf(missing("script", "setsid", "age"))("a passphrase", () => {
  beforeEach(async () => {
    home = await makeHome();
  });

  it("is asked for twice, is not shown, and keeps the key in a file that any age opens with it", async () => {
    // The terminal does show what is typed, or it would prove nothing that the passphrase is not shown.
    const init = openTerminal(home, "printf 'a line: '; read line; toolkey init --key passphrase");
    await init.answer("a line: ", "typed and seen\r");
    await init.answer("new passphrase for the toolkey vault: ", `${PASSPHRASE}\r`);
    await init.answer("the same again: ", `${PASSPHRASE}\r`);
    const { code, shown } = await init.ended;

    expect(code).toBe(0);
    expect(shown).toContain("typed and seen");
    expect(shown).not.toContain("correct");
    expect(shown).toContain(`made ${vaultOf(home)}`);
    expect(await filesOf(dataOf(home))).toEqual(["identity.age", "vault.age"]);
    for (const name of ["identity.age", "vault.age"]) expect((await stat(join(dataOf(home), name))).mode & 0o777).toBe(0o600);
    expect((await home.run("grep", ["-rlE", `AGE-SECRET-KEY|${PASSPHRASE}`, home.directory])).stdout).toBe("");

    const opened = join(home.directory, "opened");
    const age = openTerminal(home, `age -d -o ${opened} ${join(dataOf(home), "identity.age")}`);
    await age.answer("Enter passphrase: ", `${PASSPHRASE}\r`);
    expect((await age.ended).code).toBe(0);
    expect(await openWithAge(vaultOf(home), parseIdentityFile(await readFile(opened, "utf8"), opened))).toEqual({});
  });

  it.each([
    ["two that differ", [`${PASSPHRASE}\r`, `${PASSPHRASE}s\r`], "toolkey: the two passphrases differ", 2],
    ["one of a letter", ["p\r"], "toolkey: the passphrase has fewer than 8 characters", 2],
    ["an empty one", ["\r"], "toolkey: the passphrase is empty", 2],
    ["Ctrl-C", ["\x03"], "toolkey: given up; nothing more was changed", 130],
    ["Ctrl-D", ["\x04"], "toolkey: given up; nothing more was changed", 3],
  ])("%s when one is chosen: refused, and no vault is made", async (_name, keys, says, exitCode) => {
    const init = openTerminal(home, "toolkey init --key passphrase");
    for (const [index, typed] of keys.entries()) {
      await init.answer(index === 0 ? "new passphrase for the toolkey vault: " : "the same again: ", typed);
    }
    const { code, shown } = await init.ended;

    expect(code).toBe(exitCode);
    expect(shown).toContain(says);
    expect(shown).not.toContain("correct");
    expect(existsSync(dataOf(home))).toBe(false);
  });

  it("can't be chosen without a terminal, which is said, and nothing is made", async () => {
    const init = await withoutTerminal("toolkey", ["init", "--key", "passphrase"]);
    expect(init).toMatchObject({ code: 2, stdout: "", stderr: "toolkey: a passphrase can only be chosen on a terminal\nhint: nothing was changed\nhint: --secret-file FILE or --secret-fd N gives it\n" });
    expect(existsSync(dataOf(home))).toBe(false);
  });

  it("can't be given to unlock without a terminal, which says more than to unlock", async () => {
    await locked();
    expect(await withoutTerminal("toolkey", ["unlock"])).toMatchObject({
      code: 3,
      stdout: "",
      stderr: "toolkey: the passphrase of the vault is asked for on a terminal, and there is none\nhint: run it in a terminal, in the foreground; without anybody at hand: toolkey unlock --secret-file FILE\n",
    });
  });

  it("that is wrong three times: a clear end, exit 3, nothing is changed, and the vault stays locked", async () => {
    await locked();
    const before = await contentOf(dataOf(home));
    const list = openTerminal(home, "toolkey list");
    await list.answer(ASKS, "wrong guess 1\r");
    await list.shows("toolkey: the passphrase is wrong");
    await list.answer(ASKS, "wrong guess 2\r");
    await list.shows("toolkey: the passphrase is wrong");
    await list.answer(ASKS, "wrong guess 3\r");
    const { code, shown } = await list.ended;

    expect(code).toBe(3);
    expect(shown).toMatch(/toolkey: the passphrase was wrong 3 times\r\nhint: nothing was changed; start the command again for three more\r\n$/);
    expect(shown).not.toContain("guess");
    expect(await contentOf(dataOf(home))).toEqual(before);
    expect((await home.status())?.vault.state).toBe("locked");
  });

  it("that is right at the second try opens the vault, and the command goes on", async () => {
    await locked();
    const list = openTerminal(home, "toolkey list");
    await list.answer(ASKS, "wrong guess\r");
    await list.answer(ASKS, `${PASSPHRASE}\r`);
    const { code, shown } = await list.ended;

    expect(code).toBe(0);
    expect(shown).toContain("one.example");
    expect(shown).not.toMatch(/correct|guess/);
    // Open now, also for those without a terminal, until it is locked.
    expect(expectDone(await home.helper("get", CREDENTIAL)).stdout).toBe(`username=u\npassword=${SECRET}\n`);
    expectDone(await home.toolkey(["lock"]));
    expect(await withoutTerminal("toolkey", ["list"])).toMatchObject({ code: 3, stdout: "" });
  });

  it.each(matrix<[string, number]>([["\x04", 3]], [["\x03", 130]]))("that is not given (%j): exit %i, and nothing is changed", async (key, code) => {
    await locked();
    const unlock = openTerminal(home, "toolkey unlock");
    await unlock.answer(ASKS, key);
    expect(await unlock.ended).toMatchObject({ code, shown: expect.stringContaining("toolkey: given up; nothing more was changed") as string });
    expect((await home.status())?.vault.state).toBe("locked");
  });

  longTest("git asks for it once in a terminal, and goes on", async () => {
    await locked();
    await home.setUpGit();
    const git = openTerminal(home, "printf 'protocol=https\\nhost=one.example\\n\\n' | git credential fill; echo again; toolkey list");
    await git.answer(ASKS, `${PASSPHRASE}\r`);
    const { code, shown } = await git.ended;

    expect(code).toBe(0);
    expect(shown).toContain(`password=${SECRET}`);
    expect(shown.slice(shown.indexOf("again"))).toContain("one.example");
    expect(shown.split(ASKS)).toHaveLength(2);
    expect(shown).not.toMatch(/correct|Username|Password/);
  });

  it("GIT_TERMINAL_PROMPT=0: git is not kept waiting, but told that the vault is locked", async () => {
    await locked();
    await home.setUpGit();
    await writeFile(join(home.directory, "request"), CREDENTIAL);
    const get = openTerminal(home, "git-credential-toolkey get <request >answer; echo exit $?", { env: { GIT_TERMINAL_PROMPT: "0" } });
    const { shown } = await get.ended;
    expect(shown).toBe("toolkey: the vault is locked, and its passphrase is needed\r\nhint: toolkey unlock\r\nexit 3\r\n");
    expect(await readFile(join(home.directory, "answer"), "utf8")).toBe("");

    const fill = openTerminal(home, "git credential fill <request", { env: { GIT_TERMINAL_PROMPT: "0" } });
    const ended = await fill.ended;
    expect(ended.code).not.toBe(0);
    expect(ended.shown).toContain("toolkey: the vault is locked");
    expect(ended.shown).not.toContain(ASKS);
    expect((await home.status())?.vault.state).toBe("locked");
  });

  it("without a terminal it is not asked for, but what to do is said", async () => {
    await locked();
    const [list, get] = await Promise.all([
      withoutTerminal("toolkey", ["list"]),
      withoutTerminal("git-credential-toolkey", ["get"], { stdin: CREDENTIAL, env: { GIT_TERMINAL_PROMPT: undefined } }),
    ]);
    for (const ended of [list, get]) {
      expect(ended).toEqual({
        code: 3,
        signal: null,
        stdout: "",
        stderr: "toolkey: the vault is locked, and its passphrase is needed\nhint: toolkey unlock\n",
      });
    }
  });

  longTest("several git processes at once on one terminal ask once, and each gets its answer", async () => {
    await locked();
    await home.setUpGit();
    await writeFile(join(home.directory, "request"), CREDENTIAL);
    const fills = [1, 2, 3, 4, 5].map((number) => `git credential fill <request >answer-${number} & `).join("");
    const gits = openTerminal(home, `${fills} wait`);
    await gits.answer(ASKS, `${PASSPHRASE}\r`);
    const { shown } = await gits.ended;

    expect(shown.split(ASKS)).toHaveLength(2);
    for (const number of [1, 2, 3, 4, 5]) {
      expect(await readFile(join(home.directory, `answer-${number}`), "utf8")).toContain(`password=${SECRET}\n`);
    }
  });

  it("a change of key to a passphrase asks for it twice on the terminal, and one from it for the old one first", async () => {
    await locked();
    await startQuickDaemon(home);
    const toFile = openTerminal(home, "toolkey init --rekey --key file");
    await toFile.answer(ASKS, `${PASSPHRASE}\r`);
    expect(await toFile.ended).toMatchObject({ code: 0, shown: expect.stringContaining("(file; before: passphrase)") as string });
    expect(await filesOf(dataOf(home))).toEqual(["identity.txt", "vault.age", "vault.age.1"]);

    const toPassphrase = openTerminal(home, "toolkey init --rekey --key passphrase");
    await toPassphrase.answer("new passphrase for the toolkey vault: ", "another one\r");
    await toPassphrase.answer("the same again: ", "another one\r");
    expect(await toPassphrase.ended).toMatchObject({ code: 0, shown: expect.stringContaining("(passphrase; before: file)") as string });
    await home.stop();
    expect(await filesOf(dataOf(home))).toEqual(["identity.age", "vault.age", "vault.age.1"]);

    await startQuickDaemon(home);
    const list = openTerminal(home, "toolkey list");
    if (IS_LONG) {
      await list.answer(ASKS, `${PASSPHRASE}\r`);
      await list.shows("toolkey: the passphrase is wrong");
    }
    await list.answer(ASKS, "another one\r");
    expect(await list.ended).toMatchObject({ code: 0, shown: expect.stringContaining("one.example") as string });
  });

  longDescribe("with a git server", () => {
    let server: GitServer;

    beforeAll(async () => {
      server = await startGitServer({ projects: ["acme"], accounts: [{ username: "u", token: SECRET }] });
    });

    afterAll(() => server.close());

    it("git clone asks for it once in a terminal, and git fetch after it not at all", async () => {
      await locked();
      await home.setUpGit();
      expectDone(await home.git(["config", "--global", "http.sslCAInfo", server.caFile]));
      const add = openTerminal(home, `printf %s ${SECRET} | toolkey add ${server.origin} --tool git --username u; toolkey lock`);
      await add.answer(ASKS, `${PASSPHRASE}\r`);
      await add.shows("the vault is locked");
      await add.ended;

      const clone = openTerminal(home, `git clone ${server.url("acme")} work && git -C work fetch`);
      await clone.answer(ASKS, `${PASSPHRASE}\r`);
      const { code, shown } = await clone.ended;

      expect(code).toBe(0);
      expect(shown.split(ASKS)).toHaveLength(2);
      expect(shown).not.toMatch(/correct|Username for|Password for/);
    });
  });
});

describe.skipIf(missing("dbus-daemon", "dbus-monitor", "dbus-send", "gnome-keyring-daemon", "secret-tool", "setsid"))("the key store of the system", () => {
  let bus: SessionBus;

  beforeEach(async () => {
    const plain = await makeHome();
    bus = await startSessionBus(plain);
    const withBus = (options: RunOptions = {}): RunOptions => ({ ...options, env: { ...bus.environment, ...options.env } });
    home = {
      ...plain,
      environment: { ...plain.environment, ...bus.environment },
      run: (program, argv, options) => plain.run(program, argv, withBus(options)),
      toolkey: (argv, options) => plain.toolkey(argv, withBus(options)),
      helper: (operation, credential, options) => plain.helper(operation, credential, withBus(options)),
    };
  });

  afterEach(() => bus.close());

  it("is taken unasked, opens the vault after every start of the daemon, and leaves no key in a file", async () => {
    await bus.startKeyStore();
    const init = expectDone(await home.toolkey(["init"]));
    expect(init.stdout).toBe(
      `made ${vaultOf(home)}\nits key is kept in the key store of this system (keychain): it opens by itself while you are logged in\n`,
    );
    await home.addToken("git", "https://one.example", SECRET, "u");
    await home.stop();
    expect(expectDone(await home.toolkey(["list"])).stdout).toContain("one.example");
    expectDone(await home.toolkey(["lock"]));
    expect(await home.toolkey(["list"])).toMatchObject({ code: 3, stdout: "", stderr: "toolkey: the vault is locked\nhint: toolkey unlock\n" });
    expect(await home.helper("get", CREDENTIAL)).toMatchObject({ code: 3, stdout: "" });
    expect(expectDone(await home.toolkey(["unlock"])).stdout).toBe("the vault is open: 1 token\n");
    expect(expectDone(await home.helper("get", CREDENTIAL)).stdout).toContain(SECRET);

    expect(await filesOf(dataOf(home))).toEqual(["vault.age", "vault.age.1"]);
    expect((await home.run("grep", ["-rlE", `AGE-SECRET-KEY|${SECRET}`, home.directory])).stdout).toBe("");
    const kept = parseIdentityFile(await bus.keptFor(vaultOf(home)), "the key store");
    expect(await openWithAge(vaultOf(home), kept)).toEqual({ "one.example": SECRET });
  });

  it("that is locked later: says so, gives nothing, changes nothing, and opens again once it is unlocked", async () => {
    await bus.startKeyStore();
    expectDone(await home.toolkey(["init"]));
    await home.addToken("git", "https://one.example", SECRET, "u");
    await home.stop();
    await bus.lockKeyStore();
    const before = await contentOf(dataOf(home));

    const [list, get] = await Promise.all([home.toolkey(["list"]), home.helper("get", CREDENTIAL)]);

    for (const ended of [list, get]) {
      expect(ended).toMatchObject({ code: 1, stdout: "" });
      expect(ended.stderr).toMatch(/^toolkey: the key store of this system can't be used: .*\nhint: it needs a Secret Service/);
    }
    expect(await contentOf(dataOf(home))).toEqual(before);
    expect((await home.status())?.vault).toMatchObject({ state: "closed", keySource: "keychain" });
    await bus.stopKeyStore();
    await bus.startKeyStore();
    expect(expectDone(await home.helper("get", CREDENTIAL)).stdout).toContain(SECRET);
  });

  it.each(matrix<[string, () => Promise<void>]>([
    ["it is locked", async () => {
      await bus.startKeyStore();
      await bus.lockKeyStore();
    }],
  ], [["there is none", () => Promise.resolve()]]))("init where %s and there is no terminal: says why, names the key file, and makes nothing", async (_name, prepare) => {
    await prepare();
    const init = await withoutTerminal("toolkey", ["init"]);
    expect(init).toMatchObject({ code: 1, stdout: "" });
    expect(init.stderr).toMatch(
      /^toolkey: the key store of this system can't be used: .+\ntoolkey: there is no place for the key: no key store, and no terminal to choose a passphrase on\nhint: on a machine without people: toolkey init --key file\n$/,
    );
    expect(await filesOf(dataOf(home))).toEqual([]);
    expect(await home.toolkey(["init", "--key", "keychain"])).toMatchObject({ code: 1, stdout: "" });
    expect(await filesOf(dataOf(home))).toEqual([]);
  });

  it.skipIf(missing("script"))("init where there is none, on a terminal: says why, and takes a passphrase", async () => {
    const init = openTerminal(home, "toolkey init");
    await init.shows("toolkey: the key store of this system can't be used");
    await init.shows("toolkey: so the key is kept under a passphrase");
    await init.answer("new passphrase for the toolkey vault: ", `${PASSPHRASE}\r`);
    await init.answer("the same again: ", `${PASSPHRASE}\r`);
    expect((await init.ended).code).toBe(0);
    expect(await filesOf(dataOf(home))).toEqual(["identity.age", "vault.age"]);
  });

  describe.skipIf(missing("age"))("a change of key", () => {
    const pairs = KEY_SOURCES.flatMap((from) => KEY_SOURCES.map((to): [KeySourceName, KeySourceName] => [from, to]));

    const passphraseFor = (source: KeySourceName, passphrase: string): object => (source === "passphrase" ? { passphrase } : {});

    async function operation<Name extends OperationName>(name: Name, payload: Operations[Name]["request"]): Promise<void> {
      const place = { paths: paths(home.environment), environment: home.environment };
      if ((await administerIfRunning(place, name, payload)) === undefined) throw new Error("no daemon runs");
    }

    async function startDaemon(): Promise<void> {
      await home.stop();
      expectDone(await withoutTerminal("toolkey", ["services"]));
    }

    /** The key as it is kept now. */
    async function keyIn(source: KeySourceName, passphrase: string): Promise<VaultIdentity> {
      const file = join(dataOf(home), source === "file" ? "identity.txt" : "identity.age");
      switch (source) {
        case "keychain":
          return parseIdentityFile(await bus.keptFor(vaultOf(home)), "the key store");
        case "file":
          return parseIdentityFile(await readFile(file, "utf8"), file);
        default:
          return parseIdentityFile(await unsealWithPassphrase(await readFile(file), new Secret(passphrase), file), file);
      }
    }

    async function keysThere(): Promise<KeySourceName[]> {
      const there: KeySourceName[] = [];
      if ((await bus.keptFor(vaultOf(home))) !== "") there.push("keychain");
      if (existsSync(join(dataOf(home), "identity.age"))) there.push("passphrase");
      if (existsSync(join(dataOf(home), "identity.txt"))) there.push("file");
      return there;
    }

    it.each(chosen(pairs, (pair) => ["passphrase to file", "file to keychain"].includes(pair.join(" to "))))("from %s to %s loses nothing, and the old key opens neither the vault nor its backup", async (from, to) => {
      await bus.startKeyStore();
      if (from === "passphrase") await locked();
      await startDaemon();
      if (from === "passphrase") {
        await operation("unlock", { passphrase: PASSPHRASE });
      } else {
        await operation("init", { sources: [from] });
        await home.addGitToken("https://one.example", "u", SECRET);
      }
      await home.addGitToken("https://two.example", "u", "SECRET-TWO");
      const old = await keyIn(from, PASSPHRASE);

      await operation("rekey", { source: to, ...passphraseFor(to, "the new one") });

      const tokens = { "one.example": SECRET, "two.example": "SECRET-TWO" };
      expect(await keysThere()).toEqual([to]);
      const key = await keyIn(to, "the new one");
      for (const file of [vaultOf(home), `${vaultOf(home)}.1`]) {
        expect(await openWithAge(file, key)).toEqual(tokens);
        await expect(unseal(await readFile(file), [old], file)).rejects.toThrow("it is encrypted to another key");
      }
      await startDaemon();
      if (to === "passphrase") await operation("unlock", { passphrase: "the new one" });
      expect(expectDone(await home.helper("get", CREDENTIAL)).stdout).toBe(`username=u\npassword=${SECRET}\n`);
      expect((await home.status())?.vault).toMatchObject({ keySource: to, tokens: 2 });
    });

    it("takes away keys that nothing uses, which would be found in the place of the new one", async () => {
      await bus.startKeyStore();
      await locked();
      await startDaemon();
      await operation("unlock", { passphrase: PASSPHRASE });
      await writeFile(join(dataOf(home), "identity.txt"), renderIdentityFile(await newIdentity()), { mode: 0o600 });

      await operation("rekey", { source: "keychain" });

      expect(await keysThere()).toEqual(["keychain"]);
      await startDaemon();
      expectDone(await home.toolkey(["list"]));
    });

    it("that fails, because the key store does, leaves the old key and the vault as good as before", async () => {
      await startDaemon();
      await operation("init", { sources: ["file"] });
      await home.addToken("git", "https://one.example", SECRET, "u");

      const rekey = await home.toolkey(["init", "--rekey", "--key", "keychain"]);

      expect(rekey).toMatchObject({ code: 1, stdout: "" });
      expect(rekey.stderr).toContain("the key store of this system can't be used");
      expect(await keysThere()).toEqual(["file"]);
      expect(expectDone(await home.helper("get", CREDENTIAL)).stdout).toContain(SECRET);
      await home.stop();
      expect(expectDone(await home.helper("get", CREDENTIAL)).stdout).toContain(SECRET);
      expect(await openWithAge(vaultOf(home), await keyIn("file", ""))).toEqual({ "one.example": SECRET });
    });
  });
});
