/** How phantoms end, whatever goes wrong meanwhile. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startGateway, type TestGateway } from "../fixtures/gateway.ts";

let gateway: TestGateway;

beforeEach(async () => {
  gateway = await startGateway({ upstream: (_incoming, response) => response.end("reached") });
});
afterEach(() => gateway.close());

describe("phantoms that are revoked", () => {
  it("end for good, all of them, if what they were used for can't be written down", async () => {
    const phantoms = [await gateway.phantom(), await gateway.phantom()];
    for (const { secret } of phantoms) expect((await gateway.send({ path: gateway.path("/libs/a"), phantom: secret })).status).toBe(200);
    rmSync(gateway.paths.log, { recursive: true, force: true });
    writeFileSync(gateway.paths.log, "no directory");
    expect(await gateway.gateway.endAll()).toHaveLength(2);
    for (const { secret } of phantoms) expect((await gateway.send({ path: gateway.path("/libs/a"), phantom: secret })).status).toBe(403);
    const { phantoms: kept } = JSON.parse(readFileSync(gateway.paths.gatewayFile, "utf8")) as { phantoms: { isEnded: boolean }[] };
    expect(kept.map(({ isEnded }) => isEnded)).toEqual([true, true]);
    expect(gateway.warnings).toHaveLength(2);
  });
});

describe("a phantom that can't be kept", () => {
  it("is none", async () => {
    rmSync(gateway.paths.gatewayFile, { force: true });
    mkdirSync(gateway.paths.gatewayFile);
    await expect(gateway.phantom()).rejects.toThrow();
    expect((await gateway.gateway.view()).phantoms).toEqual([]);
  });
});
