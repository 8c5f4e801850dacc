/** `toolkey run -- anything`: what it starts clones, installs and downloads with tokens, and can read none. */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { clientsMissing } from "../../fixtures/clients.ts";
import { expectDone, type Ended } from "../../fixtures/home.ts";
import { missing } from "../../fixtures/programs.ts";
import { makeSessionWorld, type SessionWorld } from "../../fixtures/session-world.ts";
import { verdaccioMissing } from "../../fixtures/verdaccio.ts";

describe.skipIf(verdaccioMissing() || clientsMissing(["npm", 12]) || missing("make"))("a session", () => {
  let world: SessionWorld;
  const run = (command: readonly string[], options: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
    world.home.toolkey(["run", ...options, "--", ...command], { cwd: world.project.directory, env: { ...world.project.environment, REPOSITORY: world.repository, ...env } });

  beforeAll(async () => {
    world = await makeSessionWorld();
  });
  beforeEach(async () => {
    for (const path of ["project/node_modules", ".npm", "project/clone"]) await rm(join(world.home.directory, path), { recursive: true, force: true });
  });
  afterAll(() => world.close());

  it("of make clones and installs, and finds no token", async () => {
    await writeFile(join(world.project.directory, "Makefile"), "all:\n\tgit clone -q $(REPOSITORY) clone\n\tnpm install\n\tenv; cat /proc/$$PPID/environ | tr '\\0' '\\n'\n");
    const { stdout, stderr } = expectDone(await run(["make"]));
    expect(await world.project.installed("@acme/thing")).toBe("1.2.3");
    for (const secret of world.secrets) expect(stdout + stderr).not.toContain(secret);
  });
});
