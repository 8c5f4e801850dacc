/** How clients are led in a session that don't start by PATH: launchers of versions, corepack, wrappers of Maven; and clients other than npm. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { client, clientsMissing, type ClientName } from "../../fixtures/tools/clients.ts";
import { matrix } from "../../fixtures/form.ts";
import { expectDone, type Ended } from "../../fixtures/homes/home.ts";
import { putParent, writeParentedProject, writeSettings } from "../../fixtures/tools/maven-project.ts";
import { LIBS_TOKEN, makeMavenHome, startMavenServers, type MavenHome, type MavenServers } from "../../fixtures/tools/maven-run.ts";
import { debianPlugin, maven, mavenMissing, type MavenVersion } from "../../fixtures/tools/maven.ts";
import { makeSessionWorld, type SessionWorld } from "../../fixtures/homes/session-world.ts";
import { verdaccioMissing } from "../../fixtures/registries/npm/verdaccio.ts";

/** Puts programs into a directory of the home, and returns its path. */
async function programs(home: string, scripts: Readonly<Record<string, string>>): Promise<string> {
  const directory = join(home, "launchers");
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory);
  for (const [name, text] of Object.entries(scripts)) await writeFile(join(directory, name), text, { mode: 0o755 });
  return directory;
}

const CLIENTS = matrix<readonly [ClientName, number]>([["pnpm", 12], ["yarn", 4]], [["npm", 10], ["npm", 11], ["pnpm", 10], ["pnpm", 11]]);

describe.skipIf(verdaccioMissing())("clients of npm registries", () => {
  describe.each(CLIENTS.filter((choice) => !clientsMissing(choice)))("%s %i", (name, major) => {
    let world: SessionWorld;
    beforeAll(async () => {
      world = await makeSessionWorld(name, major);
    });
    afterAll(() => world.close());

    it("installs in a script of a script", async () => {
      const ended = await world.home.toolkey(["run", "--", "sh", "-c", `sh -c '${name} install'`], { cwd: world.project.directory, env: world.project.environment });
      expect(await world.project.installed("@acme/thing"), ended.stdout + ended.stderr).toBe("1.2.3");
      expect((await world.home.ask("runs", { count: 1 })).runs.at(-1)).toMatchObject({ tool: "session", refused: [] });
    });
  });

  describe.skipIf(clientsMissing(["npm", 12], ["pnpm", 11]))("that a launcher starts", () => {
    let world: SessionWorld;
    beforeAll(async () => {
      world = await makeSessionWorld();
    });
    beforeEach(async () => {
      for (const path of ["project/node_modules", ".npm"]) await rm(join(world.home.directory, path), { recursive: true, force: true });
    });
    afterAll(() => world.close());

    /** A session whose shell finds a launcher before all else. */
    async function install(scripts: Readonly<Record<string, string>>, script: string): Promise<Ended> {
      const directory = await programs(world.home.directory, scripts);
      return world.home.toolkey(["run", "--", "sh", "-c", `PATH=${directory}:$PATH; ${script}`], { cwd: world.project.directory, env: world.project.environment });
    }
    const npmCli = client("npm", 12).argv[1] ?? "";
    const node = client("npm", 12).argv[0];

    it.each<[how: string, scripts: Readonly<Record<string, string>>, script: string]>([
      ["as Volta does: one program for all, which starts the real one as a child, by another PATH", {
        "volta-shim": `#!/bin/sh\nPATH=${dirname(node)}:$PATH "${node}" "${npmCli}" "$@"\nexit $?\n`,
        npm: '#!/bin/sh\nexec "$(dirname "$0")/volta-shim" "$@"\n',
      }, "npm install"],
      ["as asdf does: a script that has the real one found, and becomes it", {
        asdf: `#!/bin/sh\nshift 2\nexec "${node}" "${npmCli}" "$@"\n`,
        npm: '#!/bin/sh\nexec asdf exec npm "$@"\n',
      }, "npm install"],
      ["as nvm does: a function that puts a version first on PATH", {}, `nvm() { PATH=${join(dirname(npmCli), "../../.bin")}:${dirname(node)}:$PATH; }; nvm use 24; npm install`],
    ])("%s", async (_how, scripts, script) => {
      expectDone(await install(scripts, script));
      expect(await world.project.installed("@acme/thing")).toBe("1.2.3");
    });

    it("as corepack does: in its own process, from where it has it", async () => {
      const [token] = world.secrets.slice(1);
      await world.home.addToken("pnpm", world.registry.origin, token ?? "");
      const [, cli = ""] = client("pnpm", 11).argv;
      const corepack = `process.argv.splice(1, 2, ${JSON.stringify(cli)}); import(${JSON.stringify(cli)});`;
      await mkdir(join(world.home.directory, "corepack"), { recursive: true });
      await writeFile(join(world.home.directory, "corepack/corepack.js"), corepack);
      expectDone(await install({}, `node ${world.home.directory}/corepack/corepack.js pnpm install`));
      expect(await world.project.installed("@acme/thing")).toBe("1.2.3");
    });
  });
});

describe.skipIf(mavenMissing())("Maven", () => {
  let servers: MavenServers;
  let home: MavenHome;
  let libs: string;
  beforeAll(async () => {
    servers = await startMavenServers();
    libs = servers.acme.url("/libs");
    putParent(servers.acme, "/libs");
  });
  afterAll(() => servers.close());
  beforeEach(async () => {
    home = await makeMavenHome(servers);
    await home.add(libs, LIBS_TOKEN, "alice");
    await writeSettings(home.directory, { mirrors: [{ id: "company", url: libs, mirrorOf: "*" }] });
    await writeParentedProject(home.project, []);
  });
  afterEach(() => home.dispose());

  const run = (version: MavenVersion, script: string): Promise<Ended> =>
    home.toolkey(["run", "--", "sh", "-c", script], { cwd: home.project, env: { ...home.around(version), PATH: `${join(maven(version).home, "bin")}:${home.environment["PATH"]}` } });

  it.each(matrix<MavenVersion>(["3.9"], ["3.8"]))("%s, by its name", async (version) => {
    expectDone(await run(version, "mvn -B -ntp -q validate"));
    expect((await home.ask("runs", { count: 1 })).runs.at(-1)).toMatchObject({ tool: "session", refused: [], traffic: [{ by: expect.stringMatching(/java$/) as string }] });
  });

  it("3.9, by the invoker plugin, which starts another one by its path", { timeout: 300_000 }, async () => {
    await writeParentedProject(join(home.project, "its", "one"), []);
    await writeFile(join(home.project, "pom.xml"), `<project><modelVersion>4.0.0</modelVersion><groupId>com.acme</groupId><artifactId>outer</artifactId><version>1</version><packaging>pom</packaging><build><plugins>${debianPlugin("invoker")}</plugins></build></project>`);
    const { program, argv } = { program: maven("3.9").argv[0], argv: ["-B", "-ntp", "invoker:run", "-Dinvoker.projectsDirectory=its", "-Dinvoker.goals=validate", "-Dinvoker.streamLogs=true"] };
    const ended = expectDone(await home.toolkey(["run", "--", program, ...argv], { cwd: home.project, env: home.around("3.9") }));
    expect(ended.stdout).toContain("Passed: 1, Failed: 0");
    const [session] = (await home.ask("runs", { count: 1 })).runs;
    expect(session).toMatchObject({ tool: "session", refused: [] });
    expect(servers.acme.requests.some(({ path }) => path.endsWith("parent-1.pom"))).toBe(true);
  });

  it("3.9, by a wrapper that has it somewhere else", async () => {
    await writeFile(join(home.project, "mvnw"), `#!/bin/sh\nexec ${maven("3.9").argv[0]} "$@"\n`, { mode: 0o755 });
    const ended = expectDone(await run("3.9", "./mvnw -B -ntp -q validate; echo $MAVEN_ARGS"));
    expect(ended.stdout).toMatch(/-s \/\S+\/sessions\/\S+\/maven-settings\.xml\n$/);
    expect((await home.ask("runs", { count: 1 })).runs.at(-1)?.traffic).toHaveLength(1);
  });
});
