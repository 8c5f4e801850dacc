import { expect, it } from "vitest";
import { changeOf, Events, type Event } from "../../src/core/event.ts";
import { Secret } from "../../src/core/secret.ts";
import type { Token } from "../../src/core/tokens/token.ts";
import { makeToken } from "../fixtures/tokens.ts";

const active = makeToken({ id: "a", holds: "S" });
const as = (state: Token["state"], secret = "S"): Token => ({ ...active, state, secret: new Secret(secret) });

it.each<[change: string | undefined, before: Token | undefined, token: Token, isLeft: boolean]>([
  ["stored", undefined, active, true],
  ["intended", undefined, as("intended", ""), true],
  ["suspended", undefined, as("suspended"), true],
  ["created", as("intended", ""), active, true],
  ["renewed", active, as("active", "T"), true],
  ["suspended", active, as("suspended"), true],
  ["restored", as("suspended"), active, true],
  ["revoking", active, as("revoking"), true],
  ["revoked", as("revoking"), as("revoked", ""), true],
  ["dropped", as("intended", ""), as("intended", ""), false],
  [undefined, active, { ...active, preferred: true }, true],
  [undefined, as("revoking"), as("revoking", ""), true],
])("a change of a token is %s", (change, before, token, isLeft) => {
  expect(changeOf(before, token, isLeft)).toBe(change);
});

it("every view is told of each event, once and in order", () => {
  const events = new Events();
  const seen: [view: string, event: Event][] = [];
  for (const view of ["log", "journal"]) events.show((event) => void seen.push([view, event]));
  const event: Event = { kind: "token", change: "stored", token: "git-7f3k", tool: "git", service: "acme" };
  events.append(event);
  expect(seen).toEqual([["log", event], ["journal", event]]);
});
