/** Packages from git, for each client of npm registries through the gateway: what it fetches itself, and what a script may not. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeClientProject, type ClientProject } from "../../../fixtures/tools/client-project.ts";
import { client, clientsMissing } from "../../../fixtures/tools/clients.ts";
import { matrix, sampled } from "../../../fixtures/form.ts";
import { startGitServer, type GitServer } from "../../../fixtures/registries/git/git-server.mjs";
import { expectDone, makeHome, type Ended, type TestHome } from "../../../fixtures/homes/home.ts";
import { startVerdaccio, verdaccioMissing, type Verdaccio } from "../../../fixtures/registries/npm/verdaccio.ts";

const TOKEN = "git-r3al-t0ken";
const CLIENTS = matrix<readonly ["npm" | "pnpm" | "yarn", number]>([["npm", 12], ["pnpm", 12], ["yarn", 4]], [["npm", 10], ["npm", 11], ["pnpm", 10], ["pnpm", 11]]);
const FROZEN = { npm: ["ci"], pnpm: ["install", "--frozen-lockfile"], yarn: ["install", "--immutable"] } as const;
const LOCKS = { npm: "package-lock.json", pnpm: "pnpm-lock.yaml", yarn: "yarn.lock" } as const;
/** What a script tries: as it is, in a shell of its own, in place of the client's shell, and without the variables that say what it is. */
const THEFTS = ["git ls-remote $REPOSITORY", "sh -c 'git ls-remote $REPOSITORY'", "exec git ls-remote $REPOSITORY", "env -u npm_lifecycle_event -u BERRY_BIN_FOLDER git ls-remote $REPOSITORY"];

/** npm 12 and Yarn 4 fetch from git only where the person allows it. */
const ALLOWED = { YARN_ENABLE_INLINE_BUILDS: "1", npm_config_allow_git: "all", YARN_APPROVED_GIT_REPOSITORIES: "**" };

const choices = CLIENTS.filter((choice) => !clientsMissing(choice));

describe.skipIf(verdaccioMissing() || choices.length === 0)("packages from git through the gateway", () => {
  let server: GitServer;
  let registry: Verdaccio;
  /** Not under the name of the registry's host, which npm replaces. */
  let repository: string;

  beforeAll(async () => {
    [server, registry] = await Promise.all([startGitServer({ projects: ["package"], accounts: [{ username: "alice", token: TOKEN }] }), startVerdaccio()]);
    repository = server.url("package").replace("localhost", "127.0.0.1");
    expect(await registry.publish(registry.loginToken, "@acme/thing", "1.2.3")).toBe(201);
    const home = await makeHome();
    const steps = `git clone -q "$1" made && cd made && printf '{"name":"from-git","version":"3.0.0"}' > package.json && git add . && git commit -q -m package && git push -q`;
    expectDone(await home.run("sh", ["-ec", steps, "sh", repository.replace("//", `//alice:${TOKEN}@`)], { cwd: home.directory, env: { GIT_SSL_CAINFO: server.caFile } }));
    await home.dispose();
  });
  afterAll(async () => {
    await registry?.close();
    await server?.close();
  });

  describe.each(choices)("%s %i", (name, major) => {
    let home: TestHome;
    let project: ClientProject;
    const run = (...argv: readonly string[]): Promise<Ended> => home.toolkey(["run", "--", name, ...argv], { cwd: project.directory, env: { ...project.environment, ...ALLOWED, REPOSITORY: repository } });
    const versions = () => Promise.all(["from-git", "@acme/thing"].map((dependency) => project.installed(dependency)));

    beforeAll(async () => {
      home = await makeHome();
      const caFile = join(home.directory, "ca.pem");
      await writeFile(caFile, (await Promise.all([server.caFile, registry.caFile].map((file) => readFile(file, "utf8")))).join(""));
      await home.init(caFile);
      await home.addGitToken(new URL(repository).origin, "alice", TOKEN);
      const { token } = await registry.createToken();
      await home.addToken(name, registry.origin, token);
      project = await makeClientProject(home, client(name, major), { dependencies: { "from-git": `git+${repository}`, "@acme/thing": "^1.0.0" }, registries: [{ url: registry.origin }], caFile });
    });
    afterAll(() => home?.dispose());

    it("installs them, and again by the lock file, which names the repository itself", async () => {
      expectDone(await run("install"));
      expect(await versions()).toEqual(["3.0.0", "1.2.3"]);
      const lock = await readFile(join(project.directory, LOCKS[name]), "utf8");
      expect(lock).toContain(repository);
      expect(lock).not.toContain("/https/127.0.0.1");
      for (const path of ["project/node_modules", ".npm", ".cache", ".yarn", ".local"]) await rm(join(home.directory, path), { recursive: true, force: true });
      expectDone(await run(...FROZEN[name]));
      expect(await versions()).toEqual(["3.0.0", "1.2.3"]);
      expect(await readFile(join(project.directory, LOCKS[name]), "utf8")).toBe(lock);
    });

    it("has nothing for scripts", async () => {
      const path = join(project.directory, "package.json");
      const manifest = JSON.parse(await readFile(path, "utf8")) as object;
      // Yarn's own shell has no exec.
      for (const index of sampled([...THEFTS.keys()], 2)) {
        if (name === "yarn" && THEFTS[index]?.startsWith("exec ") === true) continue;
        await writeFile(path, JSON.stringify({ ...manifest, dependencies: {}, scripts: { postinstall: THEFTS[index] } }));
        for (const path of [".yarn", "node_modules"]) await rm(join(project.directory, path), { recursive: true, force: true });
        const before = server.requests.length;
        const stolen = await run("install");
        expect(stolen.code, THEFTS[index]).not.toBe(0);
        expect(`${stolen.stdout}${stolen.stderr}`).toContain("wants a token, which is for git of the command itself");
        expect(server.requests.slice(before)).toEqual([{ method: "GET", path: "/nuxeo/git/package.git/info/refs", status: 401 }]);
      }
    });
  });
});
