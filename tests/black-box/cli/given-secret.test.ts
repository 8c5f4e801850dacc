/** Secrets that are handed in by a file or an open descriptor: nobody is asked, nothing of them is repeated, and nobody else gets them. */
import { chmodSync, mkdirSync, readFileSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BIN, expectDone, makeHome, type Ended, type TestHome } from "../../fixtures/homes/home.ts";
import { makeLockedTemplate, PASSPHRASE } from "../../fixtures/homes/locked-home.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { makeServiceHome, type ServiceHome } from "../../fixtures/homes/service-home.ts";
import { startQuickDaemon } from "../../fixtures/processes/daemon-process.ts";
import { onTerminal } from "../../fixtures/processes/terminal-session.ts";

let home: ServiceHome;
const path = (name: string): string => join(home.directory, name);

/** A command line, as people write it: descriptors are opened by the shell. */
function shell(line: string, at: TestHome = home): Promise<Ended> {
  return at.run("bash", ["-c", line], { cwd: at.directory });
}

function put(name: string, text: string | Buffer, mode = 0o600): string {
  writeFileSync(path(name), text, { mode });
  return path(name);
}

async function heldBy(id: string): Promise<string> {
  return home.secret(id);
}

async function added(line: string): Promise<string> {
  const ended = await shell(`toolkey add https://${Math.random().toString(36).slice(2)}.example --tool http --json ${line}`);
  return (JSON.parse(expectDone(ended).stdout) as { token: { id: string } }).token.id;
}

beforeAll(async () => {
  home = await makeServiceHome("");
  put("token", "S3CRET-TOKEN\n");
});
afterAll(() => home?.dispose());

describe.skipIf(missing("bash"))("a secret comes from", () => {
  it.each([
    ["a file", "--secret-file token"],
    ["a symbolic link to one, as containers have them", "--secret-file link"],
    ["a descriptor", "--secret-fd 3 3<token"],
    ["a descriptor above those that Node closes for what it starts", "--secret-fd 40 40<token"],
    ["a pipe of the shell's", "--secret-file <(cat token)"],
    ["the same as a descriptor", "--secret-fd 40 40< <(cat token)"],
    ["standard input, a file", "--secret-fd 0 <token"],
    ["standard input, a pipe", "--secret-fd 0 < <(cat token)"],
    ["standard input by its name", "--secret-file /dev/stdin <token"],
    ["a named pipe", "--secret-file fifo & cat token >fifo; wait $!"],
    ["the place of a descriptor where somebody has read already", "--secret-fd 3 3< <(printf 'first\\nS3CRET-TOKEN\\n' | { IFS= read -r _; cat; })"],
  ])("%s", async (_name, line) => {
    if (line.includes("link")) symlinkSync("token", path("link"));
    if (line.includes("fifo")) expectDone(await home.run("mkfifo", [path("fifo")]));
    expect(await heldBy(await added(line))).toBe("S3CRET-TOKEN");
  });

  it("standard input still, where the option is taken back", async () => {
    expect(await heldBy(await added("--no-secret-file <token"))).toBe("S3CRET-TOKEN");
  });

  it("of a file, only the last line break is no part of it, also as Windows writes it", async () => {
    const [text, windows] = [put("no-end", "S3CRET-TOKEN"), put("windows", "\uFEFFS3CRET-TOKEN\r\n")];
    for (const file of [text, windows]) expect(await heldBy(await added(`--secret-file ${file}`))).toBe("S3CRET-TOKEN");
  });
});

describe.skipIf(missing("bash"))("what is no secret is refused with words, and nothing of it is repeated", () => {
  it.each<[name: string, text: string | Buffer, said: string]>([
    ["nothing", "", "the secret is empty"],
    ["a line break alone", "\n", "the secret is empty"],
    ["two lines", "S3CRET-ONE\nS3CRET-TWO\n", "the secret is more than one line"],
    ["an empty line behind it", "S3CRET-ONE\n\n", "the secret is more than one line"],
    ["a NUL", "S3CRET-ONE\0\n", "the secret holds a NUL, which no text does"],
    ["what is no text", Buffer.from("5333435245542dfffe", "hex"), "what --secret-file gives is no text in UTF-8"],
    ["what is larger than any", "S3CRET-ONE".repeat(7000), "what --secret-file gives is too large for a secret"],
  ])("%s", async (_name, text, said) => {
    const before = await home.tokens();
    const refused = await shell(`toolkey add https://refused.example --tool http --secret-file ${put("bad", text)}`);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain(`toolkey: ${said}\nhint: nothing was changed\n`);
    expect(refused.stderr).not.toMatch(/S3CRET|prompt/);
    expect(await home.tokens()).toEqual(before);
  });

  it.each([
    ["no such file", "--secret-file S3CRET-FILE", "there is no such file as --secret-file names"],
    ["a directory", "--secret-file .", "--secret-file names a directory"],
    ["a directory as a descriptor", "--secret-fd 5 5<.", "--secret-fd names a directory"],
    ["a file without an end", "--secret-file /dev/zero", "what --secret-file gives is too large for a secret"],
    ["the environment of a process", "--secret-file /proc/self/environ", "the secret holds a NUL, which no text does"],
    ["a descriptor that is not open", "--secret-fd 41", "descriptor 41 is not open"],
    ["one that is for output", "--secret-fd 2", "descriptors 1 and 2 are for what toolkey says"],
    ["one that is for writing", "--secret-fd 41 41>>token", "what --secret-fd names can't be read: EBADF"],
    ["no number", "--secret-fd S3CRET", "--secret-fd wants the number of an open descriptor"],
    ["both", "--secret-file token --secret-fd 3 3<token", "--secret-file and --secret-fd are two ways to give one secret"],
  ])("%s", async (_name, line, said) => {
    const refused = await shell(`toolkey add https://refused.example --tool http ${line}`);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain(`toolkey: ${said}\n`);
    expect(refused.stderr).not.toMatch(/S3CRET|token is/);
  });

  it.skipIf(process.platform !== "linux")("none of the descriptors that Node has opened for itself is taken for one that was handed in", async () => {
    const numbers = Array.from({ length: 20 }, (_, index) => index + 3);
    const line = numbers.map((number) => `timeout 20 toolkey add https://refused.example --tool http --secret-fd ${number} 2>&1 || echo "($?)"`).join("\n");
    const ended = await shell(`exec </dev/null; for n in ${numbers.join(" ")}; do eval "exec $n<&-"; done\n${line}`);
    expect(ended.stdout.match(/^\(\d+\)$/gm)).toEqual(numbers.map(() => "(2)"));
    expect((await home.tokens()).filter(({ target }) => target === "https://refused.example")).toEqual([]);
  }, 60_000);
});

describe("a file that others can read", () => {
  it("is taken, and said: what a container is given can't be changed", async () => {
    const ended = await home.toolkey(["add", "https://open.example", "--tool", "http", "--secret-file", put("open", "S3CRET-OPEN\n")]);
    expect(ended.stderr).not.toContain("others");
    chmodSync(path("open"), 0o640);
    const said = await home.toolkey(["add", "https://open2.example", "--tool", "http", "--secret-file", path("open")]);
    expect(expectDone(said).stderr).toContain("toolkey: others on this machine can read the file of --secret-file: chmod 600\n");
  });
});

describe("where no secret is needed, one that is given is refused", () => {
  it.each([
    ["init", ["init", "--key", "file"], "a passphrase is for --key passphrase"],
    ["init --rekey", ["init", "--rekey", "--key", "file"], "a passphrase is for --key passphrase"],
    ["init --rekey, as it is", ["init", "--rekey"], "a passphrase is for --key passphrase"],
    ["unlock", ["unlock"], "the vault's key is kept in KEY"],
    ["add --command", ["add", "https://x.example", "--tool", "http", "--command", "--", "true"], "a command fetches it"],
    ["add for several tools", ["add", "nuxeo"], "each of several tools has its own"],
    ["login --device", ["login", "nuxeo", "--device"], "with --device one signs in at a page"],
    ["login --key-file", ["login", "nuxeo", "--key-file", "token"], "--key-file names the key"],
    ["export --recipient", ["export", "--recipient", "age1x"], "--recipient says who can decrypt it"],
    ["import", ["import", "--yes"], "a passphrase is for --from"],
    ["import --identity", ["import", "--from", "x", "--identity", "y"], "--identity opens it"],
  ])("%s", async (_name, argv, why) => {
    const [command = "", ...rest] = argv;
    const before = readFileSync(join(home.toolkeyHome, "data", "vault.age"));
    const ended = await home.toolkey([command, "--secret-file", path("token"), ...rest]);
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toContain(`toolkey: --secret-file gives a secret, and none is needed: ${why.replace("KEY", join(home.toolkeyHome, "data", "identity.txt"))}\n`);
    expect(readFileSync(join(home.toolkeyHome, "data", "vault.age"))).toEqual(before);
  });
});

describe("a passphrase", () => {
  let locked: TestHome;
  beforeAll(async () => {
    const template = await makeLockedTemplate();
    locked = await makeHome();
    await template.into(locked);
    await template.dispose();
    writeFileSync(join(locked.directory, "pass"), `${PASSPHRASE}\n`, { mode: 0o600 });
    writeFileSync(join(locked.directory, "wrong"), `${PASSPHRASE} \n`, { mode: 0o600 });
  });
  afterAll(() => locked?.dispose());

  it("opens the vault where nobody types it, and a wrong one is told without it", async () => {
    const refused = await locked.toolkey(["unlock", "--secret-file", join(locked.directory, "wrong"), "--json"]);
    expect(refused.code).toBe(3);
    expect(refused.stdout).toContain('"code": "denied"');
    expect(refused.stdout + refused.stderr).not.toContain(PASSPHRASE);
    const opened = await locked.toolkey(["unlock", "--secret-fd", "0", "--json"], { stdin: `${PASSPHRASE}\n` });
    expect(JSON.parse(expectDone(opened).stdout)).toEqual({ state: "open", tokens: 1 });
    await locked.toolkey(["lock"]);
  });

  it("init takes for a vault that is there if it opens that, and for none that it doesn't", async () => {
    const init = (name: string): Promise<Ended> => locked.toolkey(["init", "--key", "passphrase", "--secret-file", join(locked.directory, name)]);
    expect(await init("wrong")).toMatchObject({ code: 3, stdout: "" });
    expect(expectDone(await init("pass")).stdout).toContain("nothing was changed");
    expect((await locked.status())?.vault.state).toBe("open");
  });

  it("of a new vault, of another key and of an export is the one that is given, with its spaces", async () => {
    const fresh = await makeHome();
    try {
      await startQuickDaemon(fresh);
      const give = (argv: readonly string[], stdin: string): Promise<Ended> => fresh.toolkey([...argv, "--secret-fd", "0"], { stdin });
      expect(await give(["init", "--key", "passphrase"], "short\n")).toMatchObject({ code: 2 });
      expect(expectDone(await give(["init", "--key", "passphrase"], " correct horse \n")).stdout).toContain("(passphrase)");
      await fresh.toolkey(["lock"]);
      expect(await give(["unlock"], "correct horse\n")).toMatchObject({ code: 3 });
      expectDone(await give(["unlock"], " correct horse \r\n"));
      expectDone(await give(["init", "--rekey"], "another battery\n"));
      await fresh.toolkey(["lock"]);
      expectDone(await give(["unlock"], "another battery"));
      await fresh.addToken("http", "https://kept.example", "S3CRET-KEPT");
      const file = join(fresh.directory, "tokens.age");
      expect(await give(["export", "--to", file], "to the other machine")).toMatchObject({ code: 2 });
      expectDone(await give(["export", "--to", file, "--yes"], " to the other machine\n"));
      expect(await give(["import", "--from", file], "to the other machine")).toMatchObject({ code: 3 });
      expect(expectDone(await give(["import", "--from", file], " to the other machine")).stdout).toContain("there already");
    } finally {
      await fresh.dispose();
    }
  }, 60_000);
});

describe.skipIf(missing("script", "bash"))("on a terminal", () => {
  it("nobody is asked for what is given, and no page is shown", async () => {
    const line = `${join(BIN, "toolkey")} add jfrog-connect --tool http --secret-file ${path("token")}`;
    const { code, shown } = await onTerminal(line, home.environment);
    expect([code, shown.replace(/http-\w{4}/, "ID")]).toEqual([0, "added ID (http, https://api.connect.jfrog.io/api/v2)\n"]);
  });

  it("the terminal itself is no place of a secret", async () => {
    for (const option of ["--secret-fd 0", "--secret-file /dev/tty"]) {
      const { code, shown } = await onTerminal(`${join(BIN, "toolkey")} add https://x.example --tool http ${option}`, home.environment);
      expect([code, shown]).toEqual([2, expect.stringContaining("names a terminal, where what is typed can be seen")]);
    }
  });
});

describe.skipIf(process.platform !== "linux" || missing("bash"))("whoever toolkey starts", () => {
  it("inherits no descriptor of a secret: not the daemon, nor a program of a command", async () => {
    const other = await makeHome();
    try {
      mkdirSync(join(other.directory, "x"));
      const file = join(other.directory, "x", "pass");
      writeFileSync(file, "correct horse\n", { mode: 0o600 });
      expectDone(await shell(`toolkey init --key passphrase --secret-fd 40 40<${file} 41<${file}`, other));
      const pid = (await other.status())?.pid ?? 0;
      const open = readdirSync(`/proc/${pid}/fd`).map((number) => readlinkSync(`/proc/${pid}/fd/${number}`));
      expect(open.filter((target) => target.includes(other.directory) && !target.includes("/t/"))).toEqual([]);
      expect(readFileSync(`/proc/${pid}/cmdline`, "utf8") + readFileSync(`/proc/${pid}/environ`, "utf8")).not.toContain("correct horse");
    } finally {
      await other.dispose();
    }
  });
});
