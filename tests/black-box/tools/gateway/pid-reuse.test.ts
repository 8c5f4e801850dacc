/** Who is inside and has its connection judged by the id that it had: of a process that has ended, the system gives the id to another one. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { socketOf, whenFile } from "../../../fixtures/processes/daemon-process.ts";
import { makeHome, type TestHome } from "../../../fixtures/homes/home.ts";

const SECRET = "the-real-token";
/** Which id comes next, for root. */
const LAST_PID = "/proc/sys/kernel/ns_last_pid";

/** Connects, sends a part of its request, and leaves the connection to a child, which sends the rest once it is told to. */
const FIRST = `
import { connect } from "node:net"; import { spawn } from "node:child_process";
const [socket, part, second] = process.argv.slice(2);
const connection = connect(socket, () => connection.write(part, () => {
  spawn(process.execPath, [second, ...process.argv.slice(5)], { stdio: [connection, "inherit", "inherit"], env: { ...process.env, FIRST: String(process.pid) }, detached: true });
  process.exit();
}));`;
const SECOND = `
import { existsSync, watch, writeFileSync } from "node:fs"; import { dirname } from "node:path"; import { Socket } from "node:net";
const [rest, ready, go] = process.argv.slice(2);
const connection = new Socket({ fd: 0, allowHalfOpen: true });
connection.on("data", (text) => process.stdout.write(text)).on("end", () => process.exit());
const send = () => { if (existsSync(go)) connection.end(rest); };
watch(dirname(go), send);
const wait = () => existsSync("/proc/" + process.env.FIRST) ? setImmediate(wait) : writeFileSync(ready, process.env.FIRST);
wait();`;

let home: TestHome;
let [signs, ready, go] = ["", "", ""];

beforeAll(async () => {
  home = await makeHome();
  await home.init();
  await home.addGitToken("https://git.example", "alice", SECRET);
  writeFileSync(join(home.directory, "first.mjs"), FIRST);
  writeFileSync(join(home.directory, "second.mjs"), SECOND);
});
beforeEach(() => {
  signs = join(home.directory, "signs");
  rmSync(signs, { recursive: true, force: true });
  mkdirSync(signs);
  [ready, go] = [join(signs, "ready"), join(signs, "go")];
});
afterAll(() => home.dispose());

/** Starts processes outside until one has this id. */
function startAs(pid: number): ChildProcess {
  for (;;) {
    writeFileSync(LAST_PID, String(pid - 1));
    const child = spawn("sleep", ["600"], { stdio: "ignore" });
    if (child.pid === pid) return child;
    child.kill("SIGKILL");
  }
}

/** @param before and after the id is another's */
async function ask(part: string, rest: string, { before, after }: { before?: () => void; after?: () => void } = {}): Promise<string> {
  before?.();
  const ended = home.run("setpriv", ["--no-new-privs", "--", process.execPath, join(home.directory, "first.mjs"), socketOf(home), part, join(home.directory, "second.mjs"), rest, ready, go]);
  await whenFile(ready, () => existsSync(ready) && readFileSync(ready, "latin1") !== "", ended);
  const other = startAs(Number(readFileSync(ready, "latin1")));
  try {
    after?.();
    writeFileSync(go, "");
    return (await ended).stdout;
  } finally {
    other.kill("SIGKILL");
  }
}

function mayChoose(): boolean {
  try {
    writeFileSync(LAST_PID, readFileSync(LAST_PID));
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!mayChoose())("a process inside whose id is given to another one outside", () => {
  it("is given nothing between the halves of its request", async () => {
    const answer = await ask("action=get\ntimeout=900\n", "protocol=https\nhost=git.example\n\n");
    expect(answer).not.toContain(SECRET);
  });

  it("is given nothing if the daemon had not looked at it yet", async () => {
    const daemon = (await home.status())?.pid ?? 0;
    const answer = await ask("action=get\ntimeout=900\n", "protocol=https\nhost=git.example\n\n", { before: () => process.kill(daemon, "SIGSTOP"), after: () => process.kill(daemon, "SIGCONT") });
    expect(answer).not.toContain(SECRET);
    expect((await home.helper("get", "protocol=https\nhost=git.example\n\n")).stdout).toContain(SECRET);
  });
});
