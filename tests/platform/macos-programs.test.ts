/**
 * Programs that take themselves for one on macOS: `process.platform` says so, and a library with the functions of its libSystem is loaded
 * before that of Linux. The rest is Linux; nothing of this was run on a Mac.
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PROGRAM } from "../fixtures/programs/bundle.ts";
import { recordedLibrary } from "../fixtures/processes/macos/macos-kernel.ts";
import { missing } from "../fixtures/programs/programs.ts";
import { expectDone, runToEnd } from "../fixtures/homes/home.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

describe.skipIf(process.platform !== "linux" || missing("as", "gcc", "ld"))("a program that takes itself for one on macOS", () => {
  let directory: string;
  let library: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "tk-as-macos-"));
    library = recordedLibrary();
    const source = join(directory, "parts.ts");
    const parts = ["libc", "paths", "processes/process-tree", "processes/connection-owner", "processes/of-this-system", "processes/script-mark"];
    writeFileSync(source, parts.map((part) => `export * from ${JSON.stringify(join(ROOT, "src/platform", `${part}.ts`))};`).join("\n"));
    buildSync({ ...PROGRAM, entryPoints: [source], outfile: join(directory, "parts.cjs") });
    buildSync({ ...PROGRAM, entryPoints: [join(ROOT, "src/platform/libc-macos.ts")], outfile: join(directory, "macos.cjs") });
    // koffi has another addon for it.
    const addons = join(directory, "node_modules", "@koromix");
    mkdirSync(addons, { recursive: true });
    symlinkSync(join(ROOT, "node_modules", "@koromix", `koffi-linux-${process.arch}`), join(addons, `koffi-darwin-${process.arch}`));
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
    rmSync(dirname(library), { recursive: true });
  });

  /** @param script in which `parts` are ours; what it prints is JSON */
  async function onMacos(script: string): Promise<{ told: unknown; stderr: string }> {
    const environment = { PATH: process.env["PATH"] ?? "", LD_PRELOAD: library, HOME: "/Users/alice" };
    const before = `Object.defineProperty(process, "platform", { value: "darwin" }); const parts = require(process.argv[1]);`;
    const ended = expectDone(await runToEnd(process.execPath, ["-e", `${before}${script}`, join(directory, "parts.cjs")], environment));
    return { told: JSON.parse(ended.stdout), stderr: ended.stderr };
  }

  it("asks its C library who runs, and whose a connection is", async () => {
    const { told } = await onMacos(`
      const { identify, lineageOf, isRunning, executableOf, withDescendants, isOfScript, CAN_TELL_OWNERS, macos } = parts;
      console.log(JSON.stringify([CAN_TELL_OWNERS, lineageOf(530).ancestors.map(({ pid }) => pid), isRunning({ pid: 530, startTime: "1" }),
        executableOf(identify(520)), withDescendants([510]), isOfScript(525), [...macos.clientEnds(24117, [51002])]]));`);
    expect(told).toEqual([
      true,
      [525, 520, 510, 402, 401, 400, 1],
      false,
      "/opt/homebrew/Cellar/node/26.1.0/bin/node",
      [510, 520, 521, 525, 530],
      false,
      [[51_002, { uid: 502, inode: String(0x4444) }]],
    ]);
  });

  it("knows the user and the process at the other end of a socket", async () => {
    const { told } = await onMacos(`
      const { createServer, connect } = require("node:net");
      const path = ${JSON.stringify(join(directory, "s"))};
      const server = createServer((socket) => {
        const { uid, pid } = parts.peerOf(socket._handle.fd);
        console.log(JSON.stringify([uid === process.getuid(), pid === process.pid, parts.isPeerThere(socket._handle.fd, pid) ?? "not told"]));
        process.exit();
      });
      server.listen(path, () => connect(path));`);
    expect(told).toEqual([true, true, "not told"]);
  });

  it("lets no debugger at its memory", async () => {
    const { stderr } = await onMacos(`parts.hardenProcess(); console.log(0);`);
    expect(stderr).toBe("PT_DENY_ATTACH\n");
  });

  it("has its files where they are on Linux", async () => {
    const { told } = await onMacos(`
      const { data, config, log, socket } = parts.paths(process.env);
      console.log(JSON.stringify([data, config, log, socket]));`);
    const home = "/Users/alice";
    const data = `${home}/.local/share/toolkey`;
    expect(told).toEqual([data, `${home}/.config/toolkey`, `${home}/.local/state/toolkey`, `${data}/run/agent.sock`]);
  });
});
