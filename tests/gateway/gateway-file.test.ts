/** What is kept of the gateway between two daemons. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ADDRESSINGS, HOLDERS, KEPT, type Upstream } from "../../src/core/gateway/permit.ts";
import { Failure } from "../../src/core/failure.ts";
import { parseTarget } from "../../src/core/target.ts";
import { isOurs, readGatewayFile, writeGatewayFile } from "../../src/gateway/phantoms/gateway-file.ts";
import { hashOf, newPhantom, type Phantom } from "../../src/gateway/phantoms/phantoms.ts";
import { paths as pathsOf, type Paths } from "../../src/platform/paths.ts";
import { expectDone, runToEnd } from "../fixtures/homes/home.ts";
import { PROGRAM } from "../fixtures/programs/bundle.ts";
import { ROOT } from "../fixtures/programs/packages.ts";
import { missing } from "../fixtures/programs/programs.ts";

const KEY = randomBytes(32);
let home: string;
let paths: Paths;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "tk-gwf-"));
  paths = pathsOf({ TOOLKEY_HOME: home });
});
afterEach(() => rmSync(home, { recursive: true }));

function phantom(upstream: Upstream): Phantom {
  return {
    id: "p-1", hash: hashOf(newPhantom()), tool: "npm", purpose: "npm", starter: { pid: 1, startTime: "2" }, issuedAt: "2026-01-01T00:00:00Z", expiresAt: "2027-01-01T00:00:00Z", isEnded: false,
    permit: {
      addressing: "npm", holder: "command", publishes: false, upstream,
      routes: [{ target: parseTarget("https://npm.acme.example/x"), isAuthorized: true, publishes: true, scopes: ["@acme", ""], tarballs: ["/a.tgz"], rewritesTarballs: false }],
    },
  };
}

it("is read as it was written", async () => {
  const kept = { port: 21_000, phantoms: [phantom({ caFiles: ["/ca.pem"], httpsProxy: "http://proxy.example:3128", noProxy: "localhost" }), { ...phantom({ caFiles: [] }), starter: undefined }] };
  await writeGatewayFile(paths, kept, KEY);
  const read = await readGatewayFile(paths);
  expect(read).toEqual({ port: kept.port, phantoms: kept.phantoms.map((each) => ({ ...each, seal: expect.stringMatching(/^[0-9a-f]{64}$/) })) });
  expect(read?.phantoms.map((each) => [isOurs(each, KEY), isOurs(each, randomBytes(32))])).toEqual([[true, false], [true, false]]);
});

it("keeps phantoms of every addressing and holder, and all that a route may have", async () => {
  const [route] = phantom({ caFiles: [] }).permit.routes.map((each) => ({ ...each, upstream: { caFiles: ["/host.pem"], httpProxy: "http://proxy.example" } }));
  if (route === undefined) throw new Error("there is no route");
  const all = ADDRESSINGS.flatMap((addressing) =>
    HOLDERS.map((holder) => {
      const each = phantom({ caFiles: [] });
      return { ...each, permit: { ...each.permit, addressing, holder, replacement: { package: "pnpm", version: "10.0.0" }, routes: [route] } };
    }),
  );
  await writeGatewayFile(paths, { port: 21_000, phantoms: all }, KEY);
  expect((await readGatewayFile(paths))?.phantoms.map(({ seal: _seal, ...each }) => each)).toEqual(all);
});

it("is ours only as it was written, and with the key", async () => {
  await writeGatewayFile(paths, { port: 21_000, phantoms: [phantom({ caFiles: [] })] }, KEY);
  const [ours] = (await readGatewayFile(paths))?.phantoms ?? [];
  if (ours === undefined) throw new Error("nothing was read");
  const { permit } = ours;
  const forged: Phantom[] = [
    { ...ours, id: "p-2" }, { ...ours, hash: hashOf(newPhantom()) }, { ...ours, tool: "http" }, { ...ours, expiresAt: "2028-01-01T00:00:00Z" }, { ...ours, isEnded: true }, { ...ours, starter: undefined }, { ...ours, seal: "" },
    { ...ours, permit: { ...permit, holder: "descendants" } }, { ...ours, permit: { ...permit, publishes: true } }, { ...ours, permit: { ...permit, routes: [] } }, { ...ours, permit: { ...permit, upstream: { caFiles: ["/tmp/ca.pem"] } } },
    { ...ours, permit: { ...permit, upstream: { caFiles: [], httpsProxy: "http://127.0.0.1:9" } } },
  ];
  expect(forged.map((each) => isOurs(each, KEY))).toEqual(forged.map(() => false));
});

it("has no seal without the key, and keeps one that it can't make anew", async () => {
  const before = { ...phantom({ caFiles: [] }), seal: "0".repeat(64) };
  await writeGatewayFile(paths, { port: 21_000, phantoms: [before, phantom({ caFiles: [] })] }, undefined);
  expect((await readGatewayFile(paths))?.phantoms.map(({ seal }) => seal)).toEqual(["0".repeat(64), ""]);
});

it("holds no login of a proxy", async () => {
  await writeGatewayFile(paths, { port: 21_000, phantoms: [phantom({ caFiles: [], httpsProxy: "http://ada:s3cret@proxy.example:3128" }), phantom({ caFiles: [] })] }, KEY);
  expect(readFileSync(paths.gatewayFile, "utf8")).not.toContain("s3cret");
  expect((await readGatewayFile(paths))?.phantoms).toHaveLength(1);
});

it.each<[what: string, left: (whole: string) => string]>([
  ["nothing", () => ""],
  ["zeros", (whole) => whole.replaceAll(/[^]/g, "\0")],
  ["the beginning", (whole) => whole.slice(0, whole.length / 2)],
  ["the beginning, and zeros", (whole) => whole.slice(0, -100).padEnd(whole.length, "\0")],
])("is none where a power cut has left %s of it", async (_what, left) => {
  await writeGatewayFile(paths, { port: 21_000, phantoms: [phantom({ caFiles: [] })] }, KEY);
  writeFileSync(paths.gatewayFile, left(readFileSync(paths.gatewayFile, "utf8")));
  expect(await readGatewayFile(paths)).toBeUndefined();
});

it.each<[what: string, put: (file: string) => void]>([
  ["a pipe", (file) => execFileSync("mkfifo", ["-m", "600", file])],
  ["what has no end", (file) => symlinkSync("/proc/self/pagemap", file)],
  ["no JSON of ours", (file) => writeFileSync(file, "null\n", { mode: 0o600 })],
])("takes the place of %s, and does not wait for it", async (_what, put) => {
  mkdirSync(paths.config);
  put(paths.gatewayFile);
  expect(await readGatewayFile(paths).catch((error: unknown) => error instanceof Failure ? undefined : error)).toBeUndefined();
  await writeGatewayFile(paths, { port: 21_000, phantoms: [] }, KEY);
  expect(await readGatewayFile(paths)).toMatchObject({ port: 21_000 });
});

/** Writes one file after another, as given, and says before each which one. */
const WRITING = `
  const { writeGatewayFile } = require(process.argv[1]);
  const [paths, files] = JSON.parse(process.argv[2]);
  (async () => {
    for (const phantoms of files) {
      require("node:fs").existsSync("/writes/" + phantoms.map(({ permit }) => permit.holder).join());
      await writeGatewayFile(paths, { port: 21000, phantoms }, undefined);
    }
  })();
`;

it.skipIf(process.platform !== "linux" || missing("strace"))("is synced before it is in its place as long as one in settings is in it, and when it goes", async () => {
  const outfile = join(home, "gateway-file.cjs");
  buildSync({ entryPoints: [join(ROOT, "src/gateway/phantoms/gateway-file.ts")], outfile, ...PROGRAM });
  const [command] = [phantom({ caFiles: [] })];
  const kept = { ...command, permit: { ...command.permit, holder: KEPT } };
  const files = JSON.stringify([paths, [[command], [command, kept], [command], [command], []]]);
  const trace = join(home, "trace");
  const traced = ["-f", "-qq", "-y", "-s", "1000", "-e", "trace=fsync,access,statx,rename", "-o", trace, process.execPath, "-e", WRITING, outfile, files];
  expectDone(await runToEnd("strace", traced, { PATH: process.env["PATH"] ?? "", NODE_PATH: join(ROOT, "node_modules") }));
  const synced = readFileSync(trace, "utf8").split("/writes/").slice(1).map((each) => [each.slice(0, each.indexOf('"')), /fsync\(\d+<[^>]*\.tmp-/.test(each)]);
  expect(synced).toEqual([["command", false], [`command,${KEPT}`, true], ["command", true], ["command", false], ["", false]]);
});
