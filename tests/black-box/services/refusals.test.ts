/** A service that can be asked decides about a token that a client reports as refused; and what counts as a login. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { askAgain } from "../../../src/broker/answering/second-opinion.ts";
import { Secret } from "../../../src/core/secret.ts";
import { parseTarget } from "../../../src/core/target.ts";
import type { TokenView } from "../../../src/core/tokens/token.ts";
import { readOwnService } from "../../../src/issuers/own-services.ts";
import { failureLater } from "../../fixtures/failures.ts";
import { startJfrogAccess, type IssuedToken, type JfrogAccess } from "../../fixtures/services/jfrog/jfrog-access.ts";
import { makeTls, type TestTls } from "../../fixtures/network/tls.ts";
import { makeTokenWorld, type TokenWorld } from "../../fixtures/homes/token-world.ts";

let tls: TestTls;
let jfrog: JfrogAccess;
let world: TokenWorld;

beforeAll(async () => {
  tls = await makeTls();
});
afterAll(() => tls.remove());
beforeEach(async () => {
  jfrog = await startJfrogAccess({ tls });
  const declared = (name: string): ReturnType<typeof readOwnService> =>
    readOwnService(name, { issuer: "jfrog", url: jfrog.origin, cacert: jfrog.caFile, git: { url: `${jfrog.origin}/artifactory` } });
  world = await makeTokenWorld([declared("acme"), declared("jfrog@one"), declared("jfrog@two")]);
});
afterEach(async () => {
  await world.dispose();
  await jfrog.close();
});

const place = (path: string): ReturnType<typeof parseTarget> => parseTarget(`${jfrog.origin}/artifactory/${path}`);

async function added(issued: IssuedToken): Promise<TokenView> {
  const { token } = await world.broker.add({
    tool: "git", service: "acme", target: parseTarget(`${jfrog.origin}/artifactory`), username: "alice", secret: new Secret(issued.accessToken), facts: {},
  });
  return token;
}

async function refusedAt(path: string, secret: string): Promise<string> {
  const [judged] = await world.broker.refuse({ tool: "git", target: place(path), secret: new Secret(secret) });
  if (judged === undefined) throw new Error("it concerned no token");
  return `${judged.verdict}; ${await askAgain(world, { ...judged, place: place(path) })}`;
}

describe("a service that can be asked", () => {
  it("brings back what is valid, but not to where it was refused", async () => {
    const issued = jfrog.makeUserToken({ username: "alice" });
    await added(issued);
    expect(await refusedAt("theirs", issued.accessToken)).toBe("suspended; active again: its service says that it is valid");
    expect(await world.get("git", `${jfrog.origin}/artifactory/theirs`)).toBeUndefined();
    expect(await world.get("git", `${jfrog.origin}/artifactory/mine`)).toBe(issued.accessToken);
  });

  it("suspends what is not valid, wherever it was refused", async () => {
    const issued = jfrog.makeUserToken({ username: "alice" });
    const { id } = await added(issued);
    await world.broker.worked(id, place("mine"));
    jfrog.revoke(issued.id);
    expect(await refusedAt("theirs", issued.accessToken)).toBe("held-back; suspended: its service says that it is not valid");
    expect((await world.tokens()).map(({ state }) => state)).toEqual(["suspended"]);
  });
});

describe("what is said of a token is said of its secret", () => {
  it("and is over with a new one", async () => {
    const issued = jfrog.makeUserToken({ username: "alice" });
    const { id } = await added(issued);
    await world.broker.worked(id, place("mine"));
    expect((await world.broker.refuse({ tool: "git", target: place("theirs"), secret: new Secret(issued.accessToken) })).map(({ verdict }) => verdict)).toEqual(["held-back"]);
    await world.broker.replace(id, { secret: new Secret("ANOTHER"), facts: {} });
    expect(await world.get("git", `${jfrog.origin}/artifactory/theirs`)).toBe("ANOTHER");
    expect((await world.broker.refuse({ tool: "git", target: place("theirs"), secret: new Secret("ANOTHER") })).map(({ verdict }) => verdict)).toEqual(["suspended"]);
  });

  it("and a day later it is tried again", async () => {
    const issued = jfrog.makeUserToken({ username: "alice" });
    const { id } = await added(issued);
    await world.broker.worked(id, place("mine"));
    await world.broker.refuse({ tool: "git", target: place("theirs"), secret: new Secret(issued.accessToken) });
    world.clock.aheadMs += 86_390_000;
    expect(await world.get("git", `${jfrog.origin}/artifactory/theirs`)).toBeUndefined();
    world.clock.aheadMs += 20_000;
    expect(await world.get("git", `${jfrog.origin}/artifactory/theirs`)).toBe(issued.accessToken);
  });
});

describe("a service is meant by its kind", () => {
  it("where one is logged in at one, and a revoked login is none", async () => {
    const login = async (name: string): Promise<string> => {
      const service = world.access.services.existing(name);
      return (await world.login(service, jfrog.makeUserToken({ username: "admin", scope: "applied-permissions/admin" }).accessToken)).id;
    };
    const one = await login("jfrog@one");
    await login("jfrog@two");
    expect((await failureLater(() => world.access.named("jfrog"))).message).toBe("you are logged in at several services of the kind 'jfrog'");
    await world.broker.revokeLocally([one]);
    expect((await world.access.named("jfrog")).name).toBe("jfrog@two");
  });
});
