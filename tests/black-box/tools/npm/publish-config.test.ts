/** Packages that say in `publishConfig` alone where they go, and whose registry nothing else names. */
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { client, clientsMissing, type ClientName } from "../../../fixtures/tools/clients.ts";
import { matrix } from "../../../fixtures/form.ts";
import { expectDone, makeHome, type Ended, type TestHome } from "../../../fixtures/homes/home.ts";
import { makeTls, type TestTls } from "../../../fixtures/network/tls.ts";
import { startVerdaccio, verdaccioMissing, type Verdaccio } from "../../../fixtures/registries/npm/verdaccio.ts";

describe.skipIf(verdaccioMissing() || clientsMissing(["npm", 12], ["pnpm", 12]))("publishConfig", () => {
  let tls: TestTls;
  let acme: Verdaccio;
  let home: TestHome;
  beforeAll(async () => {
    tls = await makeTls();
    acme = await startVerdaccio({ tls });
    home = await makeHome();
    await home.init(tls.caFile);
    const { token } = await acme.createToken();
    for (const tool of ["npm", "pnpm"]) await home.addToken(tool, acme.origin, token);
  });
  afterAll(async () => {
    await home?.dispose();
    await acme?.close();
    await tls?.remove();
  });

  async function makePackage(place: string, manifest: object): Promise<string> {
    const directory = join(home.directory, place);
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, "package.json"), JSON.stringify({ version: "1.0.0", ...manifest }));
    return directory;
  }

  const run = async (name: ClientName, argv: readonly string[], cwd: string): Promise<Ended> =>
    home.toolkey(["run", ...(name === "pnpm" ? ["--direct"] : []), "--", name, ...argv], { cwd, env: { ...client(name, 12).environment, NODE_EXTRA_CA_CERTS: acme.caFile } });

  const isPublished = async (name: string): Promise<boolean> => (await acme.ask("GET", `/${name.replace("/", "%2f")}`, { authorization: `Bearer ${acme.loginToken}` })).status === 200;

  it("is followed through the gateway, also past another registry of .npmrc", async () => {
    const directory = await makePackage("alone", { name: "alone", publishConfig: { registry: acme.origin } });
    await writeFile(join(directory, ".npmrc"), "registry=https://elsewhere.example/\n");
    const ended = expectDone(await run("npm", ["publish"], directory));
    expect(ended.stderr).toMatch(/^toolkey: npm uses npm-\w+ for https:\/\/localhost:\d+ through the gateway$/m);
    expect(await isPublished("alone")).toBe(true);
  });

  it.each(matrix<[name: ClientName, argv: string[], prefix: string]>([
    ["npm", ["publish", "--workspaces"], "every"],
    ["pnpm", ["-r", "publish", "--no-git-checks"], "recursive"],
  ], [
    ["npm", ["publish", "-w", "named-a", "-w", "named-b"], "named"],
  ]))("of members, which the root knows nothing of: %s %j", async (name, argv, prefix) => {
    const root = await makePackage(prefix, { name: `${prefix}-root`, private: true, workspaces: ["packages/*"] });
    await writeFile(join(root, "pnpm-workspace.yaml"), "packages:\n  - packages/*\n");
    for (const member of ["a", "b"]) await makePackage(join(prefix, "packages", member), { name: `${prefix}-${member}`, publishConfig: { registry: acme.origin } });
    const ended = expectDone(await run(name, argv, root));
    expect(ended.stderr).toMatch(new RegExp(`^toolkey: ${name} ${name === "npm" ? "uses" : "gets"} ${name}-\\w+ for https://localhost:\\d+${name === "npm" ? " through the gateway" : ""}$`, "m"));
    expect([await isPublished(`${prefix}-a`), await isPublished(`${prefix}-b`)]).toEqual([true, true]);
  });

  it("of an archive runs nothing that could have the token, and of another directory only what has the phantom", async () => {
    const leak = (name: string) => Object.fromEntries(["prepublishOnly", "prepare", "publish", "postpublish"].map((event) => [event, `cat "$npm_config_userconfig" >> ${join(home.directory, `leak-${name}`)}`]));
    const root = await makePackage("beside", { name: "beside-root", private: true });
    for (const name of ["packed", "placed"]) await makePackage(join("beside", name), { name, scripts: leak(name), publishConfig: { registry: acme.origin } });
    expectDone(await home.run("npm", ["pack", "--ignore-scripts", "./packed"], { cwd: root, env: client("npm", 12).environment }));
    await writeFile(join(root, ".npmrc"), `registry=${acme.origin}/\n`);
    expect(expectDone(await run("npm", ["publish", "./packed-1.0.0.tgz"], root)).stderr).toMatch(/so npm gets the token itself$/m);
    expect(expectDone(await run("npm", ["publish", "./placed"], root)).stderr).toMatch(/^toolkey: npm uses npm-\w+ for https:\/\/localhost:\d+ through the gateway$/m);
    expect([await isPublished("packed"), await isPublished("placed")]).toEqual([true, true]);
    expect(existsSync(join(home.directory, "leak-packed"))).toBe(false);
    const read = await readFile(join(home.directory, "leak-placed"), "utf8");
    expect(new Set(read.match(/(?<=:_authToken=).*/g))).toEqual(new Set([expect.stringMatching(/^"?tkphantom_\w+"?$/)]));
  });

  it("of members that name different registries is not served, which is said", async () => {
    const root = await makePackage("apart", { name: "apart-root", private: true, workspaces: ["packages/*"] });
    for (const [member, registry] of [["a", acme.origin], ["b", `${acme.origin}/b`]]) await makePackage(join("apart", "packages", String(member)), { name: `apart-${String(member)}`, publishConfig: { registry } });
    const ended = await run("npm", ["publish", "--workspaces"], root);
    expect(ended.stderr).toContain("toolkey: the packages name different registries in publishConfig, so npm gets no token\nhint: one registry at a time: npm publish -w NAME\n");
    expect(await isPublished("apart-a")).toBe(false);
  });

  it("that a script follows is served in a session, if that may publish", async () => {
    const root = await makePackage("scripted", { name: "scripted", publishConfig: { registry: acme.origin }, scripts: { release: "npm publish" } });
    const refused = await run("npm", ["run", "release"], root);
    expect(`${refused.stdout}${refused.stderr}`).toContain("this phantom does not permit PUT");
    expect(await isPublished("scripted")).toBe(false);
    expectDone(await home.toolkey(["run", "--publish", "--", "npm", "run", "release"], { cwd: root, env: { ...client("npm", 12).environment, NODE_EXTRA_CA_CERTS: acme.caFile } }));
    expect(await isPublished("scripted")).toBe(true);
  });
});
