/** docs/fleet.md as it stands: its file is that of a machine, and its commands are run there, each block by a shell. */
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectDone } from "../../fixtures/homes/home.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { canHaveSystemHome, makeSystemHome, SYSTEM_FILE, type SystemHome } from "../../fixtures/homes/system-configuration.ts";
import { makeTls } from "../../fixtures/network/tls.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../../docs/fleet.md"), "utf8");
const BLOCKS = [...PAGE.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(([, language = "", text = ""]) => ({ language, text }));
const FILE = BLOCKS.find(({ language }) => language === "toml")?.text ?? "";
const [CHECK = "", SET_UP = "", ASK = "", TELL = "", ...MORE] = BLOCKS.filter(({ language }) => language === "sh").map(({ text }) => text);

describe.skipIf(missing("unshare", "setpriv", "jq") || (!canHaveSystemHome() && process.env["CI"] === undefined))("docs/fleet.md", () => {
  let home: SystemHome;
  const sh = (text: string) => home.run("sh", ["-ec", text], { cwd: home.directory });
  /** Each line of a block by itself, with its exit code. */
  const lines = async (block: string) =>
    Object.fromEntries(await Promise.all(block.trim().split("\n").map(async (line) => [/"([a-z-]+)"/.exec(line)?.[1] ?? line, (await sh(line)).code] as const)));

  beforeAll(async () => {
    const tls = await makeTls();
    home = await makeSystemHome();
    writeFileSync(join(home.etc, "toolkey", "acme-ca.pem"), readFileSync(tls.caFile));
    writeFileSync(join(home.directory, "config.toml"), FILE);
  });
  afterAll(() => home.dispose());

  it("has these blocks, of which each is run below", () => {
    expect([BLOCKS.length, MORE, FILE.split("\n", 1)]).toEqual([5, [], [`# ${SYSTEM_FILE}`]]);
  });

  it("the file can be looked through before, and has no fault", async () => {
    const { stdout } = expectDone(await sh(CHECK));
    expect(stdout).toBe("sets       lock.idle, lock.absolute, sandbox.default, service.acme, network.proxy, network.no_proxy, network.cacert\nfixes      lock.absolute, service.acme, sealed\n");
    writeFileSync(join(home.directory, "config.toml"), FILE.replace('"30m"', "30"));
    const ended = await sh(CHECK);
    expect([ended.code, ended.stdout]).toEqual([1, expect.stringContaining(`fault      ${home.directory}/config.toml, line 5: lock.idle has the wrong form\n`)]);
    for (const [file, why] of [["none.toml", "there is no file /"], [".", "cannot read /"]] as const)
      expect(await home.toolkey(["config", "check", file], { cwd: home.directory })).toMatchObject({ code: 1, stdout: expect.stringContaining(`fault      ${why}`) as unknown });
  });

  it("each person is set up by one line, as often as it is run", async () => {
    home.system(FILE);
    // There is no desktop here.
    const line = SET_UP.replace("toolkey init", "toolkey init --key file");
    expectDone(await sh(line));
    expectDone(await sh(line));
    expect(readFileSync(join(home.directory, ".gitconfig"), "utf8")).toContain("git-credential-toolkey");
    expect(await lines(ASK)).toEqual({ "system-configuration": 0, "configuration-fault": 0, "configuration-fixed": 0, "not-set-up": 0, "secrets-in-plain-text": 0 });
    expect(expectDone(await sh(TELL)).stdout).toContain(`\nlock.absolute\t${SYSTEM_FILE}\ttrue\n`);
  });

  it("is told from afar what is not so", async () => {
    home.own('[lock]\nidle = "5 minutes"\nabsolute = "24h"\n');
    writeFileSync(join(home.directory, ".git-credentials"), "https://alice:S3CRET@git.acme.example\n");
    expect(await lines(ASK)).toEqual({ "system-configuration": 0, "configuration-fault": 1, "configuration-fixed": 1, "not-set-up": 0, "secrets-in-plain-text": 1 });
    expect(expectDone(await sh(TELL)).stdout).toContain(`fault\t${home.ownFile}\t2\tlock.idle\nfixed\t${home.ownFile}\t3\tlock.absolute\n`);
    chmodSync(join(home.etc, "toolkey", "config.toml"), 0o666);
    expect(await lines(ASK)).toMatchObject({ "system-configuration": 1 });
  });
});
