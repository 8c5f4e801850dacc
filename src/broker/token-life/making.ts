/** Asking a service for a token, with a login there. */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { Failure } from "../../core/failure.ts";
import type { MintOrder, ServiceCredential } from "../../issuers/outcomes.ts";
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

/** `npm on laptop (toolkey 3f9a0c71d2)`, `git for acme/notes on laptop (…)`: for people, and unique. @param part what it is for there */
export function newDescription(tool: string, part?: string): string {
  return `${tool}${part === undefined ? "" : ` for ${part}`} on ${hostname()} (toolkey ${randomBytes(5).toString("hex")})`;
}

