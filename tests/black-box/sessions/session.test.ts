/** `toolkey run -- anything`: what it starts clones, installs and downloads with tokens, and can read none. */
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { RunView } from "../../../src/core/gateway/views.ts";
import { clientsMissing } from "../../fixtures/tools/clients.ts";
import { inForm } from "../../fixtures/form.ts";
import { BIN, expectDone, type Ended } from "../../fixtures/homes/home.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { makeSessionWorld, type SessionWorld } from "../../fixtures/homes/session-world.ts";
import { verdaccioMissing } from "../../fixtures/registries/npm/verdaccio.ts";

/** How many commands at once, all of them Nodes. */
const AT_ONCE = inForm(12, 200);

describe.skipIf(verdaccioMissing() || clientsMissing(["npm", 12]) || missing("make", "setsid"))("a session", () => {
  let world: SessionWorld;
  const run = (command: readonly string[], options: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
    world.home.toolkey(["run", ...options, "--", ...command], { cwd: world.project.directory, env: { ...world.project.environment, REPOSITORY: world.repository, ...env } });
  const shell = (script: string, options: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Ended> => run(["sh", "-c", script], options, env);
  const installed = (): Promise<string | undefined> => world.project.installed("@acme/thing");
  const project = (name: string): string => join(world.project.directory, name);
  const clean = async (): Promise<void> => {
    for (const path of ["project/node_modules", ".npm", "project/clone", "project/report"]) await rm(join(world.home.directory, path), { recursive: true, force: true });
  };
  const runs = async (): Promise<readonly RunView[]> => (await world.home.ask("runs", { count: 100 })).runs;
  const sessions = async (): Promise<string[]> => readdir(join(world.home.toolkeyHome, "data/run/sessions"));

  beforeAll(async () => {
    world = await makeSessionWorld();
    // Where a script is told by name, and one that a launcher of versions would be.
    await writeFile(project("Makefile"), "all:\n\tgit clone -q $(REPOSITORY) clone\n\tnpm install\n\tcat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'; env; cat $$TOOLKEY_SESSION/* 2>/dev/null; true\n");
  });
  beforeEach(clean);
  afterAll(() => world.close());

  it("of make clones and installs, and a script in it finds no token", async () => {
    const { stdout, stderr } = expectDone(await run(["make"]));
    expect(await installed()).toBe("1.2.3");
    expect(existsSync(project("clone/.git"))).toBe(true);
    for (const secret of world.secrets) expect(stdout + stderr).not.toContain(secret);
    expect(stdout).toContain("tkphantom_");
    const hosts = [world.repository, world.registry.origin].map((url) => new URL(url).host);
    expect(stderr).toBe(`toolkey: make and what it starts may use, through the gateway: git at ${hosts[0]}, npm at ${hosts[1]}\n`);
    await expect.poll(sessions, { timeout: 15_000 }).toEqual([]);
  });

  const npmCli = (): string => join(dirname(world.project.environment["PATH"]?.split(":")[0] ?? ""), "npm/bin/npm-cli.js");
  it.each<[how: string, script: () => string]>([
    ["env", () => "env A=1 npm install"],
    ["nice, in a shell in a shell", () => `sh -c 'sh -c "nice npm install"'`],
    ["a script of the project, by npm", () => "npm run nested"],
    ["npm exec, as npx does", () => "npm exec --no -- nested-tool"],
    ["an absolute path", () => `"$(command -v node)" ${npmCli()} install`],
    ["an absolute path, with another PATH", () => `node=$(command -v node); PATH=/usr/bin:/bin "$node" ${npmCli()} install`],
    ["its name, with nothing but PATH and HOME left", () => 'env -i PATH="$PATH" HOME="$HOME" npm install --cafile="$NODE_EXTRA_CA_CERTS"'],
    ["a launcher of versions that starts the real one as a child", () => "PATH=$PWD/launchers:$PATH npm install"],
    ["toolkey run, which is of the session that is there", () => `${join(BIN, "toolkey")} run -- npm install`],
  ])("leads what is started by %s", async (_how, script) => {
    const scripts = { nested: "npm install", "nested-tool": "npm install" };
    await writeFile(project("package.json"), JSON.stringify({ name: "project", version: "1.0.0", private: true, dependencies: { "@acme/thing": "^1.0.0" }, scripts }));
    await mkdir(project("node_modules/.bin"), { recursive: true });
    await writeFile(project("node_modules/.bin/nested-tool"), "#!/bin/sh\nexec npm install\n", { mode: 0o755 });
    await mkdir(project("launchers"), { recursive: true });
    await writeFile(project("launchers/npm"), `#!/bin/sh\nnode ${npmCli()} "$@"\nexit $?\n`);
    await chmod(project("launchers/npm"), 0o755);
    const { stdout, stderr } = expectDone(await shell(script()));
    expect(await installed(), stdout + stderr).toBe("1.2.3");
    expect((await runs()).at(-1)).toMatchObject({ tool: "session", purpose: "sh", refused: [] });
    // Of what is within another one, which is led, nothing is missing.
    expect(stderr).not.toContain("has no npm token");
  });

  it.each<[how: string, script: string]>([
    ["by its name", "git clone -q $REPOSITORY clone"],
    ["by its path", "$(PATH=${PATH#*:} command -v git) clone -q $REPOSITORY clone"],
    ["with nothing but PATH and HOME left", 'env -i PATH="$PATH" HOME="$HOME" git clone -q $REPOSITORY clone'],
  ])("leads git, started %s", async (_how, script) => {
    expectDone(await shell(script));
    expect(existsSync(project("clone/.git"))).toBe(true);
    // git itself knows the host's own URL.
    expect((await world.home.git(["-C", project("clone"), "remote", "get-url", "origin"])).stdout.trim()).toBe(world.repository);
  });

  it("goes on for what its parents have left behind, as long as the command runs", async () => {
    const script = `(setsid sh -c 'git clone -q $REPOSITORY clone; npm install >/dev/null; echo done > report' &) ; while ! [ -e report ]; do read -r line < pipe; done; true`;
    await rm(project("pipe"), { force: true });
    // A reader that is woken by each opening and closing, and looks again.
    expectDone(await world.home.run("mkfifo", [project("pipe")]));
    expectDone(await shell(script.replace("echo done > report", "echo done > report; : > pipe")));
    expect(existsSync(project("clone/.git"))).toBe(true);
    expect(await installed()).toBe("1.2.3");
  });

  it("ends with its command: what outlives it has nothing", async () => {
    await rm(project("pipe"), { force: true });
    expectDone(await world.home.run("mkfifo", [project("pipe")]));
    const session = join(world.home.directory, "kept-session");
    // It keeps all that there was of the session.
    const script = `cp -r "$TOOLKEY_SESSION" ${session}; (setsid sh -c 'read -r line < pipe; . ${session}/variables; TOOLKEY_GIT_PHANTOM=${session}/git-phantom git ls-remote $REPOSITORY > report 2>&1; echo "ended $?" >> report' >/dev/null 2>&1 &)`;
    expectDone(await shell(script));
    await writeFile(project("pipe"), "go\n");
    await expect.poll(async () => (await world.home.run("cat", [project("report")])).stdout, { timeout: 20_000 }).toMatch(/ended [1-9]/);
    const { stdout } = await world.home.run("cat", [project("report")]);
    expect(stdout).toContain("there is no such phantom");
    await rm(session, { recursive: true });
  });

  it("leads many at once", async () => {
    const script = `for i in $(seq ${AT_ONCE}); do npm view @acme/thing version > report-$i & done; wait; cat report-*; rm report-*`;
    const { stdout, stderr } = expectDone(await shell(script));
    expect(stdout.trim().split("\n"), stderr).toEqual(Array.from({ length: AT_ONCE }, () => "1.2.3"));
    expect((await world.home.status())?.gateway.phantoms).toEqual([]);
  }, 600_000);

  it("may use what --only names, and no more", async () => {
    const only = await shell("npm install; git ls-remote $REPOSITORY", ["--only", "npm"]);
    expect(await installed()).toBe("1.2.3");
    expect(only.code).not.toBe(0);
    expect(only.stderr).toMatch(/may use, through the gateway: npm at \S+\n/);
    expect(only.stderr).toContain("git is given nothing, and nothing is stored, inside of sh");
    await clean();
    const none = await shell("npm install", ["--only", "git,elsewhere.example"]);
    expect(none.code).not.toBe(0);
    expect(none.stderr).toContain("there is no token that sh and what it starts could use");
  });

  it("changes nothing without --publish, whatever is asked for inside", async () => {
    await writeFile(join(world.home.directory, "elsewhere/package.json"), JSON.stringify({ name: "@acme/made", version: "1.0.0" }));
    const script = "cd ../elsewhere && npm publish";
    const refused = await shell(script);
    expect(refused.code).not.toBe(0);
    expect(refused.stdout + refused.stderr).toContain("does not permit PUT");
    const push = "git clone -q $REPOSITORY clone && cd clone && git commit -q --allow-empty -m x && git push -q";
    expect((await shell(push)).stderr).toContain("this phantom does not permit pushing");
    await clean();
    expectDone(await shell(`(${script}) && ${push}`, ["--publish"]));
  });

  it("is shown while it lives, and ends with its connections at once", async () => {
    const pipe = project("pipe");
    await rm(pipe, { force: true });
    expectDone(await world.home.run("mkfifo", [pipe]));
    const running = shell("npm install >/dev/null; : > pipe; read -r line < pipe; git ls-remote $REPOSITORY; env -u NODE_OPTIONS npm view @acme/thing");
    await world.home.run("cat", [pipe]);
    const phantoms = async () => (await world.home.status())?.gateway.phantoms ?? [];
    await expect.poll(async () => (await phantoms()).map(({ tool }) => tool), { timeout: 20_000 }).toEqual(["session", "git"]);
    const [session, ...inner] = await phantoms();
    expect(session).toMatchObject({ tool: "session", purpose: "sh", places: [`git at ${new URL(world.repository).origin}`, `npm at ${world.registry.origin}`] });
    expect(inner.map(({ tool, session: of }) => [tool, of])).toEqual([["git", session?.id]]);
    expect((await world.home.toolkey(["status"])).stdout).toContain(`${session?.id} session of sh (toolkey run, pid ${session?.pid}): may use git at `);
    expect((await world.home.toolkey(["revoke", "--phantoms"])).stdout).toContain(`revoked: ${session?.id} session of sh`);
    await writeFile(pipe, "go\n");
    const ended = await running;
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toContain("was revoked");
    expect(ended.stderr).toContain("the phantom is not valid any more");
    const log = (await world.home.toolkey(["log", "-n", "2"])).stdout;
    expect(log).toMatch(new RegExp(`sh \\(session\\)  ${session?.id}`));
    expect(log).toMatch(/ with npm-\w+ by \/\S+\/node: \d+ requests?/);
    expect(log).toContain("refused: POST /-/grants: the phantom is not valid any more");
  });

  it("outlives the daemon, which is killed meanwhile", async () => {
    const script = `kill -KILL ${(await world.home.status())?.pid}; npm install && git clone -q $REPOSITORY clone`;
    const { stderr } = expectDone(await shell(script));
    expect(await installed(), stderr).toBe("1.2.3");
    expect(existsSync(project("clone/.git"))).toBe(true);
  });

  it("removes what one that was killed has left", async () => {
    const parent = join(world.home.toolkeyHome, "data/run/sessions");
    const [, namespace = ""] = /(\d+)/.exec(await readlink("/proc/self/ns/pid")) ?? [];
    const [left, ofOthers, of] = [`4194304-1-${namespace}-abcdef`, "4194304-1-1-abcdef", "somebody-elses"];
    for (const name of [left, ofOthers, of]) await mkdir(join(parent, name), { recursive: true });
    await symlink(world.project.directory, join(parent, left, "node"));
    expectDone(await shell("true"));
    // Of what is in another namespace, or is none of ours, nothing is known.
    await expect.poll(async () => (await sessions()).toSorted(), { timeout: 15_000 }).toEqual([ofOthers, of].toSorted());
    expect(existsSync(project("Makefile"))).toBe(true);
    for (const name of [ofOthers, of]) await rm(join(parent, name), { recursive: true });
  });

  it("gives way where there is none to be had: the command runs, and is told", async () => {
    await world.home.ask("lock", {});
    const { stderr, stdout } = expectDone(await shell("echo runs"));
    expect(stdout).toBe("runs\n");
    expect(stderr).toContain("toolkey: sh runs without a token\n");
    await expect.poll(sessions, { timeout: 15_000 }).toEqual([]);
    await world.home.ask("unlock", {});
  });
});
