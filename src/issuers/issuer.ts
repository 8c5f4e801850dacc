/** What an issuer can do with tokens at their service. Outcomes are data; nothing here throws for a refusal. */
import type { Instant } from "../core/clock.ts";
import type { Secret } from "../core/secret.ts";
import type { TokenKind } from "../core/token.ts";
import type { Http } from "./http.ts";
import type { Service } from "./service.ts";

/** What a service, or the token's own text, tells of a token. */
export interface TokenFacts {
  readonly tokenId?: string | undefined;
  readonly subject?: string | undefined;
  readonly scope?: string | undefined;
  readonly kind?: TokenKind | undefined;
  readonly description?: string | undefined;
  readonly issuedAt?: Instant | undefined;
  readonly expiresAt?: Instant | undefined;
}

/** A secret with which to ask, and the user name that goes with it. */
export interface Credential {
  readonly secret: Secret;
  readonly username?: string | undefined;
  /** Whether it is toolkey's own login, which for some services is an account's password. */
  readonly isLogin?: boolean;
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

/** A token to be made. */
export interface MintOrder {
  readonly tool: string;
  /** Unique, so that a token whose secret never reached us is found again. */
  readonly description: string;
  readonly username?: string | undefined;
  readonly scope?: string | undefined;
  /** Seconds; undefined leaves it to the service. */
  readonly ttl?: number | undefined;
  readonly refreshable?: boolean | undefined;
  readonly projectKey?: string | undefined;
  readonly readOnly?: boolean | undefined;
  readonly cidr?: readonly string[] | undefined;
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

/** A token as its service lists it. */
export interface RemoteToken extends TokenFacts {
  readonly tokenId: string;
}

export type Listing = { readonly outcome: "listed"; readonly tokens: readonly RemoteToken[] } | { readonly outcome: "refused"; readonly detail: string } | NoAnswer;

/** What can be done by program at the services of one kind; what is missing is done on their web page. */
export interface Issuer {
  /** Whether its tokens have a description, by which one is found whose secret never arrived. */
  readonly describes: boolean;
  readonly inspect?: (service: Service, token: Credential, http: Http) => Promise<Inspection>;
  readonly mint?: (service: Service, login: Credential, order: MintOrder, http: Http) => Promise<Minting>;
  readonly refresh?: (
    service: Service,
    token: Credential & { readonly refreshToken: Secret },
    order: MintOrder,
    http: Http,
  ) => Promise<Minting>;
  /** Ends a token by its id, with a login or with the token itself; without an id, the token that asks. */
  readonly revoke?: (service: Service, credential: Credential, tokenId: string | undefined, http: Http) => Promise<Revocation>;
  /** The tokens that the credential may see; those whose description begins so, if one is given. */
  readonly list?: (service: Service, credential: Credential, description: string | undefined, http: Http) => Promise<Listing>;
}
