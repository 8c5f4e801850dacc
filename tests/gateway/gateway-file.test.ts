/** What is kept of the gateway between two daemons. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Upstream } from "../../src/core/permit.ts";
import { parseTarget } from "../../src/core/target.ts";
import { readGatewayFile, writeGatewayFile } from "../../src/gateway/gateway-file.ts";
import { hashOf, newPhantom, type Phantom } from "../../src/gateway/phantoms.ts";
import { paths as pathsOf, type Paths } from "../../src/platform/paths.ts";

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
  await writeGatewayFile(paths, kept);
  expect(await readGatewayFile(paths)).toEqual(kept);
});

it("holds no login of a proxy", async () => {
  await writeGatewayFile(paths, { port: 21_000, phantoms: [phantom({ caFiles: [], httpsProxy: "http://ada:s3cret@proxy.example:3128" }), phantom({ caFiles: [] })] });
  expect(readFileSync(paths.gatewayFile, "utf8")).not.toContain("s3cret");
  expect((await readGatewayFile(paths))?.phantoms).toHaveLength(1);
});
