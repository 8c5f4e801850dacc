/** What Bitbucket's API answers (developer.atlassian.com, "Authentication methods"), where it can only be played. */
import { describe, expect, it } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import { formOf } from "../../src/core/tokens/token-form.ts";
import type { HttpAnswer, HttpRequest } from "../../src/issuers/http.ts";
import { Services } from "../../src/issuers/registry.ts";
import { bitbucket as issuer } from "../../src/issuers/services/bitbucket.ts";
import { TOKEN_FORMS } from "../../src/issuers/token-forms.ts";

const AT = { url: "https://bitbucket.org" };
const TOKEN = { secret: new Secret("ATATT-x"), username: "kim@example.com" };

async function inspect(answer: HttpAnswer, token: { secret: Secret; username?: string } = TOKEN) {
  const asked: HttpRequest[] = [];
  const http = { send: (request: HttpRequest) => (asked.push(request), Promise.resolve(answer)) };
  return { seen: await issuer.inspect?.(AT, token, http), asked: asked.map(({ method, url, authorization }) => [method, url, authorization?.scheme]) };
}

const json = (status: number, body: unknown = {}): HttpAnswer => ({ kind: "json", status, body, retryAfter: undefined });

describe("a token is looked at", () => {
  it("with the address of its owner", async () => {
    expect(await inspect(json(200, { username: "kim", display_name: "Kim" }))).toEqual({
      seen: { outcome: "valid", facts: { subject: "kim" } },
      asked: [["GET", "https://api.bitbucket.org/2.0/user", "Basic"]],
    });
  });

  it("not at all without one: git's user name is no account's", async () => {
    const { seen, asked } = await inspect(json(200), { secret: TOKEN.secret, username: "x-bitbucket-api-token-auth" });
    expect([seen, asked]).toEqual([{ outcome: "unknown" }, []]);
  });

  it.each<[what: string, answer: HttpAnswer, outcome: string]>([
    ["wrong", json(401), "invalid"],
    ["without the scope for it", json(403), "not-permitted"],
    ["a web page", { kind: "html", status: 200, retryAfter: undefined }, "wrong-host"],
    ["elsewhere", json(404), "wrong-host"],
    ["too many", { kind: "other", status: 429, retryAfter: "5" }, "failing"],
    ["offline", { kind: "offline", detail: "ENOTFOUND" }, "offline"],
  ])("%s", async (_what, answer, outcome) => {
    expect((await inspect(answer)).seen).toMatchObject({ outcome });
  });
});

it("git's tokens go with Bitbucket's own user name, those of the API with a person's", () => {
  const { tools, page } = new Services([]).existing("bitbucket");
  expect([tools["git"]?.username, tools["http"]?.username, page]).toEqual([
    "x-bitbucket-api-token-auth",
    undefined,
    "https://id.atlassian.com/manage-profile/security/api-tokens",
  ]);
});

it("app passwords have ended, and are told from API tokens", () => {
  expect(formOf(`ATBB${"x".repeat(30)}`, undefined, TOKEN_FORMS)?.ends).toBe("2026-06-09T00:00:00Z");
  expect(formOf(`ATATT${"x".repeat(30)}`, undefined, TOKEN_FORMS)?.ends).toBe(undefined);
});
