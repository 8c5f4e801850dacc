/** Secrets that no tool can be given are refused where they enter, whoever brings them. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unpresentable } from "../../../src/core/tokens/presentable.ts";
import { Secret } from "../../../src/core/secret.ts";
import type { Token } from "../../../src/core/tokens/token.ts";
import { readOwnService } from "../../../src/issuers/own-services.ts";
import { assertEnterable } from "../../../src/vault/entering.ts";
import { TokenMap } from "../../../src/vault/token-map.ts";
import { failureLater } from "../../fixtures/failures.ts";
import { startJfrogAccess, type JfrogAccess } from "../../fixtures/services/jfrog/jfrog-access.ts";
import { sendGit } from "../../fixtures/processes/daemon-process.ts";
import { makeServiceHome, type ServiceHome } from "../../fixtures/homes/service-home.ts";
import { makeToken } from "../../fixtures/tokens.ts";
import { makeTokenWorld } from "../../fixtures/homes/token-world.ts";

const UNFIT: readonly (readonly [what: string, text: string])[] = [
  ["a line feed", "\n"],
  ["a carriage return", "\r"],
  ["NUL", "\0"],
  ["a tab", "\t"],
  ["an escape", "\u001b"],
  ["delete", "\u007f"],
  ["a control character of Latin-1", "\u009b"],
  ["half a character", "\ud83d"],
];

describe("what no tool can be given", () => {
  it.each(UNFIT)("is a secret, a user name or a refresh token with %s", (_what, text) => {
    const fine = new Secret("fine");
    const unfit = new Secret(`a${text}b`);
    expect(unpresentable({ secret: unfit })).toBe("secret");
    expect(unpresentable({ secret: fine, username: unfit.reveal() })).toBe("user name");
    expect(unpresentable({ secret: fine, refreshToken: unfit })).toBe("refresh token");
  });

  it("is no other text", () => {
    expect(unpresentable({ secret: new Secret("pä ss:wörd €😀\u00a0"), username: "ada@example", refreshToken: new Secret("") })).toBe(undefined);
  });

  it("may stay where an older vault holds it, be suspended, and make way for another secret", () => {
    const old = makeToken({ id: "git-old", holds: "A\nB" });
    const held = new TokenMap([old]);
    const enters = (token: Token): boolean => {
      try {
        assertEnterable(held.with(token), held);
        return true;
      } catch {
        return false;
      }
    };
    expect([
      enters({ ...old, state: "suspended" }),
      enters({ ...old, id: "git-new" }),
      enters({ ...old, username: "a\nb" }),
      enters(makeToken({ id: "git-two", holds: "C\nD" })),
    ]).toEqual([true, true, false, false]);
  });
});

describe("a service", () => {
  let jfrog: JfrogAccess;
  let home: ServiceHome;
  beforeAll(async () => {
    jfrog = await startJfrogAccess();
    home = await makeServiceHome(`[service.acme]
issuer = "jfrog"
title = "ACME"
url = "${jfrog.origin}"
cacert = "${jfrog.caFile}"
git = { url = "${jfrog.origin}/artifactory" }
npm = { registry = "${jfrog.origin}/artifactory" }
`);
  });
  afterAll(async () => {
    await home?.dispose();
    await jfrog?.close();
  });

  it("is not asked about one that a person, a program or a file brings, and nothing is kept", async () => {
    const good = (await home.ask("add", { place: "acme", tool: "npm", secret: jfrog.makeUserToken().accessToken })).token.id;
    const before = await home.held();
    const asked = jfrog.requests.length;
    const secret = "EVIL\nusername=root";
    const target = `${jfrog.origin}/artifactory`;
    const refused = await Promise.all([
      failureLater(() => home.ask("add", { place: "acme", tool: "git", secret, username: "ada" })),
      failureLater(() => home.ask("replace", { id: good, secret })),
      failureLater(() => home.ask("login", { service: "acme", secret })),
      failureLater(() => home.ask("takeIn", { path: "/x", text: "x", after: createHash("sha256").digest("hex"), secrets: [{ tool: "npm", target, secret }] })),
    ]);
    expect(refused.map(({ code, message, hints }) => [code, message, hints])).toEqual(
      refused.map(() => ["usage", "the secret holds a control character, such as a line break or NUL", ["nothing was stored; give it as one line of plain text"]]),
    );
    const credential = `protocol=https\nhost=localhost:${jfrog.port}\npath=artifactory\nusername=ada\npassword=EV\u001b[2JIL\n\n`;
    expect(await sendGit(home, "store", credential)).toContain("note=the secret holds a control character");
    expect(await home.held()).toEqual(before);
    expect(jfrog.requests.length).toBe(asked);
  });

  it("that creates one has to revoke it, and nothing is stored", async () => {
    const service = readOwnService("acme", { issuer: "jfrog", title: "ACME", url: jfrog.origin, cacert: jfrog.caFile, npm: { registry: `${jfrog.origin}/artifactory` } });
    const world = await makeTokenWorld([service]);
    try {
      await world.login(service, jfrog.makeUserToken({ username: "admin", scope: "applied-permissions/admin" }).accessToken);
      const made = jfrog.makeUserToken();
      const body = JSON.stringify({ token_id: made.id, access_token: "SECRET\nusername=root", expires_in: 3600 });
      jfrog.faults.add({ path: /tokens$/, method: "POST" }, { kind: "wrong json", body });
      const failure = await failureLater(() => world.issuing.mint(service, "npm", {}));
      expect([failure.code, failure.message, failure.hints]).toEqual([
        "unavailable",
        "ACME created a token that no tool can take: its secret holds a control character",
        ["nothing was stored"],
      ]);
      expect((await world.tokens()).map(({ tool, state }) => `${tool} ${state}`)).toEqual(["toolkey active"]);
      expect(jfrog.tokens.find(({ id }) => id === made.id)?.alive).toBe(false);
    } finally {
      await world.dispose();
    }
  });
});
