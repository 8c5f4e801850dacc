/** How phantoms end, whatever goes wrong meanwhile. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ProcessIdentity } from "../../src/core/caller.ts";
import { Failure } from "../../src/core/failure.ts";
import type { Holder } from "../../src/core/gateway/permit.ts";
import { newPhantom } from "../../src/gateway/phantoms/phantoms.ts";
import { identify } from "../../src/platform/processes/process-tree.ts";
import { startGateway, type TestGateway } from "../fixtures/network/gateway.ts";

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
    expect(await gateway.gateway.end()).toHaveLength(2);
    for (const { secret } of phantoms) expect((await gateway.send({ path: gateway.path("/libs/a"), phantom: secret })).status).toBe(403);
    const { phantoms: kept } = JSON.parse(readFileSync(gateway.paths.gatewayFile, "utf8")) as { phantoms: { isEnded: boolean }[] };
    expect(kept.map(({ isEnded }) => isEnded)).toEqual([true, true]);
    expect(gateway.warnings).toHaveLength(2);
  });
});

describe("phantoms of commands", () => {
  it("are kept as long as what was started with them, and no longer than until the next one", async () => {
    const command = spawn("cat");
    const ended = once(command, "exit");
    const started = identify(command.pid ?? 0);
    const issue = (starter: ProcessIdentity | undefined): Promise<string> =>
      gateway.gateway.issue(newPhantom(), { tool: "npm", purpose: "npm", starter, permit: { addressing: "url", holder: "command", publishes: false, upstream: { caFiles: [] }, routes: [] } });
    const kept = (): string[] => (JSON.parse(readFileSync(gateway.paths.gatewayFile, "utf8")) as { phantoms: { id: string }[] }).phantoms.map(({ id }) => id);
    const over = await issue(started);
    await gateway.gateway.end([over]);
    const second = await issue(identify(process.pid));
    expect(kept()).toEqual([over, second]);
    command.stdin.end();
    await ended;
    const third = await issue(identify(process.pid));
    expect(kept()).toEqual([second, third]);
  });
});

describe("phantoms of settings that stay", () => {
  it("are told by what they permit, not by the name of what they are for, which a command may have, too", async () => {
    const issue = (purpose: string, holder: Holder): Promise<string> =>
      gateway.gateway.issue(newPhantom(), { tool: "maven", purpose, starter: holder === "maven" ? undefined : identify(process.pid), permit: { addressing: "url", holder, publishes: false, upstream: { caFiles: [] }, routes: [] } });
    const [old, current, command] = [await issue("maven settings", "maven"), await issue("renamed", "maven"), await issue("maven settings", "command")];
    const live = async (): Promise<string[]> => (await gateway.gateway.view()).phantoms.map(({ id }) => id);
    await gateway.gateway.endKept(current);
    expect(await live()).toEqual(expect.arrayContaining([current, command]));
    expect(await live()).not.toContain(old);
    await gateway.gateway.endKept(undefined);
    expect(await live()).toEqual([command]);
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

describe("what a daemon finds on disk", () => {
  /** A gateway that takes up what another one left, after this was done to the file. */
  async function afterRestart(change: (text: string) => string, key?: () => Buffer): Promise<{ status: number; reason: string; isInside: boolean }> {
    const upstream = (_incoming: unknown, response: { end(text: string): unknown }): unknown => response.end("reached");
    const before = await startGateway({ upstream, keepsHome: true });
    const { secret } = await before.phantom();
    const path = before.path("/libs/a");
    await before.close();
    writeFileSync(before.paths.gatewayFile, change(readFileSync(before.paths.gatewayFile, "utf8")));
    const after = await startGateway({ upstream, home: before.home, ...(key === undefined ? {} : { key }) });
    const { status, reason } = await after.send({ path, phantom: secret });
    const isInside = after.gateway.anyCommand() !== undefined;
    await after.close();
    return { status, reason, isInside };
  }

  it("permits what it permitted before, if it is as it was", async () => {
    // The host of before is gone; its answer is not what matters.
    expect(await afterRestart((text) => text)).toMatchObject({ status: 502, isInside: true });
  });

  it.each<[string, (text: string) => string]>([
    ["leads elsewhere", (text) => text.replace('"libs"', '"other"')],
    ["goes by another proxy", (text) => text.replace('"caFiles": []', '"caFiles": [],\n"httpsProxy": "http://127.0.0.1:9"')],
    ["publishes", (text) => text.replaceAll('"publishes": false', '"publishes": true')],
    ["has no seal", (text) => text.replace(/,\s*"seal": "\w*"/, "")],
  ])("permits nothing if it %s, and is inside all the same", async (_how, change) => {
    const changed: string[] = [];
    const outcome = await afterRestart((text) => {
      changed.push(text, change(text));
      return change(text);
    });
    expect(changed[0]).not.toBe(changed[1]);
    expect(outcome).toEqual({ status: 403, reason: "toolkey: nothing shows that toolkey itself kept this phantom - start the command again", isInside: true });
  });

  it("permits nothing with another vault, nor while the vault is locked", async () => {
    expect(await afterRestart((text) => text, () => Buffer.alloc(32))).toMatchObject({ status: 403, isInside: true });
    const locked = (): Buffer => {
      throw new Failure("locked", "the vault is locked", { hint: "toolkey unlock" });
    };
    expect(await afterRestart((text) => text, locked)).toEqual({ status: 403, reason: "toolkey: the vault is locked - toolkey unlock", isInside: true });
  });
});
