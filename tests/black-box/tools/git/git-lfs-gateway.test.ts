/** Git LFS through the gateway: downloads for all that git checks out, uploads and locks for whoever may push. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGitServer, type GitServer } from "../../../fixtures/registries/git/git-server.mjs";
import { BATCH_CREDENTIALS } from "../../../fixtures/registries/git/lfs-store.mjs";
import { expectDone, makeHome, type Ended, type TestHome } from "../../../fixtures/homes/home.ts";
import { missing } from "../../../fixtures/programs/programs.ts";

const TOKEN = "lfs-r3al-t0ken";

describe.skipIf(missing("git-lfs"))("Git LFS through the gateway", () => {
  let server: GitServer;
  let home: TestHome;
  const script = (text: string, ...options: readonly string[]): Promise<Ended> => home.toolkey(["run", "--tool", "http", ...options, "--", "sh", "-euc", text], { cwd: home.directory });
  const git = (...argv: readonly string[]): Promise<Ended> => home.toolkey(["run", "--", "git", ...argv], { cwd: home.directory });

  beforeAll(async () => {
    server = await startGitServer({ projects: ["large"], accounts: [{ username: "alice", token: TOKEN }] });
    home = await makeHome();
    (home.environment as Record<string, string>)["NODE_EXTRA_CA_CERTS"] = server.caFile;
    await home.init();
    await home.addGitToken(server.origin, "alice", TOKEN);
    expectDone(await home.git(["lfs", "install", "--skip-repo"]));
  });
  afterAll(async () => {
    await home?.dispose();
    await server?.close();
  });

  it("uploads with a push", async () => {
    expectDone(await git("clone", "-q", server.url("large"), "large"));
    expectDone(await home.run("sh", ["-euc", "git lfs install --local >/dev/null; git lfs track '*.bin' >/dev/null; head -c 300000 /dev/urandom > a.bin; git add . && git commit -q -m large"], { cwd: join(home.directory, "large") }));
    expectDone(await git("-C", "large", "push", "-q"));
    expect([...server.lfsObjects.values()].map(({ length }) => length)).toEqual([300_000]);
  });

  it("downloads with a clone, and is told no credentials of the host", async () => {
    const traced = expectDone(await script(`GIT_CURL_VERBOSE=1 git clone -q ${server.url("large")} again && cmp large/a.bin again/a.bin`));
    expect(traced.stderr).not.toContain(BATCH_CREDENTIALS);
    expect(traced.stderr).not.toContain(TOKEN);
    expect(server.requests.filter(({ path }) => path.includes("/info/lfs/")).map(({ username }) => username)).not.toContain(undefined);
  });

  it("does not upload unless that is what was asked for", async () => {
    const before = server.lfsObjects.size;
    expectDone(await home.run("sh", ["-euc", "head -c 1000 /dev/urandom > b.bin; git add . && git commit -q -m more"], { cwd: join(home.directory, "large") }));
    const refused = await script("cd large && git lfs push origin main");
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain("toolkey: this phantom does not permit uploads - toolkey run --publish");
    expect(server.lfsObjects.size).toBe(before);
    expectDone(await script("cd large && git lfs push origin main", "--publish"));
    expect(server.lfsObjects.size).toBe(before + 1);
  });

  it("locks for whoever may push", async () => {
    expect((await script("cd large && git lfs lock a.bin")).stderr).toContain("toolkey: this phantom does not permit pushing - toolkey run --publish");
    expectDone(await git("-C", "large", "lfs", "lock", "a.bin"));
    expect(expectDone(await script("cd large && git lfs locks")).stdout).toContain("a.bin");
    await rm(join(home.directory, "again"), { recursive: true });
  });
});
