/**
 * How a tool asks for credentials by itself, in a protocol of its own: text → request, and token, miss or failure → what it is told.
 * Pure.
 */
import type { Instant } from "../core/clock.ts";
import { exitCode, type Failure } from "../core/failure.ts";
import type { Secret } from "../core/secret.ts";
import type { Target } from "../core/target.ts";
import type { Aim, Presentation, Token } from "../core/tokens/token.ts";
import type { Reply } from "../core/wire/wire.ts";
import type { NothingGiven } from "./tool-protocol.ts";

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
  /** Its `erase` tells that a server has refused. Else it is a person's logout, which is no news. */
  readonly reportsRefusals?: true;
  /** Why what a process above who asks was told, also by files of a project, keeps a token from it; undefined if nothing does. */
  readonly doubt?: (target: Target, process: AskingProcess) => Promise<NothingGiven | undefined>;
  /** It reads files of the project that it runs in, which may say whom it trusts: `Survey.distrust`. */
  readonly mindsProject?: true;
  /** What it isn't given for the project's sake is a failure: of a miss the tool shows nothing. */
  readonly failsForProject?: true;
  /** What the client is told in place of an answer. @param operation and payload as on the wire */
  replies(operation: string, payload?: string): Replies;
}

export interface AskingProcess {
  /** The program first. */
  readonly commandLine: readonly string[];
  /** In which it works; undefined if that isn't told. */
  readonly directory: string | undefined;
  /** The variables with which it was started. */
  environment(): Readonly<Record<string, string>>;
  /** Reads a file of the person's or of a project; undefined if it isn't there. @throws Failure if it can't be read */
  read(path: string): Promise<string | undefined>;
}

export type CredentialRequest = GetRequest | StoreRequest | EraseRequest | ListRequest | SettledRequest;

/** What is answered without a look at any token. */
interface SettledRequest {
  readonly operation: "settled";
  readonly text: string;
}

/** Which places the tool has credentials for. */
interface ListRequest {
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
  /** What it is wanted for, where the client says so. */
  readonly aim?: Aim;
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
  /** Of one that is not there: the client leaves it to its helper to ask for it. */
  readonly question?: SecretQuestion;
  /** What the client reads when it is done; nothing without it. */
  readonly done?: string;
}

/** A secret that a person is to be asked for. */
interface SecretQuestion {
  /** The page where it is to be had. */
  readonly page: string | undefined;
  readonly prompt: string;
  /** The same request with the answer in it. */
  readonly answered: (secret: Secret) => string;
}

export interface EraseRequest extends Asked {
  readonly operation: "erase";
  readonly secret: Secret | undefined;
  /** The id of the token, where the client gave it back. */
  readonly id: string | undefined;
  /** What the client reads when something was forgotten; nothing without it. Else it is a miss. */
  readonly done?: string;
}

/** What a client has seen work. */
interface Kept {
  readonly secret: Secret;
  readonly authtype?: string;
  readonly expiresAt: Instant | undefined;
  readonly refreshToken: Secret | undefined;
}

/** Where a credential is wanted. A path with dots is left out: nobody knows which place a server takes it for. */
export interface NamedPlace {
  readonly target: Target;
  readonly hasDots: boolean;
  /** What it may mean as well, if nothing is there for the first. */
  readonly orElse?: Target;
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
