/** A service as people and programs see it. */
import type { Presentation } from "../tokens/token.ts";
import type { SignIn } from "../tokens/sign-in.ts";

export interface ServiceView {
  readonly name: string;
  readonly title: string;
  readonly url: string | undefined;
  readonly page: string | undefined;
  readonly tools: readonly {
    readonly tool: string;
    readonly targets: readonly string[];
    readonly presents: Presentation;
    /** The name that the configuration of the tool has for it. */
    readonly server?: string | undefined;
    /** The user name that its tokens have, unless a person says otherwise. */
    readonly username?: string | undefined;
    /** Whether a person can sign in for it at a page of the service. */
    readonly signsIn: boolean;
    /** The page for a new token of it, filled in as far as the service can. */
    readonly newTokenPage?: string | undefined;
  }[];
  /** What toolkey can do there by program. */
  readonly can: readonly ("sign-in" | "check" | "mint" | "renew" | "revoke" | "list" | "exchange" | "fetch")[];
  /** Whether what it makes is for one repository, project or group each. */
  readonly forRepositories: boolean;
  /** By which its tokens are fetched: the program, and its arguments. */
  readonly command?: readonly string[] | undefined;
  /** What is pasted as a login there; undefined where there is none. */
  readonly signIn?: SignIn | undefined;
  readonly auto: boolean;
}
