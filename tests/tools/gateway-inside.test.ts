/** What a script inside of a command that goes through the gateway tries, to get at the token or further than the command. */
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createServer as createTlsServer, type Server } from "node:https";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { renderRequest } from "../../src/core/wire.ts";
import { BIN, expectDone, makeHome, type TestHome } from "../fixtures/home.ts";
import { makeTls, type TestTls } from "../fixtures/tls.ts";

const SECRET = "the-real-token-of-npm";
const TOOLKEY = `'${join(BIN, "toolkey")}'`;
const DENIED = "a token was asked for inside of sh, which goes through the gateway so that what it starts has none";

let tls: TestTls;
let server: Server;
let url: string;
let home: TestHome;
let project: string;
let seen: string[] = [];

beforeAll(async () => {
  tls = await makeTls();
  server = createTlsServer({ key: tls.key, cert: tls.cert }, (incoming, response) => {
    seen.push(`${incoming.method ?? ""} ${incoming.headers.authorization ?? ""}`);
    response.end("well");
  });
  server.listen(0, "localhost");
  await once(server, "listening");
  url = `https://localhost:${(server.address() as AddressInfo).port}/`;
});
beforeEach(async () => {
  seen = [];
  home = await makeHome();
  await home.init();
  expectDone(await home.toolkey(["add", url, "--tool", "npm"], { stdin: SECRET }));
  project = join(home.directory, "project");
  await mkdir(project);
  writeFileSync(join(home.directory, ".npmrc"), `registry=${url}\n`);
});
afterEach(() => home.dispose());
afterAll(async () => {
  server.closeAllConnections();
  server.close();
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
      const socket = connect(${JSON.stringify(join(home.toolkeyHome, "run", "agent.sock"))}, () => {
        spawn(process.execPath, [${JSON.stringify(asker)}], { stdio: [socket, "ignore", "inherit"] }).once("spawn", () => process.exit());
      });`);
    writeFileSync(asker ?? "", `
      import { readFileSync, writeFileSync } from "node:fs";
      import { Socket } from "node:net";
      setTimeout(() => {
        const socket = new Socket({ fd: 0 });
        let text = "";
        socket.on("data", (chunk) => (text += chunk)).on("close", () => writeFileSync(${JSON.stringify(told)}, text));
        socket.end(readFileSync(${JSON.stringify(request)}));
      }, 300);`);
    await inside(`'${process.execPath}' '${opener ?? ""}'; sleep 2`);
    expect(existsSync(told ?? "") ? readFileSync(told ?? "", "utf8") : "nothing").toContain(DENIED);
  });
});

describe("a command that a script starts", () => {
  const CLIENT = `
    import { readFileSync } from "node:fs";
    import { request } from "node:http";
    const { npm_config_registry: registry, npm_config_userconfig: file } = process.env;
    const [, phantom] = /:_authToken=(.*)/.exec(readFileSync(file, "utf8"));
    request(registry + "x", { method: process.argv.at(-1), agent: false, headers: { authorization: "Bearer " + phantom } }, (answer) => console.log(answer.resume().statusCode, answer.statusMessage)).end();`;
  const client = (method: string): string => `'${process.execPath}' '${join(home.directory, "client.mjs")}' publish ${method}`;
  beforeEach(() => writeFileSync(join(home.directory, "client.mjs"), CLIENT));

  it.each(["", `${TOOLKEY} revoke --phantoms; `])("gets no phantom, nor has the gateway go where the script listens: %j", async (before) => {
    let asked = 0;
    const proxy = createServer((socket) => {
      asked += 1;
      socket.destroy();
    }).listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const evil = `https_proxy=http://127.0.0.1:${(proxy.address() as AddressInfo).port} NODE_EXTRA_CA_CERTS=/etc/hostname`;
    const { stdout, stderr } = await inside(`${before}${evil} ${TOOLKEY} run --tool npm --publish -- ${client("PUT")}`);
    proxy.close();
    expect(stdout).toMatch(/^403 /m);
    expect(stderr.match(/gets a phantom/g)).toHaveLength(1);
    expect([asked, seen]).toEqual([0, []]);
  });
});
