import { stat } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bearer } from "./fixtures/ask.ts";
import { longDescribe } from "./fixtures/form.ts";
import { startVerdaccio, verdaccioMissing, type Verdaccio } from "./fixtures/verdaccio.ts";

// The versions are pinned: what they answered once they answer. The older one, which toolkey does not believe, is of the long form.
const LOG_IN_FIRST = { status: 401, body: { error: "no credentials provided" } };
const FORBIDDEN = { status: 403, body: { error: "unauthorized access" } };
const TOKENS = "/-/npm/v1/tokens";

longDescribe.skipIf(verdaccioMissing("6.1.6"))("verdaccio 6.1.6", () => {
  let verdaccio: Verdaccio;
  beforeAll(async () => void (verdaccio = await startVerdaccio({ version: "6.1.6", tokens: "aes" })));
  afterAll(() => verdaccio.close());

  test("makes, lists and deletes tokens with no flag set", async () => {
    const made = await verdaccio.createToken({ readonly: true, cidr: ["10.0.0.0/8"] });
    const { token, key, created } = made;
    expect(made).toEqual({
      token: expect.any(String), key: expect.stringMatching(/^[0-9a-f]{32}$/), created: expect.stringMatching(/Z$/),
      user: "alice", readonly: true, cidr: ["10.0.0.0/8"],
    });
    expect(await verdaccio.ask("GET", TOKENS, bearer(verdaccio.loginToken))).toEqual({
      status: 200,
      body: {
        objects: [{
          token: `${token.slice(0, 5)}...${token.slice(-5)}`,
          key, created, user: "alice", readonly: true, cidr: ["10.0.0.0/8"],
        }],
        urls: { next: "" },
      },
    });
    expect(await verdaccio.deleteToken(key)).toBe(200);
    expect(await verdaccio.deleteToken(key)).toBe(200);
    expect(await verdaccio.deleteToken("no-such-key")).toBe(200);
    expect(await verdaccio.listTokens()).toEqual([]);
  });

  test("goes on accepting a deleted token, and a read-only one for writing", async () => {
    const { token, key } = await verdaccio.createToken({ readonly: true });
    expect(await verdaccio.publish(token, "read-only", "1.0.0")).toBe(201);
    await verdaccio.deleteToken(key);
    expect(await verdaccio.publish(token, "deleted", "1.0.0")).toBe(201);
    expect(await whoami(verdaccio, token)).toEqual({ status: 200, body: { username: "alice" } });
  });

  test("tells an invalid token by the name that is not in its answer", async () => {
    expect(await whoami(verdaccio, "garbage")).toEqual({ status: 200, body: {} });
    expect(await verdaccio.ask("GET", TOKENS, bearer("garbage"))).toEqual(LOG_IN_FIRST);
    expect((await verdaccio.ask("GET", "/deleted", bearer("garbage"))).status).toBe(401);
  });

  test.each([
    ["a wrong password", { password: "wrong", readonly: false, cidr_whitelist: [] }, 401],
    ["no readonly", { password: "alice's password 1", cidr_whitelist: [] }, 422],
    ["no CIDR", { password: "alice's password 1", readonly: false }, 422],
  ])("refuses %s", async (_what, body, status) => {
    expect((await verdaccio.ask("POST", TOKENS, { ...bearer(verdaccio.loginToken), body })).status).toBe(status);
  });

  test("logs in, but not out", async () => {
    const token = await verdaccio.login(verdaccio.username, verdaccio.password);
    const path = `/-/user/token/${encodeURIComponent(token)}`;
    expect(await verdaccio.ask("DELETE", path, bearer(token))).toEqual({ status: 200, body: { ok: "Logged out" } });
    expect(await whoami(verdaccio, token)).toEqual({ status: 200, body: { username: "alice" } });
  });

  test("another user's token is out of reach", async () => {
    const { key } = await verdaccio.createToken();
    const bob = await verdaccio.createUser("bob", "bob's password");
    expect(await verdaccio.ask("DELETE", `${TOKENS}/token/${key}`, bearer(bob))).toEqual({
      status: 500, body: { error: "user not found" },
    });
    expect((await verdaccio.listTokens()).map((token) => token.key)).toContain(key);
  });

  test("dies of a request for a token without a password", async () => {
    const frail = await startVerdaccio({ version: "6.1.6", plain: true });
    try {
      const body = { readonly: false, cidr_whitelist: [] };
      const answer = frail.ask("POST", TOKENS, { ...bearer(frail.loginToken), body });
      await expect(answer).rejects.toMatchObject({ code: "ECONNRESET" });
      expect(await frail.exited).toMatchObject({ code: 1 });
    } finally {
      await frail.close();
    }
  });

  test("after it is closed no process and no file is left", async () => {
    const extra = await startVerdaccio({ version: "6.1.6" });
    await extra.close();
    expect(await extra.exited).toEqual({ code: null, signal: "SIGTERM" });
    await expect(stat(extra.caFile)).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe.skipIf(verdaccioMissing("6.10.4"))("verdaccio 6.10.4", () => {
  let verdaccio: Verdaccio;
  beforeAll(async () => void (verdaccio = await startVerdaccio({ version: "6.10.4" })));
  afterAll(() => verdaccio.close());

  test("a deleted token is refused at once, and the others go on", async () => {
    const gone = await verdaccio.createToken();
    const other = await verdaccio.createToken();
    expect(await verdaccio.publish(gone.token, "thing", "1.0.0")).toBe(201);
    expect(await verdaccio.deleteToken(gone.key)).toBe(200);
    expect(await whoami(verdaccio, gone.token)).toEqual(FORBIDDEN);
    expect(await verdaccio.publish(gone.token, "thing", "1.0.1")).toBe(403);
    expect(await whoami(verdaccio, other.token)).toEqual({ status: 200, body: { username: "alice" } });
    expect((await verdaccio.listTokens()).map(({ key }) => key)).toEqual([other.key]);
  });

  test("a read-only token reads only", async () => {
    const { token } = await verdaccio.createToken({ readonly: true });
    expect(await whoami(verdaccio, token)).toEqual({ status: 200, body: { username: "alice" } });
    expect(await verdaccio.publish(token, "other", "1.0.0")).toBe(403);
  });

  test.each([[["10.0.0.0/8"], FORBIDDEN], [["127.0.0.0/8"], { status: 200, body: { username: "alice" } }]])(
    "a token for %s used from 127.0.0.1",
    async (cidr, answer) => {
      const { token } = await verdaccio.createToken({ cidr });
      expect(await whoami(verdaccio, token)).toEqual(answer);
    },
  );

  test("its tokens are JWTs that end, and carry their key", async () => {
    const { token, key } = await verdaccio.createToken();
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Record<string, number>;
    expect(claims).toMatchObject({ name: "alice", token: { key } });
    expect((claims["exp"] ?? 0) - (claims["iat"] ?? 0)).toBe(29 * 24 * 60 * 60);
  });

  test("it survives a request for a token without a password", async () => {
    const body = { readonly: false, cidr_whitelist: [] };
    expect((await verdaccio.ask("POST", TOKENS, { ...bearer(verdaccio.loginToken), body })).status).toBe(401);
  });
});

function whoami(verdaccio: Verdaccio, token: string) {
  return verdaccio.ask("GET", "/-/whoami", bearer(token));
}
