/** The life of tokens at a real Verdaccio, with the real npm. What Verdaccio answers: fixtures/registries/npm/verdaccio/README.md */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { longTest } from "../../fixtures/form.ts";
import { expectDone, type Ended } from "../../fixtures/homes/home.ts";
import { npm } from "../../fixtures/tools/npm.ts";
import { makeServiceHome, type ServiceHome } from "../../fixtures/homes/service-home.ts";
import { startVerdaccio, verdaccioMissing, type Verdaccio, type VerdaccioVersion } from "../../fixtures/registries/npm/verdaccio.ts";

let verdaccio: Verdaccio;
let home: ServiceHome;

async function start(version: VerdaccioVersion): Promise<void> {
  verdaccio = await startVerdaccio({ version });
  home = await makeServiceHome(`[service.verdaccio]
issuer = "npm-registry"
title = "Verdaccio"
url = "${verdaccio.origin}"
cacert = "${verdaccio.caFile}"
npm = { registry = "${verdaccio.origin}" }
`);
}

async function end(): Promise<void> {
  await home?.dispose();
  await verdaccio?.close();
}

/** Runs the real npm with the token that the vault holds. */
async function npmWith(token: string, argv: readonly string[], version = "1.0.0"): Promise<Ended> {
  return npm(home, { registry: verdaccio.origin, caFile: verdaccio.caFile, token }, argv, { name: "thing", version });
}

async function states(): Promise<string[]> {
  return (await home.tokens()).map(({ tool, state }) => `${tool} ${state}`);
}

async function login(): Promise<Ended> {
  return home.toolkey(["login", "verdaccio", "--username", verdaccio.username], { stdin: verdaccio.password });
}

describe.skipIf(verdaccioMissing("6.10.4"))("the life of a token at an npm registry", () => {
  beforeAll(() => start("6.10.4"));
  afterAll(end);

  it("is created, used by npm, checked, renewed and revoked, and the other tools' tokens still work", async () => {
    expect(await home.toolkey(["login", "verdaccio", "--username", "alice"], { stdin: "wrong" })).toMatchObject({ code: 3, stdout: "" });
    expect(await home.tokens()).toEqual([]);
    expect(await login()).toMatchObject({ code: 0, stdout: "logged in at Verdaccio\n", stderr: "toolkey: its service says that it is valid\n" });
    expectDone(await home.toolkey(["mint", "verdaccio", "--tool", "npm"]));
    expectDone(await home.toolkey(["mint", "verdaccio", "--tool", "pnpm", "--read-only", "--cidr", "127.0.0.0/8"]));
    const [, forNpm, pnpm] = await home.tokens();
    const id = forNpm?.id ?? "";
    const [issued, keys] = [forNpm?.issuedAt ?? "", (await verdaccio.listTokens()).map(({ key }) => key)];
    expect(forNpm).toMatchObject({
      tool: "npm",
      subject: "alice",
      tokenId: keys[0],
      scope: "publish",
      // As the registry's JWT says.
      expiresAt: new Date(Date.parse(issued) + 29 * 86_400_000).toISOString().replace(".000Z", "Z"),
    });
    expect(pnpm).toMatchObject({ tool: "pnpm", subject: "alice", tokenId: keys[1], scope: "read-only 127.0.0.0/8" });

    const [first, readOnly] = [await home.secret(id), await home.secret(pnpm?.id ?? "")];
    expect((await npmWith(first, ["whoami"])).stdout).toBe("alice\n");
    expect((await npmWith(first, ["publish"])).code).toBe(0);
    expect((await npmWith(readOnly, ["view", "thing", "version"])).stdout).toBe("1.0.0\n");
    expect((await npmWith(readOnly, ["publish"], "1.0.1")).stderr).toContain("E403");

    const checked = await home.toolkey(["check", id, pnpm?.id ?? ""]);
    expect(checked.stdout).toBe(`${id} (npm, ${verdaccio.origin}): valid\n${pnpm?.id} (pnpm, ${verdaccio.origin}): valid\n`);

    // Each keeps what it may do.
    expectDone(await home.toolkey(["rotate", id]));
    expectDone(await home.toolkey(["rotate", pnpm?.id ?? ""]));
    const [second, stillReadOnly] = [await home.secret(id), await home.secret(pnpm?.id ?? "")];
    expect((await home.tokens()).slice(1, 3).map(({ scope }) => scope)).toEqual(["publish", "read-only 127.0.0.0/8"]);
    expect((await npmWith(first, ["whoami"])).code).not.toBe(0);
    expect((await npmWith(second, ["publish"], "1.1.0")).code).toBe(0);
    expect((await verdaccio.listTokens()).map(({ readonly, cidr }) => [readonly, cidr])).toEqual([
      [false, []],
      [true, ["127.0.0.0/8"]],
    ]);

    expect(await home.toolkey(["revoke", "--yes", id])).toMatchObject({ code: 0, stdout: `revoked: ${id} (npm, ${verdaccio.origin})\n` });
    expect((await npmWith(second, ["publish"], "1.2.0")).code).not.toBe(0);
    expect((await npmWith(stillReadOnly, ["view", "thing", "version"])).stdout).toBe("1.1.0\n");
    expect(await states()).toEqual(["toolkey active", "npm revoked", "pnpm active", "npm revoked", "pnpm revoked"]);
  });

  it("shows and ends a token that the vault does not hold", async () => {
    const { key } = await verdaccio.createToken({ readonly: true });
    const listed = await home.toolkey(["list", "--remote", "verdaccio", "--json"]);
    expect((JSON.parse(listed.stdout) as { tokenId: string }[]).map(({ tokenId }) => tokenId)).toEqual([key]);
    expect(await home.toolkey(["revoke", "--yes", "--remote", "verdaccio", key])).toMatchObject({ code: 0, stdout: `revoked ${key} at verdaccio\n` });
    expect((await verdaccio.listTokens()).map((token) => token.key)).not.toContain(key);
  });

  it("says of its login that it is a password, which only a person can change", async () => {
    const [own] = await home.tokens();
    const revoked = await home.toolkey(["revoke", "--yes", own?.id ?? ""]);
    expect(revoked).toMatchObject({ code: 1, stdout: `not revoked yet: ${own?.id} (toolkey, ${verdaccio.origin}, as alice)\n` });
    expect(revoked.stderr).toContain(
      "toolkey: it is forgotten here, but is the account's password at Verdaccio\n" +
        `hint: change the password of alice there, then: toolkey revoke --done ${own?.id}\n`,
    );
    expect((await home.held()).find(({ tool }) => tool === "toolkey")).toMatchObject({ state: "revoking", secret: "" });
  });
});

describe.skipIf(verdaccioMissing("6.1.6"))("a registry whose deleted tokens live on", () => {
  beforeAll(() => start("6.1.6"));
  afterAll(end);

  it("is not believed: toolkey says that the token still works there, and what to do", async () => {
    expectDone(await login());
    expectDone(await home.toolkey(["mint", "verdaccio", "--tool", "npm"]));
    const [, forNpm] = await home.tokens();
    const id = forNpm?.id ?? "";
    const secret = await home.secret(id);
    const revoked = await home.toolkey(["revoke", "--yes", id]);
    expect(revoked).toMatchObject({ code: 1, stdout: `not revoked yet: ${id} (npm, ${verdaccio.origin})\n` });
    expect(revoked.stderr).toContain(
      "toolkey: Verdaccio says that it is revoked, but it still works there\n" +
        `hint: change the account's password there, then: toolkey revoke --done ${id}\n`,
    );
    expect((await npmWith(secret, ["whoami"])).stdout).toBe("alice\n");
    expect((await home.held()).find((token) => token.id === id)).toMatchObject({ state: "revoking", secret: "" });
  });

  longTest("makes one token within a second, and still each tool gets its own", async () => {
    const made = await Promise.all(["yarn", "bun"].map((tool) => home.ask("mint", { service: "verdaccio", tool })));
    const [yarn, bun] = await Promise.all(made.map(({ token }) => home.secret(token.id)));
    expect(yarn).not.toBe(bun);
    expect((await npmWith(bun ?? "", ["whoami"])).stdout).toBe("alice\n");
  });
});
