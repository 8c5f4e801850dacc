/** What is known of one kind of service, and what can be done with tokens there. Outcomes are data; nothing throws for a refusal. */
import type { Secret } from "../core/secret.ts";
import type { TokenCommand } from "../core/tokens/token-command.ts";
import type { SignIn } from "../core/tokens/sign-in.ts";
import type { Target } from "../core/target.ts";
import type { RemoteToken, TokenFacts } from "../core/tokens/token.ts";
import type { TokenForm } from "../core/tokens/token-form.ts";
import type { TokenWish } from "../core/tokens/token-wish.ts";
import type { Http } from "./http.ts";
import type { ReadToken } from "./token-text.ts";

/** A secret with which to ask, and the user name that goes with it. */
export interface ServiceCredential {
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

/** A token to be made. Without `ttl` it is left to the service how long it is valid. */
export interface MintOrder extends TokenWish {
  readonly tool: string;
  /** Unique, so that a token whose secret never reached us is found again. */
  readonly description: string;
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

/** Where a tool has its tokens at a service. */
export interface ToolPlace {
  readonly url: string;
  /** How its tokens are presented, where that is not as the issuer has it. */
  readonly presents?: "Basic" | "Bearer" | undefined;
  /** The scope of tokens that are minted for it. */
  readonly scope?: string | undefined;
  /** The name that the configuration of the tool has for it. */
  readonly server?: string | undefined;
  /** The npm scope that is served there: `@acme`. */
  readonly npmScope?: string | undefined;
  /** The user name that its tokens have there. */
  readonly username?: string | undefined;
}

/** By tool. */
export type ToolPlaces = Readonly<Record<string, ToolPlace>>;

/** A service as its issuer, or `config.toml`, declares it. */
export interface Declared {
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** Where its interface begins: `https://host[:port]`, with a path where the service has one. */
  readonly url: string;
  /** The page on which a person makes and ends tokens, if it is another than the issuer's. */
  readonly page?: string | undefined;
  readonly tools: ToolPlaces;
  readonly auto?: boolean | undefined;
  /** In seconds. */
  readonly ttl?: number | undefined;
  /** PEM file of certificates to trust for it. */
  readonly caFile?: string | undefined;
  /** By which its tokens are fetched. */
  readonly command?: FetchCommand | undefined;
}

/** A command of the person's that prints a token, as config.toml has it. */
export type FetchCommand = Pick<TokenCommand, "argv" | "lifetime">;

/** The service that is asked. */
export type ServiceAt = Pick<Declared, "url">;

/** How a service ends a token by its text alone, whoever has it. */
export interface RevocationByValue {
  /** Whether it does so with such a token. */
  readonly takes: (text: string) => boolean;
  /** What people are told before. */
  readonly warning: string;
  readonly revoke: (service: ServiceAt, token: ServiceCredential, http: Http) => Promise<Revocation>;
}

/** One kind of service: the facts of it, and what can be done by program there; what is missing is done on its web page. */
export interface Issuer {
  /** As in `issuer = "NAME"`, and in `NAME@HOST`. */
  readonly name: string;
  /** Those that have one place, and are known by their names. */
  readonly services?: readonly Declared[];
  /** Of a kind that any host may have, named `NAME@HOST`: what it is, and where tools have their tokens there, by the URL of the host. */
  readonly anyHost?: {
    readonly title: string;
    readonly tools: (url: string) => ToolPlaces;
    /** Whether such a service is at a target, as far as its address tells. */
    readonly isAt?: (target: Target) => boolean;
  };
  /** The page on which a person makes and ends tokens, below the service's URL. */
  readonly page?: string;
  /** The page for a new token of a tool, filled in: its name, and the least that the tool needs. */
  readonly newTokenPage?: (service: ServiceAt, tool: string, name: string) => string;
  /** The user name of tokens that are presented with one, where it may be any. */
  readonly username?: string;
  /** What a login there is; only with `mint`. */
  readonly signIn?: SignIn;
  /** The tools that present its tokens as Bearer; all others present them as Basic, with a user name. */
  readonly bearer: readonly string[];
  /** What the text of one of its tokens tells; undefined for any other text. */
  readonly readToken?: (text: string) => ReadToken | undefined;
  /** What its tokens look like, where that tells them from all others (token-forms.ts). */
  readonly forms?: readonly TokenForm[];
  /** Where tokens and users are made, listed or shown (token-endpoints.ts). */
  readonly tokenEndpoints?: readonly string[];
  /** Where it never has a registry of npm, in the same form; `!npm` is any segment but that. */
  readonly noRegistry?: readonly string[];
  /** Whether its tokens have a description, by which one is found whose secret never arrived. */
  readonly describes: boolean;
  /** Whether a login can make tokens of other users. */
  readonly mintsForOthers?: boolean;
  readonly inspect?: (service: ServiceAt, token: ServiceCredential, http: Http) => Promise<Inspection>;
  readonly mint?: (service: ServiceAt, login: ServiceCredential, order: MintOrder, http: Http) => Promise<Minting>;
  readonly refresh?: (
    service: ServiceAt,
    token: ServiceCredential & { readonly refreshToken: Secret },
    order: MintOrder,
    http: Http,
  ) => Promise<Minting>;
  /** Ends a token by its id, with a login or with the token itself; without an id, the token that asks. */
  readonly revoke?: (service: ServiceAt, credential: ServiceCredential, tokenId: string | undefined, http: Http) => Promise<Revocation>;
  /** Where that needs neither a login nor an id. It comes before `revoke`. */
  readonly revokeByValue?: RevocationByValue;
  /** The same kind of service with an app of the person's own, registered there: its id, `app_id` in config.toml. */
  readonly withApp?: (appId: string) => Issuer;
  /** The place of a token of such a wish, where it is for a part of the tool's place only; undefined for all of it. */
  readonly partFor?: (place: string, tool: string, wish: TokenWish) => string | undefined;
  /** The wish for a token that answers at a path below the tool's place; undefined where there is none. Without it, nothing is wished. */
  readonly wishAt?: (tool: string, path: readonly string[]) => TokenWish | undefined;
  /** The tokens that the credential may see; those whose description begins so, if one is given. */
  readonly list?: (service: ServiceAt, credential: ServiceCredential, description: string | undefined, http: Http) => Promise<Listing>;
}
