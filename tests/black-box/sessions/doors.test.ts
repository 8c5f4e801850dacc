/** What something inside of a session could try to have more than the session: another one's phantoms, wider ones of its own, changed shims. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientsMissing } from "../../fixtures/tools/clients.ts";
import { BIN, type Ended } from "../../fixtures/homes/home.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { makeSessionWorld, type SessionWorld } from "../../fixtures/homes/session-world.ts";
import { verdaccioMissing } from "../../fixtures/registries/npm/verdaccio.ts";

/** Asks for a phantom that may all, and what that is good for. Arguments: the session's directory, and the registry. */
const GREEDY = `
const { readFileSync } = require("node:fs");
const { request } = require("node:http");
const [directory, registry] = process.argv.slice(2);
const { gateway, phantom } = JSON.parse(readFileSync(directory + "/session.json", "utf8"));
const send = (method, path, token, body = "") => new Promise((resolve) => {
  const asking = request(gateway + path, { method, headers: { authorization: "Bearer " + token, "content-length": Buffer.byteLength(body) } }, async (answer) => {
    let text = "";
    for await (const piece of answer) text += piece;
    resolve(answer.statusCode + " " + (answer.statusCode === 200 ? text : answer.statusMessage));
  });
  asking.on("error", (error) => resolve(error.code)).end(body);
});
const target = (url) => ({ scheme: "https", host: new URL(url).hostname, port: Number(new URL(url).port) || undefined, path: [] });
const claim = (url) => ({ addressing: "url", publishes: true, routes: [{ target: target(url), isAuthorized: true, publishes: true }] });
(async () => {
  const own = phantom.slice(0, -6) + "abcdef";
  console.log("issue", await send("POST", "/-/issue", phantom, JSON.stringify({ phantom: own, tool: "npm", purpose: "greedy", permit: claim(registry) })));
  const place = "/https/" + new URL(registry).host;
  console.log("get", (await send("GET", place + "/@acme%2fthing", own)).slice(0, 40));
  console.log("put", await send("PUT", place + "/@acme%2fthing", own, "{}"));
  console.log("tokens", await send("GET", place + "/-/npm/v1/tokens", own));
})();`;

describe.skipIf(verdaccioMissing() || clientsMissing(["npm", 12]) || missing("setsid"))("inside of a session", () => {
  let world: SessionWorld;
  /** Another session, which lives meanwhile. */
  let other: ChildProcess;
  let lines: Interface;
  let directory: string;
  const environment = (): Readonly<Record<string, string>> => ({ ...world.project.environment, REPOSITORY: world.repository });
  const shell = (script: string, options: readonly string[] = []): Promise<Ended> =>
    world.home.toolkey(["run", ...options, "--", "sh", "-c", script], { cwd: world.project.directory, env: environment() });

  beforeAll(async () => {
    world = await makeSessionWorld();
    await writeFile(join(world.project.directory, "greedy.cjs"), GREEDY);
    other = spawn(join(BIN, "toolkey"), ["run", "--publish", "--", "sh", "-c", 'echo "$TOOLKEY_SESSION"; read -r line; npm view @acme/thing version'], {
      cwd: world.project.directory, env: { ...world.home.environment, ...environment() }, stdio: ["pipe", "pipe", "inherit"],
    });
    world.home.running.add(other);
    lines = createInterface({ input: other.stdout as NodeJS.ReadableStream });
    [directory] = (await once(lines, "line")) as [string];
  });
  afterAll(async () => {
    if (other.exitCode === null) {
      other.stdin?.end("\n");
      await once(other, "close");
    }
    await world.close();
  });

  const greedy = (of: string): string => `node greedy.cjs ${of} ${world.registry.origin}`;

  it("a phantom that is asked for all gets what the session may, and is not for endpoints that make tokens", async () => {
    const { stdout } = await shell(greedy('"$TOOLKEY_SESSION"'));
    expect(stdout).toMatch(/^issue 200 /);
    expect(stdout).toMatch(/^get 200 \{/m);
    expect(stdout).toMatch(/^put 403 toolkey: this phantom does not permit PUT/m);
    expect(stdout).toMatch(/^tokens 403 toolkey: blocked/m);
    for (const secret of world.secrets) expect(stdout).not.toContain(secret);
  });

  it.each<[who: string, run: () => Promise<Ended>]>([
    ["who is of another session", () => shell(greedy(directory))],
    ["who is outside", () => world.home.run("node", ["greedy.cjs", directory, world.registry.origin], { cwd: world.project.directory, env: environment() })],
    ["an orphan that was put there", () => shell(`cp -r ${directory} copied; (setsid ${greedy("copied")} >report 2>&1; : >done) & wait; cat report; rm -r copied report done`)],
  ])("the phantom of another session is of no use to %s", async (_who, run) => {
    const { stdout } = await run();
    expect(stdout).toMatch(/^issue 403 toolkey: the phantom belongs to a session, and this process is not of it/);
    expect(stdout).not.toMatch(/ 200 /);
    // The same goes for git's of that session.
    const env = { ...environment(), TOOLKEY_GIT_PHANTOM: join(directory, "git-phantom") };
    const asked = await world.home.run("sh", ["-c", `. ${directory}/variables; git ls-remote $REPOSITORY`], { cwd: world.project.directory, env });
    expect(asked.code).not.toBe(0);
  });

  it("shims that were changed are those of this session alone", async () => {
    const changed = await shell('rm "$TOOLKEY_SESSION/bin/npm"; printf "#!/bin/sh\\necho changed; cat \\"$TOOLKEY_SESSION\\"/*\\n" > "$TOOLKEY_SESSION/bin/npm"; chmod +x "$TOOLKEY_SESSION/bin/npm"; npm install');
    expect(changed.stdout).toContain("changed");
    for (const secret of world.secrets) expect(changed.stdout).not.toContain(secret);
    expect((await shell("npm view @acme/thing version")).stdout).toBe("1.2.3\n");
  });

  it("variables that were changed lead nowhere else", async () => {
    await cp(directory, join(world.home.directory, "forged"), { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith("/asks") });
    const forged = join(world.home.directory, "forged");
    const { stderr } = await shell(`TOOLKEY_SESSION=${forged} ${forged}/bin/npm view @acme/thing version`);
    expect(stderr).toContain("npm runs without a token");
    await rm(forged, { recursive: true });
  });

  it("a session in a session is the same", async () => {
    const { stderr, stdout } = await shell(`${join(BIN, "toolkey")} run -- sh -c '${greedy('"$TOOLKEY_SESSION"')}'`);
    expect(stdout, stderr).toMatch(/^put 403 /m);
    for (const option of ["--publish", "--sandbox", "--only npm"]) {
      const refused = await shell(`${join(BIN, "toolkey")} run ${option} -- echo started`);
      expect(refused).toMatchObject({ code: 2, stdout: "" });
      expect(refused.stderr).toContain(`${option.split(" ")[0]} is for the start of a session`);
    }
    expect((await shell(`env -u TOOLKEY_SESSION ${join(BIN, "toolkey")} run --publish -- true`)).stderr).toContain("not answered inside of sh");
  });

  it("a variable alone makes nobody inside: what runs by it is sealed, and gets nothing", async () => {
    const forged = join(world.home.directory, "forged-outside");
    await mkdir(forged);
    for (const name of ["session.json", "node", "lead"]) await writeFile(join(forged, name), name === "session.json" ? "{}" : "#!/bin/sh\nexec sh -c \"$ASK\"\n", { mode: 0o755 });
    const ask = `grep NoNewPrivs /proc/self/status; printf 'protocol=https\\nhost=%s\\n\\n' ${new URL(world.repository).host} | ${join(BIN, "git-credential-toolkey")} get`;
    const env = { ...environment(), TOOLKEY_SESSION: forged, ASK: ask };
    for (const options of [["--", "sh", "-c", ask], ["--tool", "npm", "--", "true"]]) {
      const { stdout, stderr } = await world.home.toolkey(["run", ...options], { cwd: world.project.directory, env });
      expect(stdout).toContain("NoNewPrivs:\t1");
      for (const secret of world.secrets) expect(stdout + stderr).not.toContain(secret);
    }
    await rm(forged, { recursive: true });
  });

  it("a program of the project that PATH leads to is not started outside of it", async () => {
    const programs = join(world.project.directory, "own-programs");
    await mkdir(programs);
    await writeFile(join(programs, "git"), `#!/bin/sh\ngrep NoNewPrivs /proc/self/status >> ${programs}/started\n`, { mode: 0o755 });
    const PATH = `${programs}:${world.project.environment["PATH"]}`;
    await world.home.toolkey(["run", "--", "sh", "-c", "git --version"], { cwd: world.project.directory, env: { ...environment(), PATH } });
    expect(new Set((await readFile(join(programs, "started"), "utf8")).trim().split("\n"))).toEqual(new Set(["NoNewPrivs:\t1"]));
    await rm(programs, { recursive: true });
  });

  it.each<[what: string, make: (at: string, precious: string) => string]>([
    ["a link", (at, precious) => `ln -s ${precious} ${at}`],
    ["a pipe", (at) => `mkfifo ${at}`],
    ["a directory", (at) => `mkdir ${at}`],
  ])("%s in the place of what toolkey keeps beside a session costs nobody a file, nor the next one its start", async (_what, make) => {
    const [at, precious] = [join(world.home.toolkeyHome, "data/run/git/found.json"), join(world.home.directory, "precious")];
    await writeFile(precious, "of the person\n");
    await shell(`rm -rf ${at}; ${make(at, precious)}`);
    expect((await shell("git ls-remote -q $REPOSITORY > /dev/null && echo asked")).stdout).toBe("asked\n");
    expect(await readFile(precious, "utf8")).toBe("of the person\n");
    await rm(at, { recursive: true, force: true });
  });

  it("what can't be made for a session is said, and the command runs", async () => {
    const [at, aside] = ["data/run/sessions", "data/run/sessions-aside"].map((path) => join(world.home.toolkeyHome, path));
    await rename(at ?? "", aside ?? "");
    await writeFile(at ?? "", "");
    const ended = await shell("echo runs");
    await rm(at ?? "");
    await rename(aside ?? "", at ?? "");
    expect(ended).toMatchObject({ code: 0, stdout: "runs\n" });
    expect(ended.stderr).toMatch(/^toolkey: cannot make a directory for the command in \S+: EEXIST\ntoolkey: sh runs without a token\n$/);
  });

  it("the other session was not disturbed", async () => {
    expect(existsSync(directory)).toBe(true);
    other.stdin?.end("\n");
    const [line] = (await once(lines, "line")) as [string];
    expect(line).toBe("1.2.3");
    await once(other, "close");
    expect(existsSync(directory)).toBe(false);
  });
});
