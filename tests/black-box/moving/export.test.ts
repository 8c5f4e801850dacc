/** `toolkey export`: all secrets go out, so a person says so, and into nothing but an age file. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { BIN, expectDone, makeHome, type TestHome } from "../../fixtures/homes/home.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { openTerminal } from "../../fixtures/processes/pseudo-terminal.ts";
import { makeHomeWithoutPrivilege } from "../../fixtures/homes/without-privilege.ts";

const PASSPHRASE = "correct horse battery";
const SECRETS = ["S3CRET-OF-GIT", "S3CRET-OF-NPM"];

let home: TestHome;
let recipient: string;
let [git, npm] = ["", ""];
const path = (name: string): string => join(home.directory, name);

interface ExportDocument {
  readonly toolkey: string;
  readonly version: number;
  readonly tokens: readonly { readonly id: string; readonly secret: string; readonly stays?: string }[];
}

/** As the real age reads it. */
async function opened(name: string): Promise<ExportDocument> {
  return JSON.parse(expectDone(await home.run("age", ["-d", "-i", path("key.txt"), path(name)])).stdout) as ExportDocument;
}

beforeAll(async () => {
  home = await makeHomeWithoutPrivilege();
  await home.init();
  git = await home.addGitToken("https://git.example/team", "alice", SECRETS[0] ?? "");
  npm = await home.addToken("npm", "https://npm.example", SECRETS[1] ?? "");
});
afterAll(() => home.dispose());

describe.skipIf(missing("age", "age-keygen", "setpriv"))("toolkey export --recipient", () => {
  beforeAll(async () => {
    expectDone(await home.run("age-keygen", ["-o", path("key.txt")]));
    recipient = expectDone(await home.run("age-keygen", ["-y", path("key.txt")])).stdout.trim();
  });
  afterEach(async () => void (await home.run("rm", ["-rf", path("out")])));
  beforeEach(() => mkdirSync(path("out")));

  it("writes all tokens into a file that is only ours, which age opens", async () => {
    const written = await home.toolkey(["export", "--to", path("out/t.age"), "--recipient", recipient, "--yes"]);
    expect(written).toEqual({
      code: 0,
      signal: null,
      stdout: `wrote ${path("out/t.age")}: 2 tokens, encrypted\n`,
      stderr: "hint: on the other machine: toolkey import --from FILE, which says which of them are to be replaced\n",
    });
    expect(statSync(path("out/t.age")).mode & 0o777).toBe(0o600);
    expect(readdirSync(path("out"))).toEqual(["t.age"]);
    expect(await opened("out/t.age")).toMatchObject({ toolkey: "export", version: 1, tokens: SECRETS.map((secret) => ({ secret })) });
    for (const secret of SECRETS) expect(readFileSync(path("out/t.age"), "latin1")).not.toContain(secret);
  });

  it("writes those that are named, or those of a set", async () => {
    const ids = async (argv: readonly string[]): Promise<string[]> => {
      expectDone(await home.toolkey(["export", ...argv, "--to", path("out/t.age"), "--recipient", recipient, "--yes", "--force"]));
      return (await opened("out/t.age")).tokens.map(({ id }) => id);
    };
    expect(await ids([npm.slice(0, -1)])).toEqual([npm]);
    expect(await ids([npm, git, npm])).toEqual([git, npm]);
    expect(await ids(["--recipient", recipient, npm])).toEqual([npm]);
    expect(await ids(["--tool", "git"])).toEqual([git]);
    expect(await ids(["--service", "npm.example"])).toEqual([npm]);
  });

  it("goes to standard output where a program reads it, and is told nothing else there", async () => {
    const script = `toolkey export --recipient ${recipient} --yes | age -d -i ${path("key.txt")}`;
    expect(JSON.parse(expectDone(await home.run("sh", ["-c", script])).stdout)).toMatchObject({ tokens: [{ id: git }, { id: npm }] });
    const ended = await home.toolkey(["export", "--recipient", recipient, "--yes", "--json"]);
    expect([ended.code, JSON.parse(ended.stdout)]).toMatchObject([2, { error: { code: "usage", message: "with --json the tokens go into a file" } }]);
  });

  it("says with --json what it wrote", async () => {
    const shown = expectDone(await home.toolkey(["export", "--to", path("out/t.age"), "--recipient", recipient, "--yes", "--json"]));
    expect(shown.stderr).toMatch(/^hint: on the other machine: .*\n$/);
    expect(JSON.parse(shown.stdout)).toEqual({ file: path("out/t.age"), tokens: [{ id: git }, { id: npm }] });
  });

  it("leaves what is there: a file, a link that leads nowhere, a directory; --force takes the place of a file", async () => {
    writeFileSync(path("out/file"), "mine\n");
    symlinkSync(path("out/nothing"), path("out/link"));
    mkdirSync(path("out/directory"));
    for (const name of ["file", "link", "directory"]) {
      expect(await home.toolkey(["export", "--to", path(`out/${name}`), "--recipient", recipient, "--yes"])).toMatchObject({
        code: 1,
        stdout: "",
        stderr: `toolkey: ${path(`out/${name}`)} is there already\nhint: it was left as it is; name another file, or --force\n`,
      });
    }
    expect(readFileSync(path("out/file"), "utf8")).toBe("mine\n");
    expect(readdirSync(path("out"))).toEqual(["directory", "file", "link"]);
    const force = (name: string) => home.toolkey(["export", "--to", path(`out/${name}`), "--recipient", recipient, "--yes", "--force"]);
    expectDone(await force("file"));
    expect(statSync(path("out/file")).mode & 0o777).toBe(0o600);
    for (const name of ["link", "directory"]) {
      const refused = await force(name);
      expect([refused.code, refused.stderr.split("\n")[0]]).toEqual([1, `toolkey: ${path(`out/${name}`)} is there already, and is no file`]);
    }
    expect(existsSync(path("out/nothing"))).toBe(false);
    expect(readdirSync(path("out"))).toEqual(["directory", "file", "link"]);
  });

  it("asks nobody before it knows that it can write", async () => {
    expect(await home.toolkey(["export", "--to", path("nowhere/t.age")])).toMatchObject({
      code: 1, stdout: "", stderr: `toolkey: there is no directory ${path("nowhere")}\nhint: nothing was written\n`,
    });
  });

  it("says that it can't write into a directory that is not to be written to", async () => {
    chmodSync(path("out"), 0o500);
    for (const more of [[], ["--force"]]) {
      const refused = await home.toolkey(["export", "--to", path("out/t.age"), "--recipient", recipient, "--yes", ...more]);
      expect([refused.code, refused.stderr.split("\n")[0]]).toEqual([1, `toolkey: cannot write ${path("out/t.age")}: EACCES`]);
    }
    expect(readdirSync(path("out"))).toEqual([]);
  });

  it.each<[what: string, argv: readonly string[], code: number, message: string]>([
    ["without a yes and without a terminal", ["--recipient", "RECIPIENT"], 2, "this needs a yes, and there is no terminal to ask on"],
    ["without either, and without a recipient", [], 2, "all secrets would go out, and there is no terminal to ask on"],
    ["for what is no recipient", ["--recipient", "age1x", "--yes"], 2, "'age1x' is no recipient of age's"],
    ["with an empty passphrase", ["--yes"], 2, "the passphrase is empty"],
    ["of a token that there is not", ["git-none", "--recipient", "RECIPIENT", "--yes"], 1, "there is no token 'git-none'"],
    ["of a set without tokens", ["--tool", "maven", "--recipient", "RECIPIENT", "--yes"], 1, "there is nothing to be exported"],
    ["of ids and a set", ["git-none", "--tool", "git", "--yes"], 2, "name the tokens, or a set of them"],
  ])("writes nothing %s", async (_what, argv, code, message) => {
    const refused = await home.run("setsid", ["toolkey", "export", "--to", path("out/t.age"), ...argv.map((word) => (word === "RECIPIENT" ? recipient : word))]);
    expect([refused.code, refused.stdout, refused.stderr.split("\n")[0]]).toEqual([code, "", `toolkey: ${message}`]);
    expect(readdirSync(path("out"))).toEqual([]);
  });

  it("takes a passphrase on standard input, with a yes, if it is long enough", async () => {
    expect(await home.toolkey(["export", "--to", path("out/t.age"), "--yes"], { stdin: "short\n" })).toMatchObject({ code: 2, stdout: "" });
    expect(readdirSync(path("out"))).toEqual([]);
    expectDone(await home.toolkey(["export", "--to", path("out/t.age"), "--yes"], { stdin: `${PASSPHRASE}\n` }));
    expect(readFileSync(path("out/t.age"), "latin1")).toMatch(/^age-encryption\.org\/v1\n-> scrypt \S+ 18\n/);
  });

  it("is denied inside of a sealed command, as is what it asks for", async () => {
    const inside = await home.toolkey(["run", "--", "sh", "-c", `true; toolkey export --to ${path("out/t.age")} --recipient ${recipient} --yes; toolkey import --from ${path("key.txt")}`]);
    expect(inside.stderr.split("not answered inside of").length).toBe(3);
    expect(readdirSync(path("out"))).toEqual([]);
  });

  it("is in the log with the ids of the tokens, and without a secret", async () => {
    const log = readFileSync(join(home.toolkeyHome, "log", "daemon.log"), "utf8");
    expect(log).toMatch(new RegExp(`"operation":"exportTokens".*"${git}","${npm}"`));
    for (const secret of [...SECRETS, PASSPHRASE]) expect(log).not.toContain(secret);
  });

  it.skipIf(missing("script"))("asks on a terminal, and takes no for an answer", async () => {
    const terminal = openTerminal(home, `toolkey export --to out/t.age --recipient ${recipient}`, { env: { COLUMNS: "400" } });
    await terminal.answer(`write 2 tokens with their secrets, for whoever has the identity of ${recipient}? [y/N] `, "n\r");
    expect((await terminal.ended).code).toBe(3);
    expect(readdirSync(path("out"))).toEqual([]);
    const again = openTerminal(home, `toolkey export --to out/t.age --recipient ${recipient}`);
    await again.answer("[y/N] ", "y\r");
    expect((await again.ended).code).toBe(0);
    expect(await opened("out/t.age")).toMatchObject({ tokens: [{ id: git }, { id: npm }] });
  });

  it.skipIf(missing("script"))("is no text for a terminal", async () => {
    const { code, shown } = await openTerminal(home, `toolkey export --recipient ${recipient} --yes`).ended;
    expect([code, shown]).toEqual([2, "toolkey: an age file is no text for a terminal\r\nhint: --to FILE, or into a pipe\r\n"]);
  });

  it.skipIf(missing("script"))("asks for a passphrase twice, hidden, and age opens the file by it", async () => {
    const terminal = openTerminal(home, "toolkey export --to out/t.age");
    await terminal.shows("what goes out, with all secrets: 2 tokens; the passphrase is all that guards them");
    await terminal.answer(`new passphrase for ${path("out/t.age")}: `, `${PASSPHRASE}\r`);
    await terminal.answer("the same again: ", `${PASSPHRASE}\r`);
    const written = await terminal.ended;
    expect(written.code).toBe(0);
    expect(written.shown).not.toContain(PASSPHRASE);
    const age = openTerminal(home, "age -d -o out/plain out/t.age");
    await age.answer("Enter passphrase", `${PASSPHRASE}\r`);
    expect((await age.ended).code).toBe(0);
    expect(JSON.parse(readFileSync(path("out/plain"), "utf8"))).toMatchObject({ tokens: [{ id: git }, { id: npm }] });
  });

  it.skipIf(missing("script"))("writes nothing where the second passphrase differs", async () => {
    const terminal = openTerminal(home, "toolkey export --to out/t.age");
    await terminal.answer("t.age: ", `${PASSPHRASE}\r`);
    await terminal.answer("the same again: ", "another one\r");
    expect((await terminal.ended).code).toBe(2);
    expect(readdirSync(path("out"))).toEqual([]);
  });

  it("names what stays here, and how the other machine comes by one", async () => {
    const other = await makeHome();
    try {
      await other.init();
      expectDone(await other.toolkey(["add", "https://a.example", "--tool", "http", "--username", "bob", "--command", "--", "sh", "-c", "echo 'T0KEN'"]));
      expectDone(await other.helper("store", "protocol=https\nhost=o.example\nusername=u\npassword=ACCESS\noauth_refresh_token=REFRESH\n\n"));
      await other.addToken("npm", "https://npm.example", "KEPT");
      const [http, oauth, kept] = await other.tokens();
      const file = join(other.directory, "t.age");
      const said = expectDone(await other.toolkey(["export", "--to", file, "--recipient", recipient, "--yes"]));
      expect(said.stdout).toContain(": 1 token, encrypted\n");
      expect(said.stderr.split("\n").slice(0, 4)).toEqual([
        `toolkey: ${http?.id} (http, https://a.example, as bob) is not in the file: a command fetches it on the machine that has it`,
        expect.stringMatching(/^hint: for one on the other machine: toolkey add https:\/\/a\.example --tool http --username bob --command -- \/\S*\/sh -c 'echo '\\''T0KEN'\\'''$/),
        `toolkey: ${oauth?.id} (git, https://o.example, as u) is not in the file: it renews itself, and of two copies one would end the other`,
        "hint: for one on the other machine: sign in there again with git",
      ]);
      const text = expectDone(await home.run("age", ["-d", "-i", path("key.txt"), file])).stdout;
      expect((JSON.parse(text) as ExportDocument).tokens).toMatchObject([
        { id: http?.id, secret: "", stays: "fetched" },
        { id: oauth?.id, secret: "", stays: "renews" },
        { id: kept?.id, secret: "KEPT" },
      ]);
      for (const secret of ["ACCESS", "REFRESH", BIN]) expect(text).not.toContain(secret);
    } finally {
      await other.dispose();
    }
  });
});
