/** What each client of npm registries must do through the gateway: registries at a root and below a path, with a token and without. */
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { filesWith } from "../../../fixtures/files-with.ts";
import { makeClientProject, type ClientProject } from "../../../fixtures/tools/client-project.ts";
import { client, clientsMissing, type ClientName } from "../../../fixtures/tools/clients.ts";
import { expectDone, makeHome, type Ended, type TestHome } from "../../../fixtures/homes/home.ts";
import { mount, type Mounted } from "../../../fixtures/registries/mounted.ts";
import { makeTls, type TestTls } from "../../../fixtures/network/tls.ts";
import { startVerdaccio, verdaccioMissing, type Verdaccio } from "../../../fixtures/registries/npm/verdaccio.ts";

/** How a client is told what all of them do. */
export interface Habits {
  readonly frozen: readonly string[];
  /** At the registry of packages without a scope. */
  readonly whoami: readonly string[];
  readonly publish: readonly string[];
  readonly lockFile: string;
  /** What a script of the project runs to install a package without a scope, and one of the private ones. */
  readonly nested: readonly [open: string, shut: string];
  /** Makes another registry that of packages without a scope. */
  readonly defaultRegistry: (url: string) => Readonly<Record<string, string>>;
}

/** Where all tests of a file go. */
export interface World {
  readonly tls: TestTls;
  /** `@root`, and `@acme` below the path of `mounted`; all of it needs a token. */
  readonly closed: Verdaccio;
  readonly mounted: Mounted;
  /** All else, for everybody. */
  readonly open: Verdaccio;
}

export async function makeWorld(): Promise<World & { close(): Promise<void> }> {
  const tls = await makeTls();
  const [closed, open] = await Promise.all([startVerdaccio({ tls }), startVerdaccio({ tls, owners: { "@*/*": "$all", "*": "$all" } })]);
  const mounted = await mount(closed, "/nexus/repository/npm-acme", tls);
  for (const name of ["@acme/thing", "@root/thing"]) expect(await closed.publish(closed.loginToken, name, "1.2.3")).toBe(201);
  for (const name of ["plain", "extra"]) expect(await open.publish(open.loginToken, name, "2.0.0")).toBe(201);
  return {
    tls, closed, open, mounted,
    async close() {
      await Promise.all([closed.close(), open.close(), mounted.close()]);
      await tls.remove();
    },
  };
}

/** A home with a token for each private registry, and a project with a package of each. */
export async function makeGatewayProject(world: World, name: ClientName, major: number): Promise<{ home: TestHome; project: ClientProject; secrets: string[] }> {
  const home = await makeHome();
  await home.init(world.tls.caFile);
  const secrets: string[] = [];
  for (const url of [world.closed.origin, world.mounted.url]) {
    const { token } = await world.closed.createToken();
    secrets.push(token);
    await home.addToken(name, url, token);
  }
  const project = await makeClientProject(home, client(name, major), {
    dependencies: { "@acme/thing": "^1.0.0", "@root/thing": "^1.0.0", plain: "^2.0.0" },
    registries: [{ url: world.mounted.url, scope: "@acme" }, { url: world.closed.origin, scope: "@root" }, { url: world.open.origin }],
    caFile: world.tls.caFile,
  });
  return { home, project, secrets };
}

const CACHES = [".npm", ".cache", ".yarn", ".local"];
/** Prints what any process of this machine can see of all others, and what this one has been given. */
const SPY = "cat /proc/[0-9]*/cmdline 2>/dev/null > spied; env >> spied; cat /proc/$PPID/environ >> spied; true";

export function describeThroughGateway(name: ClientName, majors: readonly number[], habit: Habits): void {
  describe.skipIf(verdaccioMissing() || clientsMissing(...majors.map((major) => [name, major] as const)))(`${name} through the gateway`, () => {
    const shared: { world?: Awaited<ReturnType<typeof makeWorld>> } = {};
    beforeAll(async () => {
      shared.world = await makeWorld();
    });
    afterAll(() => shared.world?.close());
    for (const major of majors) describeClient(name, major, shared, habit);
  });
}

function describeClient(name: ClientName, major: number, shared: { world?: World }, habit: Habits): void {
  describe(`${name} ${major}`, () => {
    let world: World;
    let home: TestHome;
    let project: ClientProject;
    let secrets: readonly string[];
    const run = (argv: readonly string[], directory = project.directory, env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
      home.toolkey(["run", "--", name, ...argv], { cwd: directory, env: { ...project.environment, ...env } });
    const versions = () => Promise.all(["@acme/thing", "@root/thing", "plain"].map((dependency) => project.installed(dependency)));
    const forget = async (): Promise<void> => {
      await rm(join(project.directory, "node_modules"), { recursive: true, force: true });
      for (const cache of CACHES) await rm(join(home.directory, cache), { recursive: true, force: true });
    };

    beforeAll(async () => {
      world = shared.world as World;
      ({ home, project, secrets } = await makeGatewayProject(world, name, major));
    });
    afterAll(() => home?.dispose());

    test("installs, with a phantom alone", async () => {
      const installed = expectDone(await run(["install"]));
      expect(await versions()).toEqual(["1.2.3", "1.2.3", "2.0.0"]);
      for (const place of [world.closed.origin, world.mounted.url]) expect(installed.stderr).toMatch(new RegExp(`${name} uses ${name}-\\w+ for ${place} through the gateway\n`));
    });

    test("installs what its lock file says, which holds nothing of the gateway", async () => {
      const lock = await readFile(join(project.directory, habit.lockFile), "utf8");
      expect([...lock.matchAll(/https?:\/\/[^/"]+/g)].map(([origin]) => origin).filter((place) => place.includes("127.0.0.1"))).toEqual([]);
      await forget();
      expectDone(await run(habit.frozen));
      expect(await versions()).toEqual(["1.2.3", "1.2.3", "2.0.0"]);
      expect(await readFile(join(project.directory, habit.lockFile), "utf8")).toBe(lock);
      // What it left is of no gateway either.
      await rm(join(project.directory, "node_modules/@acme"), { recursive: true });
      expectDone(await home.toolkey(["run", "--direct", "--", name, ...habit.frozen], { cwd: project.directory, env: project.environment }));
      expect(await versions()).toEqual(["1.2.3", "1.2.3", "2.0.0"]);
    });

    test("publishes below a path, and is known by name", async () => {
      const mine = join(project.directory, "mine");
      await mkdir(mine);
      await writeFile(join(mine, "package.json"), JSON.stringify({ name: `@acme/mine-${major}`, version: "1.0.0", publishConfig: { registry: world.mounted.url } }));
      if (habit.lockFile === "yarn.lock") await writeFile(join(mine, "yarn.lock"), "");
      if (name === "yarn") expectDone(await run(["install"], mine));
      // Its scripts would have the token in reach.
      if (name === "pnpm") expectDone(await home.toolkey(["run", "--direct", "--", name, ...habit.publish], { cwd: mine, env: project.environment }));
      else expectDone(await run(habit.publish, mine));
      const published = await world.closed.ask("GET", `/@acme%2fmine-${major}`, { authorization: `Bearer ${world.closed.loginToken}` });
      expect(published.body).toMatchObject({ versions: { "1.0.0": {} } });
      const known = await run(habit.whoami, project.directory, habit.defaultRegistry(world.closed.origin));
      expect(known.stdout, known.stderr).toContain(world.closed.username);
    });

    test("lets scripts have what is for everybody, and nothing else", async () => {
      const path = join(project.directory, "package.json");
      const [opened, shut] = habit.nested;
      // Of what an install runs: `run` is a session, in which scripts have more.
      const install = async (postinstall: string): Promise<Ended> => {
        await writeFile(path, JSON.stringify({ ...(JSON.parse(await readFile(path, "utf8")) as object), scripts: { postinstall, spy: SPY } }));
        await forget();
        await rm(join(project.directory, ".yarn"), { recursive: true, force: true });
        return run(["install"], project.directory, { YARN_ENABLE_INLINE_BUILDS: "1" });
      };
      expectDone(await install(opened));
      const refused = await install(shut);
      expect(refused.code).not.toBe(0);
      expect(`${refused.stdout}${refused.stderr}`).toMatch(/belongs to another process/);
    });

    test("leaves no token anywhere: not in a file, a log, a command line, a variable", async () => {
      expectDone(await run(["run", "spy"]));
      expect(existsSync(join(project.directory, "spied"))).toBe(true);
      expect(filesWith(home.directory, secrets)).toEqual([]);
    });
  });
}
