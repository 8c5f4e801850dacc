/** Services as their issuers, or `config.toml`, declare them. */
import type { Presentation } from "../core/tokens/token.ts";
import type { TokenCommand } from "../core/tokens/token-command.ts";

/** Where a tool has its tokens at a service. */
export interface ToolPlace {
  readonly url: string;
  /** How its tokens are presented, where that is not as the issuer has it. */
  readonly presents?: Presentation | undefined;
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
  /** As which toolkey signs in there. */
  readonly client?: OAuthClient | undefined;
}

/** What an OAuth server knows a program by; it has no secret. */
export interface OAuthClient {
  readonly clientId: string;
  /** What its tokens are good for, with spaces between. */
  readonly scopes?: string | undefined;
  /** A URL that takes valid tokens only. */
  readonly check?: string | undefined;
}

/** A command of the person's that prints a token, as config.toml has it. */
export type FetchCommand = Pick<TokenCommand, "argv" | "lifetime">;

/** The service that is asked. */
export type ServiceAt = Pick<Declared, "url" | "client">;
