/** What is told of processes on macOS, from bytes in the form in which its kernel writes them. Nothing of this was run on a Mac. */
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import fc from "fast-check";
import koffi from "koffi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kernelOf } from "../../src/platform/libc-macos.ts";
import type { Kernel } from "../../src/platform/macos/kernel.ts";
import { loopbackEnds, processIds, socketDescriptors, startOf } from "../../src/platform/macos/structures.ts";
import { processesOf } from "../../src/platform/macos/processes.ts";
import type { ConnectionTable, ProcessTable } from "../../src/platform/processes/process-table.ts";
import { recorded, recordedLibrary } from "../fixtures/processes/macos/macos-kernel.ts";
import { missing } from "../fixtures/programs/programs.ts";

const ALICE = 501;
/** The daemon, as it were. */
const SELF = { pid: 402, uid: ALICE };
/** More than a number of JavaScript's holds. */
const H1 = String(0xf3a1_b2c3_d4e5_f607n);
const H2 = String(0x8899_aabb_ccdd_eeffn);

describe.skipIf(missing("as", "gcc", "ld"))("processes on macOS, asked by the calls of its C library", () => {
  let table: ConnectionTable & ProcessTable;
  const libraries: string[] = [];
  const recordedKernel = (options?: Parameters<typeof recordedLibrary>[0]): Kernel => {
    const library = recordedLibrary(options);
    libraries.push(library);
    return kernelOf(koffi.load(library));
  };
  beforeAll(() => void (table = processesOf(recordedKernel(), SELF)));
  afterAll(() => {
    for (const library of libraries) rmSync(dirname(library), { recursive: true });
  });

  const lineage = (pid: number): unknown => {
    const { process, ...above } = table.lineageOf(pid) ?? {};
    expect(process).toEqual(table.identify(pid));
    return above;
  };

  it("tell whose connections are, since the kernel tells of the one that asks", () => {
    expect(table.tellsOwners).toBe(true);
  });

  it("are told apart by the number that the kernel gives to one only", () => {
    expect(table.identify(520)).toEqual({ pid: 520, startTime: "3010" });
    expect(table.identify(540)).toBeUndefined();
  });

  it("are followed up to launchd, past those of root", () => {
    const ancestors = [[525, 3022], [520, 3010], [510, 3001], [402, 2212], [401, 2211], [400, 2210], [1, 1]].map(([pid, id]) => ({ pid, startTime: String(id) }));
    expect(lineage(530)).toEqual({ ancestors, complete: true });
  });

  it("are not believed to be launchd's own once they have lost their parent, whatever they run since", () => {
    expect(lineage(600)).toEqual({ ancestors: [{ pid: 1, startTime: "1" }], complete: false });
    expect(lineage(601)).toEqual({ ancestors: [{ pid: 600, startTime: "3100" }, { pid: 1, startTime: "1" }], complete: false });
  });

  it("are somebody's whom nobody knows where the kernel does not tell who started them, or that one is not what it was", () => {
    expect(lineage(700)).toMatchObject({ complete: false, ancestors: [{ pid: 402 }, { pid: 401 }, { pid: 400 }, { pid: 1 }] });
    expect(lineage(701)).toMatchObject({ complete: false });
    expect(lineage(801)).toEqual({ ancestors: [], complete: false });
  });

  it("have no lineage once they have ended", () => {
    expect(table.lineageOf(540)).toBeUndefined();
  });

  it("have children, the eldest first, without the dead", () => {
    expect(table.childrenOf(510)).toEqual([520, 521]);
    expect(table.childrenOf(521)).toEqual([]);
    expect(table.childrenOf(12345)).toEqual([]);
  });

  it("of our user are listed", () => {
    expect(table.allProcesses()).toEqual([540, 521, 520, 510, 402, 400]);
  });

  it("have a program, a directory, and paths that are meant from there", () => {
    expect(table.programOf(520)).toBe("/opt/homebrew/Cellar/node/26.1.0/bin/node");
    expect(table.programOf(521)).toBeUndefined();
    expect(table.directoryOf(520)).toBe("/Users/alice/Projets/été");
    expect(table.directoryOf(521)).toBeUndefined();
    expect(table.pathFor(520, "node_modules/pnpm")).toBe("/Users/alice/Projets/été/node_modules/pnpm");
    expect(table.pathFor(520, "/opt/x")).toBe("/opt/x");
  });

  it("have arguments and variables, as bytes", () => {
    expect(table.commandLineOf(530)).toEqual(["git-remote-https", "origin", "https://git.example.com/Ã©quipe/app.git"]);
    expect(table.environmentOf(530)).toEqual({ HOME: "/Users/alice", EMPTY: "", PS1: "a=b" });
    expect([table.commandLineOf(402), table.environmentOf(402)]).toEqual([["sh", ""], {}]);
    expect([table.commandLineOf(520), table.environmentOf(520)]).toEqual([["node"], { A: "1", ptr_munge: "" }]);
    expect([table.commandLineOf(1), table.environmentOf(1)]).toEqual([[], {}]);
  });

  it("have files in their memory", () => {
    expect(table.librariesOf(520)).toEqual([
      "/Applications/Eclipse.app/Contents/MacOS/eclipse",
      "/Applications/Eclipse.app/Contents/Eclipse/plugins/org.eclipse.equinox.launcher.cocoa.macosx.aarch64_1.2/eclipse_11904.so",
    ]);
    expect(table.librariesOf(521)).toEqual([]);
  });

  it("own the ends of connections, by the same number in the table of connections and among their descriptors", () => {
    const ends = table.clientEnds(24_117, [51_000, 51_001, 51_002, 51_003, 51_004, 51_005, 51_006, 51_007, 51_008]);
    expect([...ends]).toEqual([
      [51_000, { uid: ALICE, inode: H1 }],
      [51_001, { uid: ALICE, inode: H2 }],
      [51_002, { uid: 502, inode: String(0x4444) }],
      // A browser's own network stack.
      [51_007, { uid: ALICE, inode: "process 521" }],
    ]);
    expect(table.clientEnds(24_117, [51_001]).size).toBe(1);
    expect(table.socketsOf(520)).toEqual(new Set([String(0xdead_beef), H1, "process 520"]));
    expect(table.socketsOf(521)).toEqual(new Set([H2, "process 521"]));
    expect(table.socketsOf(1)).toEqual(new Set(["process 1"]));
  });

  it("are of one start of the system", () => {
    expect(table.startOfSystem()).toBe("7C1D2E3F-0A1B-4C5D-8E9F-A0B1C2D3E4F5");
  });

  it("are told of also where the table grows while it is read", () => {
    expect(processesOf(recordedKernel({ grows: true }), SELF).clientEnds(24_117, [51_000]).size).toBe(1);
  });
});

it("decides nothing where the kernel tells nothing, not even of the process that asks", () => {
  const silent = { processInfo: () => undefined, socketInfo: () => undefined, processes: () => undefined, programOf: () => undefined, setting: () => undefined };
  const table = processesOf(silent, SELF);
  expect(table.tellsOwners).toBe(false);
  expect([table.identify(402), table.childrenOf(402), table.allProcesses(), table.commandLineOf(402), table.clientEnds(1, [2]).size]).toEqual([undefined, [], [], [], 0]);
  expect([table.directoryOf(402), table.librariesOf(402), table.startOfSystem()]).toEqual([undefined, [], undefined]);
});

describe("what the kernel of macOS writes", () => {
  const table = recorded("sysctl/net.inet.tcp.pcblist_n");
  const started = recorded("sysctl/1.49.530");

  it("is read as far as it goes where it is cut short", () => {
    for (let length = 0; length < table.length; length += 1) expect(loopbackEnds(table.subarray(0, length)).length).toBeLessThanOrEqual(8);
    for (let length = 0; length < started.length; length += 1) expect(startOf(started.subarray(0, length)).commandLine.length).toBeLessThanOrEqual(3);
    expect(processIds(Buffer.from([1, 0, 0, 0, 2, 0]))).toEqual([1]);
    expect(socketDescriptors(Buffer.alloc(7))).toEqual([]);
  });

  it("has an end, whatever it is", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat({ max: 2000 }), (bytes, at) => {
        const damaged = Buffer.from(table);
        damaged.set(bytes.subarray(0, Math.max(0, damaged.length - at)), Math.min(at, damaged.length));
        loopbackEnds(damaged);
        startOf(Buffer.from(bytes));
        processIds(Buffer.from(bytes));
        socketDescriptors(Buffer.from(bytes));
      }),
    );
  });
});
