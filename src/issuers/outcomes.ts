/** What is asked of services, and what comes of it, as data. */
import type { Secret } from "../core/secret.ts";
import type { RemoteToken, TokenFacts } from "../core/tokens/token.ts";
import type { TokenWish } from "../core/tokens/token-wish.ts";

/** A secret with which to ask, and the user name that goes with it. */
export interface ServiceCredential {
  readonly secret: Secret;
  readonly username?: string | undefined;
  /** Whether it is toolkey's own login, which for some services is an account's password. */
  readonly isLogin?: boolean;
  /** By which it is renewed. */
  readonly refreshToken?: Secret | undefined;
}

/**
 * Why a service gave no usable response: not reached, its certificate not trusted, a web page or another
 * service answered, or it failed.
 */
export interface NoAnswer {
  readonly outcome: "offline" | "untrusted-certificate" | "wrong-host" | "failing";
  readonly detail: string;
}

export type Inspection =
  | { readonly outcome: "valid"; readonly facts: TokenFacts }
  /** Valid, but it may not look at itself. */
  | { readonly outcome: "not-permitted" }
  | { readonly outcome: "invalid"; readonly detail: string }
  /** There is no way to ask. */
  | { readonly outcome: "unknown" }
  | NoAnswer;

/** A token to be made. Without `ttl` it is left to the service how long it is valid. */
export interface MintOrder extends TokenWish {
  readonly tool: string;
  /** Unique, so that a token whose secret never reached us is found again. */
  readonly description: string;
}

/** Who a CI job is, as somebody vouches for it whom the service knows. */
export interface JobIdentity {
  /** OIDC's. */
  readonly idToken: Secret;
  /** What the service calls whoever vouches. */
  readonly provider: string;
}

export type Minting =
  | {
      readonly outcome: "minted";
      readonly secret: Secret;
      readonly username?: string | undefined;
      readonly refreshToken?: Secret | undefined;
      /** Seconds from now, which holds whatever the service's clock says. */
      readonly lifetime?: number | undefined;
      readonly facts: TokenFacts;
    }
  /** The service said no: nothing was made. */
  | { readonly outcome: "refused"; readonly detail: string }
  /** The refresh token is spent. */
  | { readonly outcome: "stale" }
  /** Whether something was made is not known. */
  | NoAnswer;

export type Revocation =
  | { readonly outcome: "revoked" | "already-revoked" }
  /** The service has taken it, and says not when it is done. */
  | { readonly outcome: "accepted" }
  /** A person has to, on its page. */
  | { readonly outcome: "on-its-page"; readonly detail: string }
  /** Ended by another issuer than this service. */
  | { readonly outcome: "issued-elsewhere"; readonly detail: string }
  /** It can't be ended before its time. */
  | { readonly outcome: "not-revocable"; readonly detail: string }
  /** The service wants an id, which nobody knows. */
  | { readonly outcome: "id-unknown" }
  /** 401 or 403: the credential may not. */
  | { readonly outcome: "refused"; readonly detail: string }
  /** 404: gone, or a proxy in between says so. */
  | { readonly outcome: "not-found" }
  | NoAnswer;

export type Listing =
  | { readonly outcome: "listed"; readonly tokens: readonly RemoteToken[] }
  | { readonly outcome: "refused"; readonly detail: string }
  | NoAnswer;
