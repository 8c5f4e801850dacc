/** What moves to another machine and what does not, and what a person does then. */
import { ADMINISTRATION } from "../../core/wire/administration.ts";
import type { Stays } from "../../core/views/moving.ts";
import { formatTarget } from "../../core/target.ts";
import type { Token } from "../../core/tokens/token.ts";
import { commandText } from "../../protocols/text/command-text.ts";
import { noToken, type ReachedService } from "../service-access.ts";
import { renewsByItself } from "../token-life/rotating.ts";

/** PEM (RFC 7468), as `toolkey login` keeps the key of an app. */
const KEY = "-----BEGIN ";

/** Why a token is not taken along; undefined if it is. What has ended goes along as such. */
export function staysWhy(token: Token): Stays | undefined {
  if (token.state === "intended") return "being-made";
  if (token.state !== "active" && token.state !== "suspended") return undefined;
  if (token.command !== undefined) return "fetched";
  if (token.refreshToken !== undefined) return "renews";
  return token.tool === ADMINISTRATION && token.secret.reveal().startsWith(KEY) ? "key" : undefined;
}

/** How another machine comes by one in the place of one that stays. */
export function insteadOf(token: Token, stays: Stays, reached: ReachedService | undefined): string | undefined {
  const { tool, service, command, username } = token;
  switch (stays) {
    case "being-made":
      return undefined;
    case "key":
      return `make another key of the app for it, then: toolkey login ${service} --key-file FILE`;
    case "fetched":
      if (command?.ofService === true) return `toolkey login ${service}`;
      return commandText([
        "toolkey", "add", formatTarget(token.target), "--tool", tool,
        ...(username === undefined ? [] : ["--username", username]),
        ...(token.onlyFor === undefined ? [] : ["--for", token.onlyFor]),
        "--command", "--", ...(command?.argv ?? []),
      ]);
    case "renews":
      if (tool === ADMINISTRATION) return `toolkey login ${service}`;
      if (reached === undefined) return `sign in there again with ${tool}`;
      return reached.issuer.mint === undefined ? `toolkey login ${service} --tool ${tool}` : `toolkey mint ${service} --tool ${tool}`;
    default:
      return stays satisfies never;
  }
}

/** What makes a token anew, so that no other machine has a copy of it. */
export interface Replacing {
  /** Whether toolkey does so by itself, once it is time. */
  readonly renews: boolean;
  readonly hint: string;
}

/** @param isLoggedIn whether toolkey has a login at the service here */
export function replacing(token: Token, reached: ReachedService | undefined, isLoggedIn: boolean): Replacing {
  const replace = `toolkey replace ${token.id}`;
  if (reached === undefined) return { renews: false, hint: `make another there, then: ${replace}` };
  const { issuer, service } = reached;
  const other = noToken(token, service);
  if (other !== undefined) return { renews: false, hint: other.renew(`toolkey login ${service.name}`, replace) };
  const byItself = renewsByItself(token, issuer);
  if (byItself || issuer.mint !== undefined) {
    const rotate = `toolkey rotate ${token.id}`;
    const canRotate = byItself || isLoggedIn;
    return {
      renews: canRotate && token.facts.expiresAt !== undefined,
      hint: canRotate ? rotate : `toolkey login ${service.name}, then: ${rotate}`,
    };
  }
  return { renews: false, hint: `make another ${service.page === undefined ? "there" : `at ${service.page}`}, then: ${replace}` };
}
