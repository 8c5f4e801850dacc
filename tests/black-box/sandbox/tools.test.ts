/** Tools in a sandbox work as they do without: with their tokens, by the gateway. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientsMissing } from "../../fixtures/tools/clients.ts";
import { startGitServer, type GitServer } from "../../fixtures/registries/git/git-server.mjs";
import { expectDone, makeHome, type TestHome } from "../../fixtures/homes/home.ts";
import { putParent, writeBuildProject, writeSettings } from "../../fixtures/tools/maven-project.ts";
import { LIBS_TOKEN, makeMavenHome, startMavenServers } from "../../fixtures/tools/maven-run.ts";
import { mavenMissing, NEWEST } from "../../fixtures/tools/maven.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { verdaccioMissing } from "../../fixtures/registries/npm/verdaccio.ts";
import { isOpenToOthers, makeSandboxHome } from "./sandbox-home.ts";
import { makeGatewayProject, makeWorld, type World } from "../tools/npm/gateway-client.ts";

const absent = missing("bwrap", "make");

describe.skipIf(absent || verdaccioMissing() || clientsMissing(["npm", 11], ["pnpm", 10]))("packages of private registries", () => {
  let world: World & { close(): Promise<void> };
  beforeAll(async () => {
    world = await makeWorld();
  });
  afterAll(() => world?.close());

  it.each([["npm", 11, "ci", "install"], ["pnpm", 10, "install", "install"]] as const)("%s %i", async (name, major, command, first) => {
    const { home, project } = await makeGatewayProject(world, name, major);
    try {
      const run = (argv: readonly string[]) =>
        home.toolkey(["run", "--sandbox", "--", name, ...argv], { cwd: project.directory, env: project.environment });
      const installed = expectDone(await run([first]));
      expect(installed.stderr).toMatch(/in a sandbox: no keys, logins, agents/);
      expect(installed.stderr).toMatch(new RegExp(`${name} uses ${name}-\\w+ for ${world.closed.origin} through the gateway\n`));
      expectDone(await run([command]));
      expect(await Promise.all(["@acme/thing", "@root/thing", "plain"].map((each) => project.installed(each)))).toEqual(["1.2.3", "1.2.3", "2.0.0"]);
    } finally {
      await home.dispose();
    }
  });
});

describe.skipIf(absent)("git", () => {
  let server: GitServer;
  let home: TestHome;
  const sandboxed = (...argv: readonly string[]) => home.toolkey(["run", "--sandbox", ...argv], { cwd: home.directory });

  beforeAll(async () => {
    server = await startGitServer({ projects: ["acme"], accounts: [{ username: "alice", token: "alice-r3al-t0ken", projects: ["acme"] }] });
    home = await makeHome();
    (home.environment as Record<string, string>)["NODE_EXTRA_CA_CERTS"] = server.caFile;
    await home.init(server.caFile);
    await home.addGitToken(`${server.origin}/nuxeo/git`, "alice", "alice-r3al-t0ken");
  });
  afterAll(async () => {
    await home?.dispose();
    await server?.close();
  });

  it("clones, and writes down the host's own URL", async () => {
    const cloned = expectDone(await sandboxed("--", "git", "clone", server.url("acme"), "mine"));
    expect(cloned.stderr).toMatch(/git uses git-\w+ for https:\/\/localhost\S+ through the gateway/);
    expect(await readFile(join(home.directory, "mine/.git/config"), "utf8")).toContain(`url = ${server.url("acme")}\n`);
  });

  it("works in what it has cloned", async () => {
    const script = "git commit -q --allow-empty -m second && git checkout -q -b other && git fetch -q && git status --short && git log --oneline | wc -l";
    expect(expectDone(await home.toolkey(["run", "--sandbox", "--tool", "http", "--", "sh", "-ec", script], { cwd: join(home.directory, "mine") })).stdout).toBe("2\n");
    const pulled = await home.toolkey(["run", "--sandbox", "--", "git", "fetch", "origin"], { cwd: join(home.directory, "mine") });
    expect(expectDone(pulled).stderr).toContain("through the gateway");
  });
});

describe.skipIf(absent || mavenMissing(NEWEST))("Maven", () => {
  it("verifies a project whose parent is in a private repository", { timeout: 300_000 }, async () => {
    const servers = await startMavenServers();
    const home = await makeMavenHome(servers);
    try {
      const libs = servers.acme.url("/libs");
      putParent(servers.acme, "/libs");
      await home.add(libs, LIBS_TOKEN, "alice");
      await writeSettings(home.directory, { mirrors: [{ id: "company", url: libs, mirrorOf: "*" }] });
      await writeBuildProject(home.project, { version: "1.0", releases: { id: "acme", url: libs } });
      const built = expectDone(await home.mvnThrough(NEWEST, ["verify"], { options: ["--sandbox"] }));
      expect(built.stdout).toContain("BUILD SUCCESS");
      expect(built.stderr).toMatch(/uses maven-\w+ for \S+ through the gateway/);
    } finally {
      await home.dispose();
      await servers.close();
    }
  });
});

/** Whose processes are in a user namespace as well, into which the daemon has to see. */
describe.skipIf(absent || process.getuid?.() !== 0 || !isOpenToOthers())("git of a plain user", () => {
  it("clones by the gateway", async () => {
    const server = await startGitServer({ projects: ["acme"], accounts: [{ username: "alice", token: "alice-r3al-t0ken", projects: ["acme"] }] });
    const world = await makeSandboxHome(54321);
    const { home, project } = world;
    try {
      const ca = join(project, "ca.pem");
      await writeFile(ca, await readFile(server.caFile), { mode: 0o644 });
      const env = { NODE_EXTRA_CA_CERTS: ca, GIT_SSL_CAINFO: ca };
      expectDone(await home.toolkey(["init", "--key", "file", "--accept", "--cacert", ca], { env }));
      expectDone(await home.toolkey(["add", `${server.origin}/nuxeo/git`, "--tool", "git", "--username", "alice"], { env, stdin: "alice-r3al-t0ken" }));
      const cloned = expectDone(await home.toolkey(["run", "--sandbox", "--", "git", "clone", server.url("acme"), "mine"], { env, cwd: project }));
      expect(cloned.stderr).toContain("through the gateway");
      expect(await readFile(join(project, "mine/README.md"), "utf8")).toBe("hello\n");
    } finally {
      await home.toolkey(["stop"]);
      await world.dispose();
      await server.close();
    }
  });
});
