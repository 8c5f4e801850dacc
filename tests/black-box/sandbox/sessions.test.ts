/** A session in the sandbox: what is started there clones and installs, by shims that are shown in it. */
import { existsSync, readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientsMissing } from "../../fixtures/tools/clients.ts";
import { BIN, expectDone, type Ended } from "../../fixtures/homes/home.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { makeSessionWorld, type SessionWorld } from "../../fixtures/homes/session-world.ts";
import { verdaccioMissing } from "../../fixtures/registries/npm/verdaccio.ts";

describe.skipIf(verdaccioMissing() || clientsMissing(["npm", 12]) || missing("bwrap", "make", "setsid", "unshare"))("a session in the sandbox", () => {
  let world: SessionWorld;
  const run = (command: readonly string[], options: readonly string[] = []): Promise<Ended> =>
    world.home.toolkey(["run", "--sandbox", ...options, "--", ...command], {
      cwd: world.project.directory,
      env: { ...world.project.environment, REPOSITORY: world.repository },
    });

  beforeAll(async () => {
    world = await makeSessionWorld();
    // What a project's own npm reads is blanked there.
    await writeFile(join(world.project.directory, "Makefile"), "all:\n\tgit clone -q $(REPOSITORY) clone\n\tnpm install\n\t(setsid npm view @acme/thing version > behind; : > done) & while ! [ -e done ]; do :; done; cat behind\n");
  });
  afterAll(() => world.close());

  it("clones, installs, and leads what runs on in the background", async () => {
    const { stdout, stderr } = expectDone(await run(["make"]));
    expect(await world.project.installed("@acme/thing"), stderr).toBe("1.2.3");
    expect(existsSync(join(world.project.directory, "clone/.git"))).toBe(true);
    expect(stdout).toMatch(/^1\.2\.3$/m);
    expect(stderr).toMatch(/may use, through the gateway: git at .*\ntoolkey: in a sandbox: /);
  });

  it("leads what is started by a path, and without variables", async () => {
    const script = 'node=$(command -v node); rm -rf node_modules; "$node" "$(dirname "$(readlink -f "$(PATH=${PATH#*:} command -v npm)")")/npm-cli.js" install && env -i PATH="$PATH" HOME="$HOME" npm view @acme/thing version --cafile="$NODE_EXTRA_CA_CERTS"';
    const { stdout } = expectDone(await run(["sh", "-c", script]));
    expect(await world.project.installed("@acme/thing")).toBe("1.2.3");
    expect(stdout).toMatch(/^1\.2\.3$/m);
  });

  it("shows of toolkey what leads, and nothing that asks", async () => {
    const looked = expectDone(await run(["sh", "-c", `ls "$TOOLKEY_SESSION" ${join(world.home.toolkeyHome, "data")} ${join(world.home.toolkeyHome, "data/run")}; ls ${join(world.home.toolkeyHome, "config")} ${join(world.home.toolkeyHome, "log")} 2>&1; echo changed > "$TOOLKEY_SESSION/session.json"; true`]));
    expect(looked.stdout).toMatch(/^bin\n.*lead\nnode\nsession\.json\nvariables$/ms);
    // Nobody answers there: a shim that found it would ask in vain, each time.
    expect(looked.stdout).not.toMatch(/^asks$/m);
    expect(looked.stdout).not.toMatch(/vault\.age|agent\.sock|config\.toml|daemon\.log/);
    expect(looked.stderr).toContain("Read-only file system");
  });

  it("leaves nothing where none can be made", async () => {
    const script = `mount --bind /dev/null /usr/bin/bwrap && ${join(BIN, "toolkey")} run --sandbox -- true`;
    const ended = await world.home.run("unshare", ["-rm", "sh", "-c", script], { cwd: world.project.directory });
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/may use, through the gateway: .*\n.*there is no program 'bwrap'/) });
    expect(readdirSync(join(world.home.toolkeyHome, "data/run/sessions"))).toEqual([]);
  });

  it("asks nothing by toolkey's own programs, and gets nothing from another session", async () => {
    const { stdout, stderr } = await run(["sh", "-c", `${join(BIN, "toolkey")} run --direct -- npm config get userconfig; ${join(BIN, "toolkey")} list --json`]);
    for (const secret of world.secrets) expect(stdout + stderr).not.toContain(secret);
    expect(stdout).not.toContain('"id"');
  });
});
