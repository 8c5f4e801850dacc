/** What is said before a command starts of the places for which there is no token. */
import { describe, expect, it } from "vitest";
import { parseTarget } from "../../src/core/target.ts";
import type { TokenView } from "../../src/core/tokens/token.ts";
import { missingTokens, suspendedGit } from "../../src/daemon/granting/missing-tokens.ts";

const token = (id: string, target: string, more: Partial<TokenView> = {}): TokenView => ({ id, tool: id.split("-")[0], target, state: "active", ...more }) as TokenView;
const asked = (...urls: string[]) => urls.map((url) => ({ target: parseTarget(url), isPublic: url.includes("public") }));

describe("a place without a token", () => {
  it.each<[what: string, place: string, tokens: TokenView[], note: string]>([
    ["nothing like it", "https://npm.acme.com", [token("npm-1", "https://other.com")], "there is no npm token for https://npm.acme.com"],
    ["another name of this machine", "http://localhost:4873", [token("npm-1", "http://127.0.0.1:4873")], "there is no npm token for http://localhost:4873: npm-1 is for http://127.0.0.1:4873, and an address counts as it is written"],
    ["IPv6", "http://127.0.0.1:4873", [token("npm-1", "http://[::1]:4873")], "there is no npm token for http://127.0.0.1:4873: npm-1 is for http://[::1]:4873, and an address counts as it is written"],
    ["www.", "https://acme.com", [token("npm-1", "https://www.acme.com")], "there is no npm token for https://acme.com: npm-1 is for https://www.acme.com, and an address counts as it is written"],
    ["a port", "https://acme.com:8443", [token("npm-1", "https://acme.com")], "there is no npm token for https://acme.com:8443: npm-1 is for https://acme.com, and an address counts as it is written"],
    ["a scheme", "http://localhost", [token("npm-1", "https://localhost")], "there is no npm token for http://localhost: npm-1 is for https://localhost, and an address counts as it is written"],
    ["a final dot", "https://acme.com", [token("npm-1", "https://acme.com.")], "there is no npm token for https://acme.com: npm-1 is for https://acme.com., and an address counts as it is written"],
    ["another path", "https://acme.com/releases", [token("npm-1", "https://acme.com/libs")], "there is no npm token for https://acme.com/releases: npm-1 is for https://acme.com/libs alone"],
    ["another tool", "https://acme.com/libs", [token("pnpm-1", "https://acme.com")], "there is no npm token for https://acme.com/libs: pnpm-1 is a token of pnpm"],
    ["one that is revoked", "https://acme.com", [token("npm-1", "https://acme.com", { state: "revoked" })], "there is no npm token for https://acme.com"],
  ])("%s", (_what, place, tokens, note) => {
    expect(missingTokens("npm", asked(place), false, tokens)).toEqual({ notes: [note], hints: [`toolkey add ${place} --tool npm`] });
  });

  it("is not told of the letter case, since that is no other spelling", () => {
    expect(parseTarget("https://ACME.com")).toEqual(parseTarget("https://acme.com"));
  });

  it("of many is one line with a few commands", () => {
    expect(missingTokens("maven", asked("https://a.com", "https://b.com", "https://c.com", "https://d.com"), false, [])).toEqual({
      notes: ["there is no maven token for https://a.com, https://b.com, https://c.com and 1 more"],
      hints: ["a", "b", "c"].map((name) => `toolkey add https://${name}.com --tool maven`),
    });
  });

  it("with a suspended one is that of the suspended one", () => {
    const suspended = token("npm-1", "https://acme.com", { state: "suspended" });
    expect(missingTokens("npm", asked("https://acme.com/libs"), false, [suspended])).toEqual({
      notes: ["the npm token npm-1 for https://acme.com is suspended"],
      hints: ["a new secret for it: toolkey replace npm-1", "to use it again: toolkey restore npm-1"],
    });
  });

  it("that is everybody's is told only of a command that gets nothing at all", () => {
    const elsewhere = [token("npm-1", "https://npm.acme.com")];
    expect(missingTokens("npm", asked("https://public.com"), true, elsewhere)).toEqual({ notes: [], hints: [] });
    expect(missingTokens("npm", asked("https://public.com"), false, elsewhere)).toEqual({
      notes: ["there is no npm token for https://public.com: npm-1 is for https://npm.acme.com"],
      hints: ["if it asks for what is private: toolkey add URL --tool npm, or name that place in the settings of npm"],
    });
    expect(missingTokens("npm", asked("https://public.com"), false, []).notes).toEqual(["there is no npm token"]);
    expect(missingTokens("npm", [], false, [])).toEqual({ notes: [], hints: [] });
  });
});

describe("a command that publishes", () => {
  it("is told of git tokens that are suspended, but not of those with another in their place", () => {
    const suspended = (id: string, target: string) => token(id, target, { state: "suspended" });
    const tokens = [suspended("git-1", "https://git.acme.com"), suspended("git-2", "https://other.com"), token("git-3", "https://other.com"), suspended("npm-4", "https://acme.com")];
    expect(suspendedGit(tokens)).toEqual({
      notes: ["the git token git-1 for https://git.acme.com is suspended"],
      hints: ["a new secret for it: toolkey replace git-1", "to use it again: toolkey restore git-1"],
    });
  });
});
