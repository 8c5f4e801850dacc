/** A command that goes through the gateway, whatever becomes of the daemon, the token or the phantom meanwhile. */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { get, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { RunView } from "../../../../src/core/gateway/views.ts";
import { Secret } from "../../../../src/core/secret.ts";
import { hashOf } from "../../../../src/gateway/phantoms/phantoms.ts";
import { identify } from "../../../../src/platform/processes/process-tree.ts";
import { sendOperation } from "../../../fixtures/processes/daemon-process.ts";
import { matrix } from "../../../fixtures/form.ts";
import { hear } from "../../../fixtures/processes/heard.ts";
import { BIN, expectDone, makeHome, type TestHome } from "../../../fixtures/homes/home.ts";
import { keepUnderPassphrase, PASSPHRASE } from "../../../fixtures/homes/locked-home.ts";
import { makeTls, serveTls, type TestTls } from "../../../fixtures/network/tls.ts";

const SECRET = "the-real-token-of-npm";

/** Asks for each path that it is told, as npm would, and prints what came back. */
const CLIENT = `
import { readFileSync } from "node:fs";
import { get } from "node:http";
import { createInterface } from "node:readline";
const { npm_config_registry: registry, npm_config_userconfig: file } = process.env;
const [, phantom] = /:_authToken=(.*)/.exec(readFileSync(file, "utf8"));
for await (const path of createInterface({ input: process.stdin })) {
  const ask = () => new Promise((resolve) => get(registry + path, { headers: { authorization: "Bearer " + phantom } }, resolve).on("error", (error) => resolve(error)));
  let answer = await ask();
  while (path === "until-refused" && answer.resume?.().statusCode === 200) answer = await ask();
  if (answer instanceof Error) { console.log(path, answer.code); continue; }
  console.log(path, answer.statusCode, answer.statusMessage);
  try { for await (const chunk of answer) if (chunk.toString().includes("begin")) console.log(path, "begin"); } catch (error) { console.log(path, error.code); }
}`;

/** A running \`toolkey run\`, which is told what to do line by line. */
interface Running {
  readonly process: ChildProcessWithoutNullStreams;
  /** Tells it, and waits for a line of its output that begins so. */
  ask(path: string, until?: RegExp): Promise<string>;
  /** Waits for a line on standard error. */
  said(text: RegExp): Promise<string>;
  /** Lets it end; returns what it said. */
  end(): Promise<string>;
}

let tls: TestTls;
let server: Awaited<ReturnType<typeof serveTls>>;
let url: string;
let home: TestHome;
let project: string;
let answer: (incoming: IncomingMessage, response: ServerResponse) => unknown;
let seen: (string | undefined)[] = [];

beforeAll(async () => {
  tls = await makeTls();
  server = await serveTls(tls, (incoming, response) => {
    seen.push(incoming.headers.authorization);
    void answer(incoming, response);
  });
  url = `${server.origin}/`;
});
beforeEach(async () => {
  seen = [];
  answer = (_incoming, response) => response.end("well");
  home = await makeHome();
  await home.init(tls.caFile);
  await home.addToken("npm", url, SECRET);
  project = join(home.directory, "project");
  await mkdir(project);
  writeFileSync(join(home.directory, ".npmrc"), `registry=${url}\n`);
  writeFileSync(join(project, "client.mjs"), CLIENT);
});
afterEach(() => home.dispose());
afterAll(async () => {
  await server.close();
  await tls.remove();
});

function start(): Running {
  const child = spawn(join(BIN, "toolkey"), ["run", "--tool", "npm", "--", process.execPath, "client.mjs", "install"], {
    cwd: project,
    env: { ...home.environment, NODE_EXTRA_CA_CERTS: tls.caFile },
  });
  const heard = hear(child);
  return {
    process: child,
    ask(path, until = new RegExp(`^${path} `)) {
      const from = heard.stdout.length;
      child.stdin.write(`${path}\n`);
      return heard.line(until, { from });
    },
    said: (pattern) => heard.line(pattern, { channel: "stderr" }),
    async end() {
      child.stdin.end();
      if (child.exitCode === null && child.signalCode === null) await once(child, "close");
      return heard.stderr;
    },
  };
}

async function daemonPid(): Promise<number> {
  return (await home.status())?.pid ?? 0;
}

describe("a command", () => {
  it("hears once, before it happens, that the vault closes however much it is used, if only a person can open it again", async () => {
    await mkdir(join(home.toolkeyHome, "config"), { recursive: true });
    writeFileSync(join(home.toolkeyHome, "config", "config.toml"), '[lock]\nabsolute = "4m"\n');
    await home.stop();
    await keepUnderPassphrase(home);
    // Starts the daemon, which then waits for its passphrase.
    await home.run("setsid", ["--wait", "toolkey", "list"]);
    await sendOperation(home, "unlock", JSON.stringify({ passphrase: PASSPHRASE }));
    const { locksAt } = (await home.status())?.vault ?? {};

    const run = start();

    expect(await run.said(/closes/)).toBe(`toolkey: the vault closes at ${locksAt}, however much it is used; what the command asks for after that is refused`);
    expect(await run.ask("a")).toBe("a 200 OK");
    const said = await run.end();
    expect(said.split("closes at")).toHaveLength(2);
    expect(said).toContain("hint: to keep it open for longer, in another terminal: toolkey lock && toolkey unlock\n");
  });

  it("gets a phantom, and the host the real token", async () => {
    const run = start();
    expect(await run.ask("a")).toBe("a 200 OK");
    const status = await home.status();
    expect(status?.gateway.phantoms).toMatchObject([{ tool: "npm", purpose: "node", places: [url.slice(0, -1)], publishes: false }]);
    const said = await run.end();
    expect(said).toMatch(/^toolkey: \S*node uses npm-\w+ for https:\/\/localhost:\d+ through the gateway\n$/);
    expect(seen).toEqual([`Bearer ${SECRET}`]);
    expect((await home.status())?.gateway.phantoms).toEqual([]);
    const shown = expectDone(await home.toolkey(["log"])).stdout;
    expect(shown).toMatch(/node \(npm\) {2}p-\w+\n {2}localhost:\d+ with npm-\w+: 1 request, 4 B received\n$/);
    const runs = JSON.parse(expectDone(await home.toolkey(["log", "--json"])).stdout) as RunView[];
    expect(runs).toMatchObject([{ tool: "npm", purpose: "node", traffic: [{ requests: 1, received: 4, sent: 0 }], refused: [] }]);
    const kept = ["log/runs.jsonl", "log/daemon.log", "config/gateway.json"].map((file) => readFileSync(join(home.toolkeyHome, file), "utf8")).join("");
    expect(kept).not.toContain(SECRET);
    expect(kept).not.toContain("tkphantom_");
  });

  it.each(matrix<[string, (pid: number) => Promise<unknown>]>([["is killed", async (pid) => process.kill(pid, "SIGKILL")]], [
    ["is stopped", async () => expectDone(await home.toolkey(["stop"]))],
  ]))("goes on when the daemon %s, and says in one line what happened", async (_how, end) => {
    const run = start();
    expect(await run.ask("before")).toBe("before 200 OK");
    const pid = await daemonPid();
    await end(pid);
    await run.said(/the daemon stopped/);
    expect(await run.ask("after")).toBe("after 200 OK");
    expect(await daemonPid()).not.toBe(pid);
    const said = await run.end();
    expect(said.split("\n").filter((line) => line.includes("daemon"))).toEqual(["toolkey: the daemon stopped and was started again; a request in between may have failed"]);
    expect(seen).toEqual([`Bearer ${SECRET}`, `Bearer ${SECRET}`]);
  });

  it("gets a phantom that looks like the token, where programs know such tokens by their form", async () => {
    const [token] = await home.tokens();
    expectDone(await home.toolkey(["replace", token?.id ?? ""], { stdin: `npm_${"aB1".repeat(12)}` }));
    const { stdout } = expectDone(await home.toolkey(["run", "--tool", "npm", "--", "sh", "-c", 'cat "$npm_config_userconfig"; : install'], { cwd: project }));
    expect(stdout).toMatch(/:_authToken=npm_tkphantom[A-Za-z0-9]{27}\n/);
  });

  it("shares nothing with who forges an entry of his own into the gateway's file, and has the daemon killed", async () => {
    const run = start();
    expect(await run.ask("before")).toBe("before 200 OK");
    const file = join(home.toolkeyHome, "config", "gateway.json");
    const kept = JSON.parse(readFileSync(file, "utf8")) as { phantoms: { permit: object }[]; port: number };
    const forged = new Secret("tkphantom_of-who-forges");
    const [own] = kept.phantoms;
    writeFileSync(file, JSON.stringify({ ...kept, phantoms: [...kept.phantoms, { ...own, id: "p-forged", hash: hashOf(forged), starter: identify(process.pid), permit: { ...own?.permit, holder: "descendants" } }] }));
    process.kill(await daemonPid(), "SIGKILL");
    await run.said(/the daemon stopped/);
    expect(await run.ask("after")).toBe("after 200 OK");
    const asked = get(`http://127.0.0.1:${kept.port}/after`, { headers: { authorization: `Bearer ${forged.reveal()}` } });
    const [answered] = (await once(asked, "response")) as [IncomingMessage];
    expect(`${answered.resume().statusCode} ${answered.statusMessage}`).toContain("403 toolkey: nothing shows that toolkey itself kept this phantom");
    await run.end();
    expect(seen).toHaveLength(2);
  });

  it("is cut off at once when its phantom is revoked, in the middle of a download", async () => {
    answer = (_incoming, response) => response.writeHead(200, { "content-type": "application/octet-stream" }).write("begin".padEnd(1000));
    const run = start();
    await run.ask("long", /^long begin/);
    const revoked = expectDone(await home.toolkey(["revoke", "--phantoms"]));
    expect(revoked.stdout).toMatch(/^revoked: p-\w+ node \(toolkey run, pid \d+\): https:\/\/localhost:\d+, until /);
    await run.said(/the phantom of this command was revoked; what it still asks for is refused/);
    answer = (_incoming, response) => response.end("well");
    expect(await run.ask("more")).toMatch(/^more 403 toolkey: the phantom is not valid any more/);
    await run.end();
    expect(seen).toHaveLength(1);
  });

  it("is told what to do when its token is revoked meanwhile; the others live on", async () => {
    await home.addToken("pnpm", url, "another-one");
    const run = start();
    expect(await run.ask("a")).toBe("a 200 OK");
    const [token] = (await home.tokens()).filter(({ tool }) => tool === "npm");
    await home.ask("revoke", { ids: [token?.id ?? ""], local: true });
    expect(await run.ask("b")).toMatch(/^b 403 toolkey: .* - toolkey add https:\/\/localhost:\d+ --tool npm$/);
    await run.end();
  });

  it("that lives longer than 'toolkey run' has nothing left", async () => {
    const run = start();
    expect(await run.ask("a")).toBe("a 200 OK");
    const refused = run.ask("until-refused");
    run.process.kill("SIGKILL");
    expect(await refused).toMatch(/^until-refused (401|403) /);
  });

  it("runs without a token where another program has the gateway's port, and says which", async () => {
    expectDone(await home.toolkey(["run", "--tool", "npm", "--", "true", "install"], { cwd: project }));
    const { port } = JSON.parse(readFileSync(join(home.toolkeyHome, "config/gateway.json"), "utf8")) as { port: number };
    await home.stop();
    const other = createServer((socket) => socket.destroy()).listen(port, "127.0.0.1");
    await once(other, "listening");
    const ended = await home.toolkey(["run", "--tool", "npm", "--", "sh", "-c", "env | grep -c npm_config; exit 7"], { cwd: project });
    expect(ended).toMatchObject({ code: 7, stdout: "0\n" });
    expect(ended.stderr).toContain(`toolkey: the gateway can't listen on port ${port}: another program does\nhint: end that program, or choose another port in ${home.toolkeyHome}/config/gateway.json; 'toolkey run --direct' does without\n`);
    other.close();
    await once(other, "close");
    expect((await home.toolkey(["run", "--tool", "npm", "--", "true", "install"], { cwd: project })).stderr).toContain("through the gateway");
  });

  it("is told of a file of the gateway's that is damaged", async () => {
    expectDone(await home.toolkey(["run", "--tool", "npm", "--", "true", "install"], { cwd: project }));
    await home.stop();
    const file = join(home.toolkeyHome, "config/gateway.json");
    // As a person may leave it who has edited it.
    writeFileSync(file, readFileSync(file, "utf8").replace(",", ""));
    const ended = await home.toolkey(["run", "--tool", "npm", "--", "true", "install"], { cwd: project });
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain("config/gateway.json is not what it should be\nhint: delete it");
    expect(expectDone(await home.toolkey(["list"])).stdout).toContain("npm");
  });
});
