/** What a service answered to the wish for a token, as a token to be stored or a failure. */
import { instant } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";
import type { Minting } from "../../issuers/outcomes.ts";
import type { Service } from "../../issuers/service.ts";
import { asInstant } from "../../issuers/token-text.ts";
import type { NewSecret } from "../changes.ts";

/** A token that a service made. */
export type Minted = Extract<Minting, { outcome: "minted" }>;

/** Nobody knows whether the service made a token: the intention stays, to be reconciled. */
export class MaybeMade extends Failure {}

/** @throws Failure, of the kind `MaybeMade` where the service may have made a token */
export function settled(minting: Minting, service: Service): Minted {
  switch (minting.outcome) {
    case "minted":
      return minting;
    case "refused":
      throw new Failure("denied", `${service.title} refused to make a token: ${minting.detail}`, {
        hint: "nothing was changed; a narrower --scope or a shorter --ttl may be allowed",
      });
    case "stale":
      throw new Failure("denied", `${service.title} does not know the refresh token`, { hint: `toolkey login ${service.name}` });
    case "offline":
    case "untrusted-certificate":
      // Nothing was sent.
      throw new Failure(...unanswered(service, minting.detail));
    case "wrong-host":
    case "failing":
      throw new MaybeMade(...unanswered(service, minting.detail));
    default:
      return minting satisfies never;
  }
}

function unanswered({ name, title, issuer }: Service, detail: string): [code: "unavailable", message: string, options: { hint: string }] {
  const shown = issuer.list === undefined ? "it ends by itself" : `'toolkey list --remote ${name}' shows it`;
  const found = issuer.describes ? "toolkey finds and revokes it as soon as it can" : shown;
  return [
    "unavailable",
    `${title} gave no usable response: ${detail}`,
    { hint: `no token was stored; if one was created there, ${found}` },
  ];
}

/**
 * What is to be stored of it.
 *
 * @param now when it was made, by our own clock, in milliseconds: that of the service may be wrong
 */
export function newSecret(made: Minted, now: number): NewSecret {
  const { facts, lifetime: seconds } = made;
  const end = seconds === undefined ? undefined : asInstant(now + seconds * 1000);
  return {
    secret: made.secret,
    refreshToken: made.refreshToken,
    facts: end === undefined ? facts : { ...facts, issuedAt: instant(now), expiresAt: end },
  };
}
