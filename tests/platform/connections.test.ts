/** Whose connections are, of real ones on this machine. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askKernel } from "../../src/platform/libc.ts";
import { clientEnds, endOfConnection, listedEnds, socketsOf } from "../../src/platform/linux/connections.ts";
import { questionFor } from "../../src/platform/linux/socket-questions.ts";
import { otherEnds } from "../../src/platform/processes/connection-owner.ts";

const LOOPBACK = "127.0.0.1";

/** Where nobody accepts, the kernel lets a few connect; the next one waits. */
const STILL_CONNECTING = `
import socket, sys
server = socket.socket()
server.bind(("${LOOPBACK}", 0))
server.listen(0)
ends = []
try:
    while True:
        ends.append(socket.socket())
        ends[-1].settimeout(0.3)
        ends[-1].connect(server.getsockname())
except TimeoutError:
    pass
print(" ".join(str(each.getsockname()[1]) for each in (server, ends[0], ends[-1])), flush=True)
sys.stdin.read()
`;

/** Sends a message of the diagnosis of sockets to somebody's socket for it, as the kernel alone does for who has no such rights. */
const FORGED = `
import socket, sys
socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4).sendto(bytes.fromhex(sys.argv[2]), (int(sys.argv[1]), 0))
`;

/** The port of this process's own socket for the diagnosis of sockets: proc(5). */
function diagnosisPort(): string {
  const own = socketsOf(process.pid);
  const lines = readFileSync("/proc/self/net/netlink", "latin1").split("\n").map((line) => line.trim().split(/\s+/));
  return lines.find(([, protocol, , , , , , , , inode]) => protocol === "4" && own.has(inode ?? ""))?.[2] ?? "";
}

describe.skipIf(process.platform !== "linux")("the end of a connection", () => {
  let server: Server;
  let port: number;
  const accepted: Socket[] = [];
  const clients: Socket[] = [];

  beforeAll(async () => {
    server = createServer((socket) => void accepted.push(socket)).listen(0, LOOPBACK);
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    for (const socket of [...accepted, ...clients]) socket.destroy();
    server.close();
  });

  async function connected(host: string): Promise<{ client: Socket; from: number }> {
    const client = connect(port, host);
    clients.push(client);
    await Promise.all([once(client, "connect"), once(server, "connection")]);
    return { client, from: client.localPort ?? 0 };
  }

  it.each([["of IPv4", LOOPBACK], ["of IPv6, with an address of IPv4", `::ffff:${LOOPBACK}`]])("is asked of the kernel: a socket %s", async (_, host) => {
    const { from } = await connected(host);
    const end = endOfConnection([LOOPBACK, from], [LOOPBACK, port]);
    expect(end).toEqual({ uid: process.getuid?.(), inode: expect.stringMatching(/^[1-9]\d*$/) });
    expect(socketsOf(process.pid)).toContain(end?.inode);
    // The other end is another socket.
    expect(endOfConnection([LOOPBACK, port], [LOOPBACK, from])?.inode).not.toBe(end?.inode);
  });

  it("is the one that /proc lists, where the kernel doesn't answer", async () => {
    const ends = await Promise.all([connected(LOOPBACK), connected(`::ffff:${LOOPBACK}`)]);
    const ports = ends.map(({ from }) => from);
    const asked = clientEnds(port, ports);
    expect([...asked.keys()]).toEqual(ports);
    const listed = listedEnds(port, ports);
    expect(ports.map((each) => listed.get(each))).toEqual(ports.map((each) => asked.get(each)));
  });

  it("is none where somebody only listens at the port, or the other end is another one", async () => {
    expect(endOfConnection([LOOPBACK, port], [LOOPBACK, 1])).toBeUndefined();
    const { from } = await connected(LOOPBACK);
    expect(endOfConnection([LOOPBACK, from], ["127.0.0.2", port])).toBeUndefined();
    expect(clientEnds(port, [1]).size).toBe(0);
  });

  it("is none of a socket that still connects, whose addresses may be those of another one's connection", async () => {
    const program = spawn("python3", ["-c", STILL_CONNECTING], { stdio: ["pipe", "pipe", "inherit"] });
    try {
      const [said] = (await once(program.stdout, "data")) as [Buffer];
      const [to = 0, connected = 0, connecting = 0] = said.toString().trim().split(" ").map(Number);
      expect(endOfConnection([LOOPBACK, connected], [LOOPBACK, to])).toBeDefined();
      expect(endOfConnection([LOOPBACK, connecting], [LOOPBACK, to])).toBeUndefined();
      expect([...listedEnds(to, [connected, connecting]).keys()]).toEqual([connected]);
      expect([...clientEnds(to, [connected, connecting]).keys()]).toEqual([connected]);
    } finally {
      program.kill();
      await once(program, "close");
    }
  });

  it.runIf(process.getuid?.() === 0)("is told by the answer to this question alone: another message is none, nor what was asked before", async () => {
    const { from } = await connected(LOOPBACK);
    const end = endOfConnection([LOOPBACK, from], [LOOPBACK, port]);
    const forged = Buffer.from(askKernel(questionFor([LOOPBACK, from], [LOOPBACK, port])) ?? "");
    // The user and the inode.
    forged.writeUInt32LE(12_345, 16 + 64);
    forged.writeUInt32LE(67_890, 16 + 68);
    execFileSync("python3", ["-c", FORGED, diagnosisPort(), forged.toString("hex")]);
    const answers = [1, 2].map(() => endOfConnection([LOOPBACK, from], [LOOPBACK, port]));
    expect(answers).toEqual([end, end]);
  });

  it("is not the one that has the port by now, of a connection that was cut off meanwhile", async () => {
    const own = createServer({ pauseOnConnect: true }).listen(0, LOOPBACK);
    await once(own, "listening");
    const { port: to } = own.address() as AddressInfo;
    const both = async (localPort?: number): Promise<[client: Socket, ours: Socket]> => {
      const client = connect({ port: to, host: LOOPBACK, localPort });
      const [[ours]] = (await Promise.all([once(own, "connection"), once(client, "connect")])) as [[Socket], unknown];
      accepted.push(ours);
      clients.push(client);
      return [client, ours];
    };
    const [former, cut] = await both();
    expect([...otherEnds([cut]).keys()]).toEqual([cut]);
    const from = former.localPort;
    // Ours is not read meanwhile, as that of a request whose body waits: Node doesn't see its end.
    former.resetAndDestroy();
    await once(former, "close");
    const [, later] = await both(from);
    expect([cut.remotePort, later.remotePort, cut.destroyed]).toEqual([from, from, false]);
    expect([...otherEnds([cut, later]).keys()]).toEqual([later]);
    own.close();
  });

  it("is nobody's once it has ended", async () => {
    const { client, from } = await connected(LOOPBACK);
    client.end();
    const ended = accepted.find((each) => each.remotePort === from);
    ended?.end();
    await Promise.all([once(client, "close"), ended === undefined ? undefined : once(ended, "close")]);
    expect(endOfConnection([LOOPBACK, from], [LOOPBACK, port])).toEqual({ uid: 0, inode: "0" });
    expect(clientEnds(port, [from]).size).toBe(0);
  });
});
