/** The netrc that a command of the tool `netrc` gets. */
import { describe, expect, it } from "vitest";
import { netrc } from "../../../src/protocols/netrc/plan.ts";
import { NOTHING, outcomeOf, throughOf, type Held } from "../client-request.ts";

const alice: Held = { id: "netrc-1", target: "https://git.acme.com", username: "alice", secret: "s1" };
const plan = async (...tokens: Held[]) => (await outcomeOf(netrc, { tokens })).plan;
const told = async (...tokens: Held[]) => (await plan(...tokens))["notes"];

describe("a netrc", () => {
  it("has an entry for each host that there is a token for", async () => {
    const bob = { id: "netrc-2", target: "http://[::1]:8080/base", username: "bob", secret: "s2" };
    expect(await plan(alice, bob)).toEqual({
      ...NOTHING,
      environment: { NETRC: { descriptor: "netrc" } },
      descriptors: { netrc: "machine git.acme.com login alice password s1\nmachine ::1 login bob password s2\n" },
      given: [{ token: "netrc-1", place: "https://git.acme.com" }, { token: "netrc-2", place: "http://[::1]:8080/base" }],
      notes: ["every process of the command can read $NETRC, and sends what is there to any port and path of git.acme.com, ::1"],
    });
  });

  it("has the token for most of a host, and says which others it has not", async () => {
    const part = { ...alice, id: "netrc-2", target: "https://git.acme.com/team", secret: "s2" };
    expect(await plan(part, alice)).toMatchObject({ descriptors: { netrc: "machine git.acme.com login alice password s1\n" } });
    expect(await told(part, alice)).toContain("the netrc token netrc-2 for https://git.acme.com/team is left out: a netrc has one login for git.acme.com");
  });

  it.each<[what: string, change: Partial<Held>, why: string]>([
    ["an empty user name", { username: "" }, "it has no user name, by which a netrc logs in"],
    ["a space", { secret: "a b" }, "a netrc does not take every character of it"],
    ["a quote at its beginning", { secret: '"ab' }, "a netrc does not take every character of it"],
    ["a backslash", { username: "a\\b" }, "a netrc does not take every character of it"],
    ["a line break", { secret: "a\nmachine evil.example" }, "a netrc does not take every character of it"],
  ])("has no token with %s", async (_what, change, why) => {
    expect(await plan({ ...alice, ...change })).toEqual({ ...NOTHING, notes: [`the netrc token netrc-1 for https://git.acme.com is left out: ${why}`] });
  });

  it("has no token without a user name", async () => {
    const { username: _name, ...token } = alice;
    expect(await told(token)).toEqual(["the netrc token netrc-1 for https://git.acme.com is left out: it has no user name, by which a netrc logs in"]);
  });

  it("without a token is none", async () => {
    expect(await plan()).toEqual({ ...NOTHING, notes: ["there is no token of the tool netrc"], hints: ["toolkey add URL --tool netrc --username NAME"] });
  });

});

describe("a netrc through the gateway", () => {
  it("names the gateway alone; each place is reached there by its URL, also two of one host, and those without a user name", async () => {
    const { username: _name, ...part } = { ...alice, id: "netrc-2", target: "https://git.acme.com/team a" };
    expect(await throughOf(netrc, { tokens: [alice, part] })).toEqual({
      plan: {
        ...NOTHING,
        environment: { NETRC: { descriptor: "netrc" }, TOOLKEY_HTTP: "http://127.0.0.1:7777" },
        descriptors: { netrc: "machine 127.0.0.1 login toolkey password PHANTOM\n" },
        given: [{ token: "netrc-1", place: "https://git.acme.com" }, { token: "netrc-1", place: "https://git.acme.com/team%20a" }],
        notes: ["$TOOLKEY_HTTP/https/git.acme.com is https://git.acme.com, and so on, to read only; $NETRC has the login"],
        hints: ["for what asks hosts by their own URLs: toolkey run --direct --tool netrc"],
      },
      permit: {
        addressing: "url", holder: "descendants", publishes: false,
        routes: ["https://git.acme.com", "https://git.acme.com/team%20a"].map((target) => ({ target, isAuthorized: true, publishes: false })),
      },
    });
  });

  it("changes things with --publish alone", async () => {
    expect(await throughOf(netrc, { tokens: [alice], publish: true })).toMatchObject({ permit: { routes: [{ publishes: true }] } });
  });

  it("is none without a token", async () => {
    expect(await throughOf(netrc, { tokens: [] })).toMatchObject({ plan: { notes: ["there is no token of the tool netrc"] }, permit: { routes: [] } });
  });
});
