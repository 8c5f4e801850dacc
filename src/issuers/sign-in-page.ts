/** How a person signs in at a page of a service, in a browser of theirs, and what comes of it. Outcomes are data. */
import type { Http } from "./http.ts";
import type { ServiceAt } from "./declared.ts";
import type { Minting, NoAnswer } from "./outcomes.ts";

/** What a sign-in is begun with. */
export interface SignInWish {
  /** What the token is to be good for; undefined: as the service has it. */
  readonly scope?: string | undefined;
  /** Whether the person has a browser on this machine: where the page sends it on to is then this machine, too. */
  readonly hasBrowser: boolean;
  /** A URL of this machine to which a page may send the browser on. Asked for only by who needs it. */
  readonly redirectUri: () => Promise<string>;
}

/** The page is there, and waits for the person. */
export interface BegunSignIn {
  readonly outcome: "begun";
  readonly page: string;
  /** Whether who knows its URL can have what comes of it. */
  readonly isSecret?: true;
  /** What the page asks for, or shows to be compared. */
  readonly code?: string | undefined;
  /** How long it waits. */
  readonly seconds: number;
  readonly next: Polling | Redirection;
}

/** The service is asked again and again. */
export interface Polling {
  readonly by: "polling";
  readonly everySeconds: number;
  readonly ask: () => Promise<Polled>;
}

/** `slower`: it is asked too often, five seconds more from now on (RFC 8628 §3.5). */
export type Polled = Minting | { readonly outcome: "not-yet" } | { readonly outcome: "slower" };

/** The browser is sent on to `redirectUri`, with this state. */
export interface Redirection {
  readonly by: "redirection";
  readonly state: string;
  readonly exchange: (query: URLSearchParams) => Promise<Minting>;
}

/** `not-there`: this server has no such page. */
export type SignInBegin =
  | BegunSignIn
  | { readonly outcome: "refused"; readonly detail: string }
  | { readonly outcome: "not-there" }
  | NoAnswer;

export interface SignInPage {
  readonly begin: (service: ServiceAt, wish: SignInWish, http: Http) => Promise<SignInBegin>;
  /** Whether the token of the sign-in only makes the login, and is ended then. */
  readonly isOnlyForLogin?: true;
}

