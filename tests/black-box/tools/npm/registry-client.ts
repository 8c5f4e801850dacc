/** What each client of npm registries must do with `toolkey run --direct`, against two real registries with a token each. */
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { filesWith } from "../../../fixtures/files-with.ts";
import { makeClientProject, type ClientProject } from "../../../fixtures/tools/client-project.ts";
import { client, clientsMissing, type ClientName } from "../../../fixtures/tools/clients.ts";
import { longTest, matrix } from "../../../fixtures/form.ts";
import { expectDone, makeHome, type Ended, type TestHome } from "../../../fixtures/homes/home.ts";
import { makeTls, type TestTls } from "../../../fixtures/network/tls.ts";
import { startVerdaccio, verdaccioMissing, type Verdaccio } from "../../../fixtures/registries/npm/verdaccio.ts";

/** How a client is told what all of them do. */
export interface Habits {
  readonly frozen: readonly string[];
  /** Undefined if it can't. */
  readonly whoami: readonly string[] | undefined;
  readonly publish: readonly string[];
  readonly lockFile: string;
  /** Whether the token is in a file that scripts can open, or with the client alone. */
  readonly hidden: boolean;
  /** Added to `.yarnrc.yml` of the home. */
  readonly configuration?: object;
  /** `.yarnrc` of the home. */
  readonly yarnrc?: string;
}

/** @param acme where `@acme` is @param rest where all else is */
export type HabitsOf = (acme: string, rest: string) => Habits;

/** Prints what any process of this machine can see of all others, and what this one has been given. */
const SPY = "cat /proc/[0-9]*/cmdline 2>/dev/null > spied; env >> spied";

/**
 * @param older versions that show only what is their own: that they take the token, for both, and where they leave it
 * @param more those of the long form that show everything
 */
export function describeClients(name: ClientName, clients: Readonly<Record<number, HabitsOf>>, older: Readonly<Record<number, HabitsOf>> = {}, more: Readonly<Record<number, HabitsOf>> = {}): void {
  const majors = Object.keys({ ...clients, ...older, ...more }).map(Number);
  describe.skipIf(verdaccioMissing() || clientsMissing(...majors.map((major) => [name, major] as const)))(name, () => {
    const registries: { acme?: Verdaccio; rest?: Verdaccio } = {};
    let tls: TestTls;
    beforeAll(async () => {
      tls = await makeTls();
      const [acme, rest] = await Promise.all([startVerdaccio({ tls, owners: { "@acme/*": "alice" } }), startVerdaccio({ tls })]);
      Object.assign(registries, { acme, rest });
      expect(await acme.publish(acme.loginToken, "@acme/thing", "1.2.3")).toBe(201);
      expect(await rest.publish(rest.loginToken, "plain", "2.0.0")).toBe(201);
    });
    afterAll(async () => {
      await Promise.all([registries.acme?.close(), registries.rest?.close()]);
      await tls?.remove();
    });
    for (const [major, habits] of matrix<[string, HabitsOf]>([], Object.entries(older))) describeClient(name, Number(major), registries, habits, true);
    for (const [major, habits] of matrix<[string, HabitsOf]>(Object.entries(clients), Object.entries(more))) describeClient(name, Number(major), registries, habits, false);
  });
}

function describeClient(name: ClientName, major: number, registries: { acme?: Verdaccio; rest?: Verdaccio }, habits: HabitsOf, isOlder: boolean): void {
  describe(`${name} ${major}`, () => {
    let acme: Verdaccio;
    let rest: Verdaccio;
    let home: TestHome;
    let project: ClientProject;
    let habit: Habits;
    const secrets: string[] = [];
    const run = (argv: readonly string[], directory = project.directory): Promise<Ended> =>
      home.toolkey(["run", "--direct", "--", name, ...argv], { cwd: directory, env: project.environment });

    beforeAll(async () => {
      ({ acme, rest } = registries as { acme: Verdaccio; rest: Verdaccio });
      habit = habits(acme.origin, rest.origin);
      home = await makeHome();
      await home.init();
      for (const registry of [acme, rest]) {
        const { token } = await registry.createToken();
        secrets.push(token);
        await home.addToken(name, registry.origin, token);
      }
      project = await makeClientProject(home, client(name, major), {
        dependencies: { "@acme/thing": "^1.0.0", plain: "^2.0.0" },
        registries: [{ url: acme.origin, scope: "@acme" }, { url: rest.origin }],
        caFile: acme.caFile,
      });
      if (habit.configuration !== undefined) await configureBerry(home, habit.configuration);
      if (habit.yarnrc !== undefined) await writeFile(join(home.directory, ".yarnrc"), habit.yarnrc);
      await addScripts(project, name);
    });

    afterAll(() => home?.dispose());

    test("installs from two registries, each with its own token", async () => {
      expect((await project.run(["install"])).code, "without a token").not.toBe(0);
      const installed = expectDone(await run(["install"]));
      expect([await project.installed("@acme/thing"), await project.installed("plain")]).toEqual(["1.2.3", "2.0.0"]);
      for (const { origin } of [acme, rest]) expect(installed.stderr).toMatch(new RegExp(`${name} gets ${name}-\\w+ for ${origin}`));
    });

    longTest("publishes, and is known by name", async () => {
      const mine = join(project.directory, "mine");
      await mkdir(mine);
      await writeFile(join(mine, "package.json"), JSON.stringify({ name: "@acme/mine", version: `1.0.${major}`, publishConfig: { registry: acme.origin } }));
      if (habit.lockFile === "yarn.lock") await writeFile(join(mine, "yarn.lock"), "");
      if (name === "yarn" && major > 1) expectDone(await run(["install"], mine));
      expectDone(await run(habit.publish, mine));
      const published = await acme.ask("GET", "/@acme%2fmine", { authorization: `Bearer ${acme.loginToken}` });
      expect(published.body).toMatchObject({ versions: { [`1.0.${major}`]: {} } });
      if (habit.whoami === undefined) return;
      const known = await run(habit.whoami);
      expect(known.stdout, known.stderr).toContain(acme.username);
    });

    test("leaves it nowhere: not in a file, a log, a command line, a variable", async () => {
      expectDone(await run(["run", "spy"]));
      expect(existsSync(join(project.directory, "spied"))).toBe(true);
      expect(filesWith(home.directory, secrets)).toEqual([]);
      const opened = await run(["run", "open"]);
      expect(secrets.some((secret) => opened.stdout.includes(secret))).toBe(!habit.hidden);
    });

    if (isOlder) return;

    longTest("installs what its lock file says, which holds nothing of this machine", async () => {
      const lock = await readFile(join(project.directory, habit.lockFile), "utf8");
      const places = [...lock.matchAll(/https?:\/\/[^/"]+/g)].map(([origin]) => origin);
      expect(places.filter((place) => place !== acme.origin && place !== rest.origin)).toEqual([]);
      expect(lock).not.toContain("/proc/");
      await rm(join(project.directory, "node_modules"), { recursive: true });
      for (const cache of [".npm", ".cache", ".bun", ".yarn", ".local"]) await rm(join(home.directory, cache), { recursive: true, force: true });
      expectDone(await run(habit.frozen));
      expect([await project.installed("@acme/thing"), await project.installed("plain")]).toEqual(["1.2.3", "2.0.0"]);
      expect(await readFile(join(project.directory, habit.lockFile), "utf8")).toBe(lock);
    });

    test("hands it on to the same client in a script, through a shell", async () => {
      await rm(join(project.directory, "node_modules"), { recursive: true });
      for (const cache of [".npm", ".cache", ".bun", ".yarn", ".local"]) await rm(join(home.directory, cache), { recursive: true, force: true });
      expectDone(await run(["run", "nested"]));
      expect(await project.installed("@acme/thing")).toBe("1.2.3");
    });
  });
}

/** A script that installs again, one that spies, and one that opens what it is pointed to. */
async function addScripts({ directory }: ClientProject, name: ClientName): Promise<void> {
  const path = join(directory, "package.json");
  const manifest = JSON.parse(await readFile(path, "utf8")) as object;
  const scripts = { nested: `true && ${name} install`, spy: SPY, open: 'cat "$NPM_CONFIG_USERCONFIG" "$npm_config_userconfig" 2>/dev/null || true' };
  await writeFile(path, JSON.stringify({ ...manifest, scripts }));
}

async function configureBerry({ directory }: TestHome, settings: object): Promise<void> {
  const path = join(directory, ".yarnrc.yml");
  const before = JSON.parse(await readFile(path, "utf8")) as object;
  await writeFile(path, JSON.stringify({ ...before, ...settings }));
}
