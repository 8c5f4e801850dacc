/** Programs in a session that start others in their own ways: changesets, tmux, Maven's invoker plugin. */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { changesets, clientsMissing } from "../../fixtures/tools/clients.ts";
import { expectDone, type Ended } from "../../fixtures/homes/home.ts";
import { isAbsent, missing } from "../../fixtures/programs/programs.ts";
import { makeSessionWorld, type SessionWorld } from "../../fixtures/homes/session-world.ts";
import { verdaccioMissing } from "../../fixtures/registries/npm/verdaccio.ts";

const skip = [
  verdaccioMissing(),
  clientsMissing(["npm", 12]),
  missing("tmux"),
  isAbsent(existsSync(changesets()) ? [] : ["changesets"], "tests/install-packages.sh"),
].includes(true);

describe.skipIf(skip)("in a session", () => {
  let world: SessionWorld;
  const run = (command: readonly string[], cwd: string, options: readonly string[] = []): Promise<Ended> =>
    world.home.toolkey(["run", ...options, "--", ...command], { cwd, env: { ...world.project.environment, REPOSITORY: world.repository } });
  beforeAll(async () => {
    world = await makeSessionWorld();
  });
  afterAll(() => world.close());

  it("changesets publishes, if it may", async () => {
    const directory = join(world.home.directory, "changed");
    await mkdir(join(directory, ".changeset"), { recursive: true });
    await writeFile(join(directory, "package.json"), JSON.stringify({ name: "@acme/changed", version: "1.0.0", publishConfig: { registry: world.registry.origin } }));
    await writeFile(join(directory, "package-lock.json"), JSON.stringify({ name: "@acme/changed", version: "1.0.0", lockfileVersion: 3, packages: {} }));
    await writeFile(join(directory, ".changeset/config.json"), JSON.stringify({ access: "public", baseBranch: "main" }));
    for (const words of [["init", "-q"], ["add", "."], ["commit", "-q", "-m", "changed"]]) expectDone(await world.home.git(words, { cwd: directory }));
    const published = async (): Promise<number> => (await world.registry.ask("GET", "/@acme%2fchanged", { authorization: `Bearer ${world.registry.loginToken}` })).status;
    const refused = await run(["node", changesets(), "publish"], directory);
    expect(refused.stdout + refused.stderr).toContain("does not permit PUT");
    expect(await published()).toBe(404);
    expectDone(await run(["node", changesets(), "publish"], directory, ["--publish"]));
    expect(await published()).toBe(200);
  });

  it("tmux runs what it is told in a server of its own", async () => {
    const done = join(world.home.directory, "tmux-done");
    expectDone(await world.home.run("mkfifo", [done]));
    const inside = `git clone -q $REPOSITORY ${world.home.directory}/by-tmux; echo $? > ${done}`;
    const script = `tmux -f /dev/null -L session new-session -d '${inside}'; read -r code < ${done}; tmux -L session kill-server 2>/dev/null; exit "$code"`;
    expectDone(await run(["sh", "-c", script], world.home.directory));
    expect(existsSync(join(world.home.directory, "by-tmux/.git"))).toBe(true);
  });
});
