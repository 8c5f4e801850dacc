/** When a command runs in a sandbox, what `[sandbox]` of config.toml adds, and where none can be made. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { expectDone } from "../../fixtures/homes/home.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { makeSandboxHome, type SandboxHome } from "./sandbox-home.ts";

/** The first process of a namespace of its own. */
const IS_INSIDE = "test $(cat /proc/1/comm) = bwrap && echo inside || echo outside";

describe.skipIf(missing("bwrap"))("[sandbox] of config.toml", () => {
  let world: SandboxHome;
  const written = (text: string): void => {
    mkdirSync(join(world.home.toolkeyHome, "config"), { recursive: true, mode: 0o700 });
    writeFileSync(join(world.home.toolkeyHome, "config", "config.toml"), text, { mode: 0o600 });
  };
  const accepted = async (text: string): Promise<void> => {
    written(text);
    await world.home.acceptConfig();
  };
  const where = async (...words: readonly string[]): Promise<string> =>
    expectDone(await world.home.toolkey(["run", "--quiet", ...words, "--", "sh", "-c", IS_INSIDE], { cwd: world.project })).stdout;

  beforeAll(async () => {
    world = await makeSandboxHome();
    await world.home.init();
  });
  beforeEach(() => accepted(""));
  afterAll(() => world.dispose());

  it("without it, the command line says whether", async () => {
    expect([await where(), await where("--sandbox"), await where("--no-sandbox")]).toEqual(["outside\n", "inside\n", "outside\n"]);
  });

  it.each([["true", "inside\n"], ['["sh", "maven"]', "inside\n"], ['["make"]', "outside\n"], ["false", "outside\n"]])("default = %s", async (value, expected) => {
    await accepted(`[sandbox]\ndefault = ${value}\n`);
    expect([await where(), await where("--no-sandbox"), await where("--sandbox")]).toEqual([expected, "outside\n", "inside\n"]);
  });

  it("default = a list of tools, by the tool of the command", async () => {
    await accepted('[sandbox]\ndefault = ["http"]\n');
    expect([await where("--tool", "http"), await where()]).toEqual(["inside\n", "outside\n"]);
  });

  it("counts once it was accepted, and a file that says less takes nothing away", async () => {
    await accepted("[sandbox]\ndefault = true\n");
    written("");
    expect(await where()).toBe("inside\n");
    await world.home.stop();
    expect(await where()).toBe("inside\n");
    await accepted("");
    written("[sandbox]\ndefault = true\n");
    expect(await where()).toBe("outside\n");
  });

  it("adds to what is hidden, read-only and shown, and to the variables", async () => {
    await accepted('[sandbox]\nhide = ["~/.config/other"]\nreadonly = ["~/.local/share/other"]\nshow = ["~/.aws"]\nvariables = ["MINE"]\nkeep = ["MY_TOKEN"]\n');
    const script = "ls -A ~/.config/other; cat ~/.local/share/other/data; echo x >> ~/.local/share/other/data || echo no; echo x > ~/.aws/new; env | grep -E '^(MINE|MY_TOKEN)='";
    expect((await world.inside(script, { env: { MINE: "1", MY_TOKEN: "2" } })).stdout).toBe("a\nno\nMY_TOKEN=2\n");
    expect(existsSync(world.at(".aws/new"))).toBe(true);
  });

  it("is refused with the line where it is wrong", async () => {
    written('[sandbox]\nhide = ["relative"]\n');
    const { stderr } = await world.home.toolkey(["status"]);
    expect(stderr).toContain("config.toml, line 2: sandbox.hide.0 has the wrong form");
    expect(stderr).toContain('a path in quotes, absolute or in the home: "/…", "~/…"');
  });
});

describe.skipIf(missing("bwrap"))("where no sandbox can be made", () => {
  let world: SandboxHome;
  beforeAll(async () => {
    world = await makeSandboxHome();
  });
  afterAll(() => world.dispose());

  it("the command is not started, and the program that is missing is named", async () => {
    const words = ["--bind", "/", "/", "--dev-bind", "/dev", "/dev", "--ro-bind", "/dev/null", "/usr/bin/bwrap"];
    const ended = await world.home.run("bwrap", [...words, "toolkey", "run", "--quiet", "--sandbox", "--", "touch", "started"], { cwd: world.project });
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toBe("toolkey: there is no program 'bwrap', which makes the sandbox; the command was not started\nhint: install bubblewrap, which has it (apt install bubblewrap); 'toolkey run --no-sandbox' does without\n");
    expect(existsSync(join(world.project, "started"))).toBe(false);
  });

  it("the same where namespaces are forbidden", async () => {
    const ended = await world.home.run("setpriv", ["--bounding-set=-sys_admin", "toolkey", "run", "--sandbox", "--quiet", "--", "touch", "started"], { cwd: world.project });
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toMatch(/^bwrap: .*\ntoolkey: the sandbox could not be made, see above; the command was not started\nhint: a sandbox needs user namespaces, or root: /);
    expect(existsSync(join(world.project, "started"))).toBe(false);
  });

  it("--allow-setuid is no option of one", async () => {
    expect(await world.home.toolkey(["run", "--sandbox", "--allow-setuid", "--", "true"])).toMatchObject({ code: 2 });
  });
});
