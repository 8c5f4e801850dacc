import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, bearer } from "../../fixtures/network/ask.ts";
import { expectDone } from "../../fixtures/homes/home.ts";
import { startJfrogAccess, type JfrogAccess } from "../../fixtures/services/jfrog/jfrog-access.ts";
import { npm } from "../../fixtures/tools/npm.ts";
import { makeServiceHome, type ServiceHome } from "../../fixtures/homes/service-home.ts";

let jfrog: JfrogAccess;
let home: ServiceHome;

beforeAll(async () => {
  jfrog = await startJfrogAccess();
  home = await makeServiceHome(`[service.acme]
issuer = "jfrog"
title = "ACME"
url = "${jfrog.origin}"
cacert = "${jfrog.caFile}"
git = { url = "${jfrog.origin}/artifactory/api/lfs" }
npm = { registry = "${jfrog.origin}/artifactory/api/npm/npm-local/" }
`);
});

afterAll(async () => {
  await home?.dispose();
  await jfrog?.close();
});

async function use(secret: string | undefined): Promise<number> {
  return (await ask(jfrog, "GET", "/artifactory/api/lfs/npm-local/x", bearer(secret ?? ""))).status;
}

describe("the life of a token at JFrog", () => {
  it("is created, used, checked, renewed and revoked, and the other tools' tokens still work", async () => {
    const lfs = `${jfrog.origin}/artifactory/api/lfs`;
    const registry = `${jfrog.origin}/artifactory/api/npm/npm-local`;
    const login = jfrog.makeUserToken({ username: "admin", scope: "applied-permissions/admin" });
    expect(await home.toolkey(["login", "acme"], { stdin: `${login.referenceToken}\n` })).toMatchObject({ code: 0, stdout: "logged in at ACME\n" });

    const made = await home.toolkey(["mint", "acme", "--tool", "git", "--ttl", "30d", "--scope", "artifact:npm-local/**:r"]);
    expectDone(await home.toolkey(["mint", "acme", "--tool", "npm", "--scope", "artifact:npm-local/**:r"]));
    const [own, git, forNpm] = await home.tokens();
    const id = git?.id ?? "";
    expect(made.stdout).toBe(`made ${id} (git, ${lfs}, as admin), which expires at ${git?.expiresAt}\n`);
    expect(git).toEqual({
      id,
      tool: "git",
      service: "acme",
      target: lfs,
      username: "admin",
      description: expect.stringMatching(/^git on \S+ \(toolkey [0-9a-f]{10}\)$/),
      tokenId: jfrog.tokens[1]?.id,
      subject: "admin",
      scope: "artifact:npm-local/**:r",
      kind: "scoped",
      issuedAt: expect.any(String),
      expiresAt: new Date(Date.parse(git?.issuedAt ?? "") + 30 * 86_400_000).toISOString().replace(".000Z", "Z"),
      state: "active",
      createdAt: expect.any(String),
      preferred: false,
    });

    // The real tools: git's helper, and npm.
    const first = await home.fill(`${lfs}/npm-local`);
    expect(await use(first)).toBe(200);
    const npmToken = { registry, caFile: jfrog.caFile, token: await home.secret(forNpm?.id ?? "") };
    expect((await npm(home, npmToken, ["whoami"])).stdout).toBe("admin\n");

    expect((await home.toolkey(["check"])).stdout).toBe(
      `${own?.id} (toolkey, ${jfrog.origin}): valid\n` +
        `${id} (git, ${lfs}, as admin): valid, but not permitted to look at itself\n` +
        `${forNpm?.id} (npm, ${registry}): valid, but not permitted to look at itself\n`,
    );

    const rotated = await home.toolkey(["rotate", id]);
    expect(rotated).toMatchObject({ code: 0, stderr: "toolkey: the old one: revoked at ACME\n" });
    const second = await home.fill(`${lfs}/npm-local`);
    expect([await use(first), await use(second)]).toEqual([401, 200]);

    expect(await home.toolkey(["revoke", "--yes", id])).toEqual({
      code: 0,
      signal: null,
      stdout: `revoked: ${id} (git, ${lfs}, as admin)\n`,
      stderr: `toolkey: ${id} (git, ${lfs}, as admin) is to be revoked: git gets no token for ${lfs} any more\n`,
    });
    expect(await use(second)).toBe(401);
    expect(await home.fill(`${lfs}/npm-local`)).toBe(undefined);
    expect((await npm(home, npmToken, ["whoami"])).stdout).toBe("admin\n");
    expect((await home.tokens()).map(({ tool, state }) => `${tool} ${state}`)).toEqual([
      "toolkey active",
      "git revoked",
      "npm active",
      "git revoked",
    ]);
    expect(jfrog.leaks).toEqual([]);
  });
});
