/** The directory of a session, which its command may have changed. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeSessionDirectory, programsOf } from "../../src/client/session/directory.ts";
import { clearCommandDirectories, leaveCommandDirectory, removeCommandDirectory } from "../../src/platform/files/command-directory.ts";

const CONTENT = { shims: { npm: "/shim" }, programs: { node: "/node" } };

let root: string;
const at = (...names: readonly string[]): string => join(root, ...names);
const make = (): string => makeSessionDirectory(root, "sessions", CONTENT);
const remove = async (directory: string): Promise<void> => {
  leaveCommandDirectory(directory);
  await clearCommandDirectories(root);
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "tk-session-"));
  for (const directory of ["other", "other/bin", "other/more"]) mkdirSync(at(directory));
  for (const file of ["other/a", "other/bin/b", "other/more/c"]) writeFileSync(at(file), "");
});
afterEach(() => rmSync(root, { recursive: true }));

it("is not there any more by its name once it is left, and is removed at once if nobody else would", () => {
  const left = make();
  leaveCommandDirectory(left);
  expect(existsSync(left)).toBe(false);
  expect(readdirSync(at("sessions"))).toHaveLength(1);
  removeCommandDirectory(make());
  expect(readdirSync(at("sessions"))).toHaveLength(1);
});

it("is cleared away also where there is none", async () => {
  await expect(clearCommandDirectories(at("nowhere"))).resolves.toBeUndefined();
});

describe("the directory of a session is removed", () => {
  it("with all that was put into it since", async () => {
    const directory = make();
    mkdirSync(join(programsOf(directory), "more"));
    writeFileSync(join(programsOf(directory), "more", "file"), "");
    writeFileSync(join(directory, "-rf *\n"), "");
    await remove(directory);
    expect(readdirSync(at("sessions"))).toEqual([]);
  });

  it.each<[what: string, change: (directory: string) => void]>([
    ["its programs", (directory) => {
      rmSync(programsOf(directory), { recursive: true });
      symlinkSync(at("other"), programsOf(directory));
    }],
    ["the directory itself", (directory) => {
      renameSync(directory, at("elsewhere"));
      symlinkSync(at("other"), directory);
    }],
  ])("and nothing that a link in the place of %s leads to", async (_what, change) => {
    const directory = make();
    change(directory);
    await remove(directory);
    expect(["other/a", "other/bin/b", "other/more/c"].map((file) => existsSync(at(file)))).toEqual([true, true, true]);
    expect(readdirSync(at("sessions"))).toEqual([]);
  });

  it("nor what is behind a link in the place of all of them", async () => {
    mkdirSync(at("other/1-1-1-ending"));
    symlinkSync(at("other"), at("sessions"));
    await clearCommandDirectories(root);
    expect(existsSync(at("other/1-1-1-ending"))).toBe(true);
  });

  it("nor what is behind a link that takes the place of a directory while it is looked through", async () => {
    const [victim, passes] = [at("other"), 300];
    mkdirSync(at("sessions"));
    // In a thread of its own: once the first file is gone, the directory is another.
    const script = `
      const { existsSync, renameSync, rmSync, symlinkSync } = require("node:fs");
      const { parentPort, workerData: { place, victim } } = require("node:worker_threads");
      const ignore = (change) => { try { change(); } catch {} };
      parentPort.on("message", () => {
        while (existsSync(place + "/0") ) ;
        ignore(() => { renameSync(place, place + "-aside"); symlinkSync(victim, place); });
        parentPort.postMessage("done");
      });`;
    const place = at("sessions/1-1-1-ending/k");
    const swapping = new Worker(script, { eval: true, workerData: { place, victim } });
    try {
      for (let pass = 0; pass < passes; pass += 1) {
        mkdirSync(place, { recursive: true });
        for (const name of ["0", "a", "bin", "more"]) writeFileSync(join(place, name), "");
        const done = once(swapping, "message");
        swapping.postMessage("go");
        await clearCommandDirectories(root);
        await done;
        rmSync(at("sessions/1-1-1-ending"), { recursive: true, force: true });
      }
    } finally {
      await swapping.terminate();
    }
    expect(["other/a", "other/bin/b", "other/more/c"].map((file) => existsSync(at(file)))).toEqual([true, true, true]);
  });

  it("but for what is too deep, which keeps nothing beside it", async () => {
    const left = `${make().replace(/\w{6}$/, "ending")}`;
    mkdirSync(join(left, ...Array.from({ length: 100 }, () => "deep")), { recursive: true });
    for (const name of ["a", "z"]) writeFileSync(join(left, name), "");
    const before = readdirSync("/dev/fd").length;
    await clearCommandDirectories(root);
    expect(readdirSync(left)).toEqual(["deep"]);
    expect(readdirSync("/dev/fd").length).toBeLessThanOrEqual(before);
  });

  it("nor what a link leads to that has the name of one whose toolkey is gone", async () => {
    await remove(make());
    const namespace = /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "";
    symlinkSync(at("other"), at("sessions", `999999-1-${namespace}-abcdef`));
    await remove(make());
    expect(["other/a", "other/bin/b", "other/more/c"].map((file) => existsSync(at(file)))).toEqual([true, true, true]);
    expect(readdirSync(at("sessions"))).toEqual([]);
  });
});
