/** Asking a service for a token, with a login there. */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { Failure } from "../../core/failure.ts";
import type { MintOrder, ServiceCredential } from "../../issuers/outcomes.ts";
import type { Token } from "../../core/tokens/token.ts";
import type { TokenWish } from "../../core/tokens/token-wish.ts";
import type { Service } from "../../issuers/service.ts";
import type { ReachedService } from "../service-access.ts";
import type { TokenRecords } from "../token-records.ts";
import { settled, type Minted } from "./minted.ts";

/**
 * Verdaccio before 6.2 makes the same token for all requests within a second. Each tool is to have its own,
 * so that another one is asked for a second later.
 */
const TWIN_ATTEMPTS = 3;
const TWIN_WAIT_MS = 1_100;

/** @throws Failure as `settled`, and `unavailable` if it makes the same token again and again */
export async function makeToken(
  { issuer, service, http }: ReachedService,
  login: ServiceCredential | undefined,
  order: MintOrder,
  records: TokenRecords,
): Promise<Minted> {
  if (issuer.mint === undefined || login === undefined) throw new Error("there is nothing to make a token with");
  for (let attempt = 1; ; attempt += 1) {
    const made = settled(await issuer.mint(service, login, order, http), service);
    const isTwin = await records.read((tokens) => tokens.all().some(({ secret }) => secret.equals(made.secret)));
    if (!isTwin) return made;
    if (attempt === TWIN_ATTEMPTS) throw new Failure("unavailable", `${service.title} makes the same token again and again`);
    await wait(TWIN_WAIT_MS);
  }
}

export function cantMake(service: Service): Failure {
  return new Failure("usage", `${service.title} has no way to make tokens by program`, { hint: whereMade(service) });
}

function whereMade({ name, page, command }: Service): string {
  if (command !== undefined) return `toolkey login ${name}`;
  return page === undefined ? "make one at the service, then: toolkey add" : `make one at ${page}, then: toolkey add ${name}`;
}

/**
 * `npm on laptop (toolkey 3f9a0c71d2)`, `git for acme/notes on laptop (…)`: for people, and unique.
 *
 * @param wish what it is for there, and a person's own words for it
 */
export function newDescription(tool: string, { repository, description }: TokenWish = {}): string {
  const part = repository === undefined ? "" : ` for ${repository}`;
  return marked(description === undefined ? `${tool}${part} on ${hostname()}` : `${description}${part}`);
}

/** Of the token that comes in the place of one: the same, with a mark of its own. */
export function nextDescription({ tool, facts: { description = "" } }: Token): string {
  const words = /^(.+) \(toolkey [0-9a-f]{10}\)$/s.exec(description)?.[1];
  return words === undefined ? newDescription(tool) : marked(words);
}

function marked(words: string): string {
  return `${words} (toolkey ${randomBytes(5).toString("hex")})`;
}

