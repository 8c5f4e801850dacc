/** Other users of this machine who can reach a socket: modes keep them out, and the daemon does where those fail. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UNKNOWN_CALLER } from "../../src/core/caller.ts";
import { Secret } from "../../src/core/secret.ts";
import { listenForMaven } from "../../src/daemon/maven/sockets.ts";
import { isStranger } from "../../src/daemon/socket/peer.ts";
import { agentServer, listen, prepare } from "../../src/daemon/socket/server.ts";

const NOBODY = 65_534;

let directory: string;

beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), "tk-strangers-")));
  chmodSync(directory, 0o755);
  // Says something, and prints all that comes back.
  writeFileSync(join(directory, "asks.mjs"), `
    import { connect } from "node:net";
    const socket = connect(process.argv[2], () => socket.end("GETPASS\\nBYE\\n")).on("error", () => undefined).once("close", () => console.log("closed"));
    socket.pipe(process.stdout, { end: false });
  `);
});
afterEach(() => rmSync(directory, { recursive: true }));

async function asks(path: string, uid: number | undefined): Promise<string> {
  const child = spawn(process.execPath, [join(directory, "asks.mjs"), path], { stdio: ["ignore", "pipe", "inherit"], ...(uid === undefined ? {} : { uid }) });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await once(child, "close");
  return text;
}

it("a caller is a stranger if the kernel names another user", () => {
  const uid = process.getuid?.() ?? 0;
  expect([isStranger({ ...UNKNOWN_CALLER, uid }), isStranger({ ...UNKNOWN_CALLER, uid: uid + 1 }), isStranger(UNKNOWN_CALLER)]).toEqual([false, true, false]);
});

describe.skipIf(process.getuid?.() !== 0 || process.platform !== "linux")("another user", () => {
  it("gets nothing of the daemon's socket, and nobody hears him", async () => {
    const path = join(directory, "agent.sock");
    let heard = 0;
    const agent = await listen(await prepare(agentServer(), path), path, () => ((heard += 1), Promise.resolve("answer\n")), () => undefined);
    chmodSync(path, 0o777);
    expect([await asks(path, NOBODY), heard]).toEqual(["closed\n", 0]);
    expect([await asks(path, undefined), heard]).toEqual(["answer\nclosed\n", 1]);
    await agent.close();
  });

  it("gets no password of Maven's sockets, and no greeting", async () => {
    const sockets = join(directory, "maven");
    const asked: string[] = [];
    const listening = await listenForMaven(sockets, ["acme"], (name) => (asked.push(name), Promise.resolve(new Secret("S3CRET"))));
    for (const path of [sockets, join(sockets, "acme")]) chmodSync(path, 0o777);
    expect([await asks(join(sockets, "acme"), NOBODY), asked]).toEqual(["closed\n", []]);
    expect(await asks(join(sockets, "acme"), undefined)).toMatch(/^OK /);
    listening.close();
  });
});
