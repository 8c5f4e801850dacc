/** Projects that want the token of somebody else's registry from a client that holds it: what they name, lock, redirect and switch off. */
import { appendFile, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { makeClientProject, type ClientProject } from "../../../fixtures/tools/client-project.ts";
import { client, clientsMissing, NEWEST, type ClientChoice } from "../../../fixtures/tools/clients.ts";
import { longTest, matrix, sampled } from "../../../fixtures/form.ts";
import { expectDone, makeHome, type Ended, type TestHome } from "../../../fixtures/homes/home.ts";
import { makeTls, type TestTls } from "../../../fixtures/network/tls.ts";
import { startTwoFacedRegistry, type TwoFacedRegistry } from "../../../fixtures/registries/npm/two-faced-registry.ts";

const SECRET = "npm_S3cretThatNobodyElseMayHave";
/** Of these only what the client itself decides: where it takes a token that it has got. */
const OLDER = [["npm", 11], ["pnpm", 10]] as const satisfies readonly ClientChoice[];
/** Those that take the token of a host to whatever names the host, with TLS or without. */
const BY_HOST_ALONE: readonly string[] = ["npm 11", "pnpm 10", "pnpm 12", "yarn 1"];
const LOCK_FILES = { npm: "package-lock.json", pnpm: "pnpm-lock.yaml", yarn: "yarn.lock", bun: "bun.lock" } as const;
const DEPENDENCIES = { "@acme/thing": "1.0.0" };

let tls: TestTls;
let ours: TwoFacedRegistry;
let evil: TwoFacedRegistry;

beforeAll(async () => {
  tls = await makeTls();
  [ours, evil] = await Promise.all([startTwoFacedRegistry(tls), startTwoFacedRegistry(tls)]);
});

afterAll(async () => {
  await Promise.all([ours?.close(), evil?.close()]);
  await tls?.remove();
});

describe.each(matrix<ClientChoice>(NEWEST, OLDER))("%s %i", (name, major) => {
  const isNewest = NEWEST.some((choice) => choice[0] === name && choice[1] === major);
  const absent = clientsMissing([name, major]);
  const isBerry = name === "yarn" && major > 1;
  /** What toolkey does for Yarn 1 as for npm is a test of its own in the long form only. */
  const testOfOwn = name === "yarn" && !isBerry ? longTest : test;
  /** To Yarn 4 a registry is its whole URL: another port is another registry, as another host is. */
  const testOfPort = name === "yarn" ? longTest : test;
  let home: TestHome;
  let count = 0;
  let project: ClientProject;

  beforeAll(async () => {
    if (absent) return;
    home = await makeHome();
    await home.init(tls.caFile);
    for (const url of [ours.origin, ours.clearOrigin]) await home.addToken(name, url, SECRET);
  });
  afterAll(() => home?.dispose());

  beforeEach(async () => {
    ours.redirect(undefined);
    evil.redirect(undefined);
    if (absent) return;
    await forgetPackages();
    project = await makeClientProject(home, client(name, major), {
      name: `project-${count++}`,
      dependencies: DEPENDENCIES,
      registries: [{ url: ours.origin }, { url: ours.origin, scope: "@acme" }],
      caFile: tls.caFile,
    });
  });

  async function forgetPackages(): Promise<void> {
    const caches = [".npm", ".cache", ".bun", ".yarn", ".local"].map((path) => join(home.directory, path));
    const own = project === undefined ? [] : ["node_modules", ".yarn"].map((path) => join(project.directory, path));
    for (const path of [...caches, ...own]) await rm(path, { recursive: true, force: true });
  }
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(project.directory, path)), { recursive: true });
    await writeFile(join(project.directory, path), text);
  };
  const install = (...more: readonly string[]): Promise<Ended> =>
    home.toolkey(["run", "--direct", "--", name, "install", ...more], { cwd: project.directory, env: { ...project.environment, CI: undefined } });
  const projectRegistry = (scope: string, url: string): Promise<void> =>
    isBerry ? write(".yarnrc.yml", `npmScopes:\n  ${scope.slice(1)}:\n    npmRegistryServer: "${url}"\n    npmAlwaysAuth: true\n`) : write(".npmrc", `${scope}:registry=${url}/\nregistry=${url}/\nalways-auth=true\n`);
  const depends = (dependencies: Readonly<Record<string, string>>): Promise<void> =>
    write("package.json", JSON.stringify({ name: "hostile", version: "1.0.0", dependencies }));

  test.skipIf(absent)("a good project gets the token; one whose lock file has another host does not take it there", async () => {
    const installed = expectDone(await install());
    expect(installed.stderr).toContain(`${name} gets ${name}-`);
    expect(ours.visitsWith(SECRET).length).toBeGreaterThan(0);
    expect(evil.visits).toEqual([]);
    const lockFile = LOCK_FILES[name];
    const lock = await readFile(join(project.directory, lockFile), "utf8");
    const elsewhere = `${evil.otherName}/@acme/thing/-/thing-1.0.0.tgz`;
    await write(lockFile, relocated(lock, ours.origin, evil.otherName, elsewhere));
    expect(await readFile(join(project.directory, lockFile), "utf8")).toContain(isBerry ? encodeURIComponent(elsewhere) : evil.otherName);
    await forgetPackages();
    const { stdout, stderr } = await install();
    // npm 12 takes no packages from elsewhere at all, and pnpm 12 none where it has looked a lock file through.
    if (name !== "pnpm" || major !== 12) expect(evil.visits.length > 0, stdout + stderr).toBe(major !== 12 || name !== "npm");
    expect(evil.visitsWith(SECRET)).toEqual([]);
  });

  testOfOwn.skipIf(absent)("a registry that sends it on to another host has not given it away", async () => {
    ours.redirect(evil.otherName);
    const { stderr } = await install();
    expect(ours.visitsWith(SECRET).length, stderr).toBeGreaterThan(0);
    expect(evil.visits.length, stderr).toBeGreaterThan(0);
    expect(evil.visitsWith(SECRET)).toEqual([]);
  });

  test.skipIf(absent)("without TLS nothing is sent, though the project names the host so", async () => {
    await depends({ ...DEPENDENCIES, "@acme/clear": `${ours.clearOrigin}/@acme/clear/-/clear-1.0.0.tgz` });
    const { stderr } = await install();
    expect(ours.visitsWith(SECRET).filter(({ secure }) => !secure)).toEqual([]);
    if (isBerry || name === "bun") return;
    expect(stderr).toContain(`toolkey: ${name} gets no token for ${ours.origin}: ${join(project.directory, "package.json")} names localhost`);
    // Else the test would say nothing.
    await appendFile(join(home.directory, ".npmrc"), `//${new URL(ours.origin).host}/:_authToken=${SECRET}\n`);
    await forgetPackages();
    await rm(join(project.directory, LOCK_FILES[name]), { force: true });
    await project.run(["install"]);
    expect(ours.visitsWith(SECRET).some(({ secure }) => !secure)).toBe(BY_HOST_ALONE.includes(`${name} ${major}`));
  });

  if (!isNewest) return;

  testOfOwn.skipIf(absent)("one that names another registry does not", async () => {
    await projectRegistry("@acme", evil.otherName);
    const { stderr } = await install();
    expect(evil.visits.length, stderr).toBeGreaterThan(0);
    expect(evil.visitsWith(SECRET)).toEqual([]);
  });

  testOfPort.skipIf(absent)("nor one that names the same host at another port", async () => {
    await projectRegistry("@acme", evil.origin);
    await install();
    expect(evil.visitsWith(SECRET)).toEqual([]);
  });

  testOfOwn.skipIf(absent)("one that has a package from elsewhere takes no token there", async () => {
    await depends({ ...DEPENDENCIES, "@acme/evil": `${evil.otherName}/@acme/evil/-/evil-1.0.0.tgz` });
    await install();
    expect(evil.visitsWith(SECRET)).toEqual([]);
  });

  testOfOwn.skipIf(absent)("one that puts its proxy before a registry without TLS does not see the token pass", async () => {
    await projectRegistry("@acme", ours.clearOrigin);
    const file = join(project.directory, isBerry ? ".yarnrc.yml" : ".npmrc");
    await appendFile(file, isBerry ? `httpProxy: ${evil.clearOrigin}\n` : `proxy=${evil.clearOrigin}\nhttps-proxy=${evil.clearOrigin}\nnoproxy=\n`);
    const { stderr } = await install();
    expect(stderr).toContain(`${name} gets no token for ${ours.clearOrigin}, which the project lets pass through`);
    expect(evil.visitsWith(SECRET)).toEqual([]);
  });

  testOfOwn.skipIf(absent)("one that switches the checks of TLS off, or brings certificates, gets nothing", async () => {
    const [file, settings] = isBerry
      ? [".yarnrc.yml", ["enableStrictSsl: false", `httpsCaFilePath: ${tls.caFile}`]]
      : [".npmrc", ["strict-ssl=false", `cafile=${tls.caFile}`]];
    for (const setting of settings) {
      await write(file, `${setting}\n`);
      const { stderr } = await install();
      expect(stderr).toContain(`toolkey: ${name} gets no token here, since the project decides whom to trust: ${setting.split(/[=:]/)[0] ?? ""} in ${join(project.directory, file)}\n`);
    }
    expect(ours.visitsWith(SECRET)).toEqual([]);
  });

  if (isBerry) return;

  testOfOwn.skipIf(absent)("nor where the host is behind what looks like none", async () => {
    await depends({ ...DEPENDENCIES, "@acme/clear": `${ours.clearOrigin.replace("://", "://a,b@")}/@acme/clear/-/clear-1.0.0.tgz` });
    const { stderr } = await install();
    expect(ours.visitsWith(SECRET).filter(({ secure }) => !secure), stderr).toEqual([]);
  });

  testOfOwn.skipIf(absent)("what the client would read elsewhere than the daemon is not passed over", async () => {
    await rm(join(project.directory, ".npmrc"), { force: true });
    await write("own.npmrc", `@acme:registry=${ours.origin}/\nregistry=${ours.origin}/\nstrict-ssl=false\n`);
    await symlink("/proc/self/cwd/own.npmrc", join(project.directory, ".npmrc"));
    const { stderr } = await install();
    expect(stderr).toContain("leads to /proc");
    expect(ours.visitsWith(SECRET)).toEqual([]);
  });

  if (name !== "yarn") return;

  test.skipIf(absent).each(sampled(["strict-ssl false # comment", '"strict-ssl"false', "a, strict-ssl false", '"strict\\u002dssl":false', "<<<<<<< a\nstrict-ssl false\n=======\nstrict-ssl false\n>>>>>>> b"], 3))("nor is %j in .yarnrc", async (line) => {
    await write(".yarnrc", `${line}\n`);
    const { stderr } = await install();
    expect(stderr).toContain(`strict-ssl in ${join(project.directory, ".yarnrc")}`);
    expect(ours.visitsWith(SECRET)).toEqual([]);
  });
});

/** A lock file in which the package comes from elsewhere, in the words of each client. */
function relocated(lock: string, from: string, to: string, tarball: string): string {
  return lock
    .replaceAll(from, to)
    .replace("@acme/thing@1.0.0\", \"\"", `@acme/thing@1.0.0", "${tarball}"`)
    .replace(/(resolution: \{integrity: [^,}]+)\}/, `$1, tarball: ${tarball}}`)
    .replace(/resolution: "(@acme\/thing@npm:1\.0\.0)"/, `resolution: "$1::__archiveUrl=${encodeURIComponent(tarball)}"`)
    .replace(/^ {2}checksum: .*\n/m, "");
}
