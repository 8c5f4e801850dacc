/** Tokens that live on at their services when the vault is gone, and nobody knows of them any more. */
import { instant } from "../core/clock.ts";
import { Failure } from "../core/failure.ts";
import type { ServiceView } from "../core/views/service.ts";
import type { TokenView } from "../core/tokens/token.ts";
import { ADMINISTRATION } from "../core/wire/administration.ts";
import { ask, type Context } from "./context.ts";
import { tokenName } from "./text/token-text.ts";

/** A token that lives on, and how it is ended, in words. */
export interface LivingOn {
  readonly token: TokenView;
  readonly how: string;
}

/** Those of these tokens that live on. */
export async function livingOn(context: Context, tokens: readonly TokenView[]): Promise<LivingOn[]> {
  const now = instant(context.now());
  const living = tokens.filter(
    ({ state, command, expiresAt }) => state !== "revoked" && command === undefined && (expiresAt === undefined || expiresAt > now),
  );
  const services = new Map<string, ServiceView | undefined>();
  for (const name of new Set(living.map(({ service }) => service))) services.set(name, await serviceNamed(context, name));
  return living.map((token) => ({ token, how: howItEnds(token, services.get(token.service)) }));
}

/** For a person. */
export function livingOnText({ token, how }: LivingOn): string {
  return `${tokenName(token)}: ${how}`;
}

function howItEnds({ tool, service: name, state }: TokenView, service: ServiceView | undefined): string {
  const isToken = tool !== ADMINISTRATION || service?.signIn === undefined || service.signIn === "token";
  const title = service?.title ?? name;
  if (state === "intended") return `${title} was asked for it, and has not answered`;
  const isRevocable = service?.can.includes("revoke") === true && isToken;
  const page = service?.page === undefined ? "" : `, on ${service.page}`;
  if (!isRevocable) return `only by hand, at ${title}${page}`;
  return state === "revoking" ? `${title} is told as soon as it can be; or by hand${page}` : `toolkey revokes it at ${title}`;
}

/** Undefined for a plain host. */
async function serviceNamed(context: Context, name: string): Promise<ServiceView | undefined> {
  try {
    return (await ask(context, "service", { name })).service;
  } catch (error) {
    if (error instanceof Failure && error.code === "usage") return undefined;
    throw error;
  }
}
