/** A request without Node's sockets: its answer is waited for by the kernel, or by Node if that takes longer. */
import { once } from "node:events";
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { mayBeAsked } from "../../src/client/daemon/answerer.ts";
import { askDirectly } from "../../src/client/daemon/asked-directly.ts";
import { connectSocket } from "../../src/platform/libc-socket.ts";
import { isPeerThere } from "../../src/platform/libc.ts";
import { isMarked } from "../../src/platform/processes/mark.ts";

/** Longer than any answer here takes, in milliseconds. */
const LONG = 60_000;
const ASKED = Buffer.from("asked");
const PATIENT = { patienceMs: LONG, signal: undefined };

let directory: string;
let path: string;
let workers: Worker[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "tk-asked-"));
  path = join(directory, "s");
  workers = [];
});
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.terminate()));
  rmSync(directory, { recursive: true });
});

/** A server in a thread of its own, since this one waits. @param answer what it does with a socket that has sent `asked` */
async function serve(answer: string, first = ""): Promise<Worker> {
  const code = `
    const { createServer } = require("node:net");
    const { parentPort, workerData } = require("node:worker_threads");
    createServer({ allowHalfOpen: true }, (socket) => {
      let asked = "";
      socket.on("error", () => undefined);
      ${first}
      socket.on("data", (chunk) => (asked += chunk)).once("end", () => { ${answer} });
    }).listen(workerData, () => parentPort.postMessage("listens"));`;
  const worker = new Worker(code, { eval: true, workerData: path });
  workers.push(worker);
  await once(worker, "message");
  return worker;
}

const open = (): number => readdirSync("/proc/self/fd").length;
/** The server's ends are of this process, too, and closed a little later. */
const nothingLeft = (before: number): Promise<void> => expect.poll(open, { timeout: 20_000 }).toBeLessThanOrEqual(before);

describe.skipIf(process.platform !== "linux" || isMarked("self") !== false)("askDirectly", () => {
  it("has an answer that is there soon, of one piece or many", async () => {
    await serve('socket.write(asked + "-"); setImmediate(() => { socket.write("x".repeat(300000)); setImmediate(() => socket.end("!")); });');
    const before = open();
    const asked = await askDirectly(path, ASKED, PATIENT);
    expect(await asked?.soon(LONG)).toBe(`asked-${"x".repeat(300_000)}!`);
    asked?.close();
    await nothingLeft(before);
  });

  it("has an empty one from who hangs up", async () => {
    await serve("socket.destroy();");
    const asked = await askDirectly(path, ASKED, PATIENT);
    expect(await asked?.soon(LONG)).toBe("");
    asked?.close();
  });

  it("leaves one that takes longer to Node, with what has come of it", async () => {
    const worker = await serve('socket.write("first-"); parentPort.once("message", () => socket.end("second"));');
    const asked = await askDirectly(path, ASKED, PATIENT);
    expect([await asked?.soon(0), await asked?.soon(1)]).toEqual([undefined, undefined]);
    const answer = asked?.answer();
    worker.postMessage("go on");
    expect(await answer).toBe("first-second");
    asked?.close();
  });

  it("doesn't wait for one without end", async () => {
    await serve('const drip = setInterval(() => socket.write("x"), 1); socket.once("close", () => clearInterval(drip));');
    const leaving = new AbortController();
    const asked = await askDirectly(path, ASKED, { patienceMs: 0, signal: leaving.signal });
    expect(await asked?.soon(100)).toBeUndefined();
    const answer = asked?.answer();
    leaving.abort();
    expect(await answer).toBe("");
    asked?.close();
    asked?.close();
  });

  it("sends what the kernel doesn't take at once, and all of it", async () => {
    await serve("socket.end(String(asked.length));");
    const asked = await askDirectly(path, Buffer.alloc(900_000, "x"), PATIENT);
    expect((await asked?.soon(LONG)) ?? (await asked?.answer())).toBe("900000");
    asked?.close();
  });

  it("waits for who doesn't take it, and for who doesn't answer, as long as it is told", async () => {
    await serve("", "socket.pause();");
    const before = open();
    const told = { code: "unavailable", message: "the daemon does not answer" };
    await expect(askDirectly(path, Buffer.alloc(900_000, "x"), { patienceMs: 100, signal: undefined })).rejects.toMatchObject(told);
    const asked = await askDirectly(path, ASKED, { patienceMs: 100, signal: undefined });
    await expect(asked?.answer()).rejects.toMatchObject(told);
    asked?.close();
    const leaving = new AbortController();
    const left = askDirectly(path, Buffer.alloc(900_000, "x"), { patienceMs: 0, signal: leaving.signal });
    leaving.abort();
    expect(await left).toBeUndefined();
    await nothingLeft(before + 3);
  });

  it("closes once, however often it is told", async () => {
    await serve("socket.end();");
    const asked = await askDirectly(path, ASKED, PATIENT);
    expect(await asked?.soon(LONG)).toBe("");
    asked?.close();
    const file = openSync(path.replace(/s$/, "file"), "w");
    try {
      asked?.close();
      expect(writeSync(file, "still open")).toBe(10);
    } finally {
      closeSync(file);
    }
  });

  it("doesn't ask the heir of who has listened", async () => {
    const script = 'require("node:net").createServer().listen(process.argv[1], () => console.log("listens"))';
    const listener = spawn(process.execPath, ["-e", script, path], { stdio: ["ignore", "pipe", "inherit"] });
    await once(listener.stdout, "data");
    const [first, second] = [connectSocket(path), connectSocket(path)];
    try {
      expect(mayBeAsked(first, path)).toBe(true);
      const isTold = isPeerThere(first) !== undefined;
      const ended = once(listener, "exit");
      listener.kill("SIGKILL");
      await ended;
      // Before Linux 6.5 nobody knows.
      expect(mayBeAsked(second, path)).toBe(!isTold);
    } finally {
      for (const socket of [first, second]) closeSync(socket);
    }
  });

  it("finds nobody, and leaves nothing open", async () => {
    const before = open();
    expect(await askDirectly(path, ASKED, PATIENT)).toBeUndefined();
    writeFileSync(path, "");
    expect(await askDirectly(path, ASKED, PATIENT)).toBeUndefined();
    await nothingLeft(before);
  });

  it("throws what the system says of a path that can't be used", async () => {
    writeFileSync(path, "");
    const before = open();
    await expect(askDirectly(join(path, "s"), ASKED, PATIENT)).rejects.toMatchObject({ code: "ENOTDIR" });
    await nothingLeft(before);
  });
});
