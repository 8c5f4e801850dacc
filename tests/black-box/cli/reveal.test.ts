/** `toolkey show ID --reveal`: a secret for what can't ask toolkey, on a terminal alone. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { expectDone, makeHome, type TestHome } from "../../fixtures/homes/home.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { onTerminal } from "../../fixtures/processes/terminal-session.ts";

const SECRET = "S3CRET-that-is-shown";
const QUESTION = "where others may read it from the screen? [y/N] ";

let home: TestHome;
let id: string;

beforeEach(async () => {
  home = await makeHome();
  await home.init();
  id = await home.addToken("http", "https://api.example", SECRET);
});
afterEach(() => home.dispose());

describe("toolkey show --reveal", () => {
  it("prints no secret to another program, unless that is wanted", async () => {
    const refused = await home.toolkey(["show", id, "--reveal"]);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toBe(
      `toolkey: a secret is printed to a terminal, and not to another program\nhint: nothing was printed\nhint: if that program is to have it: toolkey show ${id} --reveal --force\n`,
    );
    expect(expectDone(await home.toolkey(["show", id, "--reveal", "--force"]))).toMatchObject({ stdout: `${SECRET}\n`, stderr: "" });
    expect((await home.toolkey(["show", id])).stdout).not.toContain(SECRET);
    const asDocument = await home.toolkey(["show", id, "--reveal", "--force", "--json"]);
    expect([asDocument.code, Object.keys(JSON.parse(asDocument.stdout) as object)]).toEqual([2, ["error"]]);
    expect(asDocument.stdout).not.toContain(SECRET);
  });

  it.skipIf(missing("script"))("asks on a terminal, and takes no for an answer; the log has that it was asked for, and not what", async () => {
    const kept = await onTerminal(`toolkey show ${id} --reveal`, home.environment, [[QUESTION, "n\r"]]);
    expect([kept.code, kept.shown.includes(SECRET)]).toEqual([3, false]);
    const shown = await onTerminal(`toolkey show ${id} --reveal`, home.environment, [[QUESTION, "y\r"]]);
    expect(shown.code).toBe(0);
    expect(shown.shown).toContain(`print the secret of ${id} (http, https://api.example), ${QUESTION}`);
    expect(shown.shown.replaceAll("\r", "")).toContain(`y\n${SECRET}\n`);
    const log = await readFile(join(home.toolkeyHome, "log", "daemon.log"), "utf8");
    expect(log).toMatch(new RegExp(`"operation":"reveal".*${id}`));
    expect(log).not.toContain(SECRET);
  });

  it("says what has no secret that could be shown", async () => {
    const fetched = expectDone(await home.toolkey(["add", "https://b.example", "--tool", "http", "--command", "--", "sh", "-c", "echo T0KEN"]));
    const [, other = ""] = /added (\S+)/.exec(fetched.stdout) ?? [];
    expect(await home.toolkey(["show", other, "--reveal", "--force"])).toMatchObject({
      code: 3,
      stdout: "",
      stderr: `toolkey: token ${other} is fetched by a command each time, and kept nowhere\nhint: that command prints it: toolkey show ${other}\n`,
    });
  });

  it("is denied inside of a sealed command", async () => {
    const inside = await home.toolkey(["run", "--tool", "http", "--", "sh", "-c", `toolkey show ${id} --reveal --force`]);
    expect(inside.stderr).toMatch(/not answered inside of/);
    expect(`${inside.stdout}${inside.stderr}`).not.toContain(SECRET);
  });
});
