/** What is known of one kind of service, and what can be done with tokens there. Outcomes are data; nothing throws for a refusal. */
import type { SignIn } from "../core/tokens/sign-in.ts";
import type { Target } from "../core/target.ts";
import type { TokenForm } from "../core/tokens/token-form.ts";
import type { TokenWish } from "../core/tokens/token-wish.ts";
import type { Declared, ServiceAt, ToolPlaces } from "./declared.ts";
import type { Http } from "./http.ts";
import type { Inspection, JobIdentity, Listing, Minting, MintOrder, Revocation, ServiceCredential } from "./outcomes.ts";
import type { SignInPage } from "./sign-in-page.ts";
import type { ReadToken } from "./token-text.ts";

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
  /** How a person signs in at a page of it, where that is possible. */
  readonly signInPage?: SignInPage;
  /** Whether people sign in there with a client of their own (config.toml), and whether it is of any use without one. */
  readonly client?: "needed" | "possible";
  /** The least that the tokens of each tool need there, in its words. */
  readonly scopes?: Readonly<Record<string, string>>;
  /** The tools that present its tokens as Bearer; all others present them as Basic, with a user name. */
  readonly bearer: readonly string[];
  /** What the text of one of its tokens tells; undefined for any other text. */
  readonly readToken?: (text: string) => ReadToken | undefined;
  /** What its tokens look like, where that tells them from all others (token-forms.ts). */
  readonly forms?: readonly TokenForm[];
  /** Where tokens and users are made, listed or shown (token-endpoints.ts): not by one segment, which may be a package. */
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
    token: ServiceCredential,
    order: MintOrder,
    http: Http,
  ) => Promise<Minting>;
  /** Makes a token for the identity of a CI job. It ends by itself, soon. */
  readonly exchange?: (service: ServiceAt, identity: JobIdentity, http: Http) => Promise<Minting>;
  /**
   * What becomes of a token by `refresh`, where toolkey is not to end it. `gone`: the service has. `left`: to end it may end what it
   * was renewed to (RFC 7009 §2.1).
   */
  readonly renewed?: "gone" | "left";
  /** Whether such a token can be renewed with itself, without a refresh token. */
  readonly renewsItself?: (text: string) => boolean;
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
