/** What an unsigned JWT says of itself, against a login that may do everything at the service. */
import { createHash } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { failureLater } from "../../fixtures/failures.ts";
import { startJfrogAccess, type IssuedToken, type JfrogAccess } from "../../fixtures/services/jfrog/jfrog-access.ts";
import { makeServiceHome, type ServiceHome } from "../../fixtures/homes/service-home.ts";

let jfrog: JfrogAccess;
let home: ServiceHome;
let victim: IssuedToken;

beforeAll(async () => {
  jfrog = await startJfrogAccess();
  home = await makeServiceHome(`[service.acme]
issuer = "jfrog"
title = "ACME"
url = "${jfrog.origin}"
cacert = "${jfrog.caFile}"
npm = { registry = "${jfrog.origin}/artifactory" }
`);
  await home.ask("login", { service: "acme", secret: jfrog.makeUserToken({ username: "admin", scope: "applied-permissions/admin" }).accessToken });
});
afterAll(async () => {
  await home?.dispose();
  await jfrog?.close();
});
beforeEach(() => {
  victim = jfrog.makeUserToken({ username: "victim" });
});
afterEach(() => jfrog.faults.clear());

/** Says that it is the victim, and an administrator's, until soon. */
function forged(): string {
  const claims = { jti: victim.id, sub: "jfac@01h/users/admin", scp: "applied-permissions/admin", exp: Math.floor(Date.now() / 1000) + 3600, salt: Math.random() };
  return `${[{ alg: "none" }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".")}.`;
}

/** While the service can't be asked. */
async function away<T>(action: () => Promise<T>): Promise<T> {
  jfrog.faults.add({ path: "*" }, { kind: "reset" }, { times: Infinity });
  try {
    return await action();
  } finally {
    jfrog.faults.clear();
  }
}

const add = (secret: string): Promise<string> => away(async () => (await home.ask("add", { place: "acme", tool: "npm", secret })).token.id);

it.each<[how: string, enter: () => Promise<string>]>([
  ["added while its service is away", () => add(forged())],
  [
    "taken out of a file",
    async () => {
      const secret = { tool: "npm", target: `${jfrog.origin}/artifactory`, secret: forged() };
      const { tokens } = await home.ask("takeIn", { path: "/tmp/.npmrc", text: "x", after: createHash("sha256").digest("hex"), secrets: [secret] });
      return tokens[0]?.token.id ?? "";
    },
  ],
  [
    "put in place of a good one while its service is away",
    async () => {
      const { token } = await home.ask("mint", { service: "acme", tool: "npm" });
      return away(async () => (await home.ask("replace", { id: token.id, secret: forged() })).token.id);
    },
  ],
])("%s: its revocation does not revoke the token whose id it names", async (_how, enter) => {
  const id = await enter();
  const asked = jfrog.requests.length;
  const { ended } = await home.ask("revoke", { ids: [id], local: false });
  expect(ended).toMatchObject([{ token: { state: "revoked" }, end: "ended" }]);
  expect(jfrog.requests.slice(asked).filter(({ method, path }) => method === "DELETE" && path.endsWith(victim.id))).toEqual([]);
  expect(jfrog.tokens.find((token) => token.id === victim.id)?.alive).toBe(true);
});

it("the login creates nothing with the rights that only the token's own text claims", async () => {
  const id = await add(forged());
  const asked = jfrog.requests.length;
  const failure = await failureLater(() => home.ask("rotate", { id }));
  expect([failure.message, failure.hints]).toEqual([
    `${id} can't be renewed: ACME does not confirm what it may do`,
    ["toolkey login acme", `or make one there and: toolkey replace ${id}`],
  ]);
  expect(jfrog.requests.slice(asked).filter(({ method }) => method === "POST")).toEqual([]);
  await home.ask("revoke", { ids: [id], local: true });
});

it("a token that is what it says it is revoked and renewed with the login", async () => {
  const honest = jfrog.makeUserToken({ username: "alice" });
  const id = await add(honest.accessToken);
  expect((await home.ask("rotate", { id })).token).toMatchObject({ subject: "alice", scope: "applied-permissions/user" });
  const other = jfrog.makeUserToken({ username: "alice" });
  const added = await add(other.accessToken);
  expect((await home.ask("list", {})).tokens.find((token) => token.id === added)?.tokenId).toBe(undefined);
  expect((await home.ask("untracked", { service: "acme" })).tokens.map(({ tokenId }) => tokenId)).not.toContain(other.id);
  expect((await home.ask("revoke", { ids: [added], local: false })).ended).toMatchObject([{ end: "ended" }]);
  expect(jfrog.tokens.find((token) => token.id === other.id)?.alive).toBe(false);
});
