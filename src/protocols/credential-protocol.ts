/**
 * How a tool asks for credentials by itself, in a protocol of its own: text → request, and token, miss or failure → what it is told. Pure.
 */
import type { Instant } from "../core/clock.ts";
import { exitCode, type Failure } from "../core/failure.ts";
import type { Secret } from "../core/secret.ts";
import type { Target } from "../core/target.ts";
import type { Token } from "../core/tokens/token.ts";
import type { Reply } from "../core/wire.ts";

export interface CredentialProtocol {
  /**
   * Reads what a client writes.
   *
   * @returns undefined for an operation that it doesn't know, which is answered with silence
   * @throws Failure `bad-request`
   */
  read(operation: string, payload: string): CredentialRequest | undefined;
  /** What a process above who asks tells of the place, by its arguments, the program first; undefined if nothing. */
  readonly askerOf?: (commandLine: readonly string[]) => Asker | undefined;
  /** By which command it names the path of what it asks for, where it doesn't by itself. @param origin `https://host` */
  readonly pathCommand?: (origin: string) => string;
  /** Its `erase` is a logout of the person's: of what it had stored and was told to forget nothing is said any more. */
  readonly logsOut?: true;
  /** What the client is told in place of an answer. @param operation as on the wire */
  replies(operation: string): Replies;
}

export type CredentialRequest = GetRequest | StoreRequest | EraseRequest | ListRequest;

/** Which places the tool has credentials for. */
export interface ListRequest {
  readonly operation: "list";
  render(held: readonly HeldPlace[]): string;
}

export interface HeldPlace {
  readonly target: Target;
  readonly username: string | undefined;
}

interface Asked {
  /** @throws Failure `bad-request` if no place is named */
  place(): NamedPlace;
  readonly username: string | undefined;
}

export interface GetRequest extends Asked {
  readonly operation: "get";
  /** Whether the client takes a user name and a password only. */
  readonly needsName?: true;
  /** Whether the client understands the answer that a token needs. */
  canPresent(token: Token): boolean;
  /** @throws Failure `bad-request` for what the protocol can't carry */
  render(token: Token, presents: Presentation): string;
}

export interface StoreRequest extends Asked {
  readonly operation: "store";
  /** Undefined if there is nothing, or nothing to be kept. */
  readonly kept: Kept | undefined;
  /** Whether the client had it from us. */
  readonly isOurs: boolean;
}

export interface EraseRequest extends Asked {
  readonly operation: "erase";
  readonly secret: Secret | undefined;
  /** The id of the token, where the client gave it back. */
  readonly id: string | undefined;
}

/** How its service wants to see a token. */
export type Presentation = "Basic" | "Bearer";

/** What a client has seen work. */
export interface Kept {
  readonly secret: Secret;
  readonly authtype?: string;
  readonly expiresAt: Instant | undefined;
  readonly refreshToken: Secret | undefined;
}

/** Where a credential is wanted. A path with dots is left out: nobody knows which place a server takes it for. */
export interface NamedPlace {
  readonly target: Target;
  readonly hasDots: boolean;
}

/**
 * - `transport`: a program of the tool's that sends requests; its URL, undefined if it is none that the tool could use
 * - `script`: the command by which a script or another program asks for its own purposes
 */
export type Asker = { readonly kind: "transport"; readonly url: NamedPlace | undefined } | { readonly kind: "script" };

/** What the client of a protocol is told where there is no token; what people are told goes another way. */
export interface Replies {
  readonly miss: Reply;
  failure(failure: Failure): Reply;
}

/** Silence, as git asks for: it goes on to its next helper. */
export const SILENCE: Replies = {
  miss: { text: "", exitCode: 0 },
  failure: ({ code }) => ({ text: "", exitCode: exitCode(code) }),
};
