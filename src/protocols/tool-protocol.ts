/** What a tool's folder in `protocols/` provides: from a command to what the tool needs, and from that to a plan. */
import type { Permit, Upstream } from "../core/gateway/permit.ts";
import type { GitSetting } from "./git/http-settings.ts";
import type { Plan } from "../core/plan.ts";
import type { Secret } from "../core/secret.ts";
import type { Target } from "../core/target.ts";
import type { Aim, Presentation, Token } from "../core/tokens/token.ts";

/** A command that a person started, with what the tool will look at. */
export interface RunRequest {
  /** The name of the program; undefined where a hook asks. */
  readonly program?: string | undefined;
  /** The arguments after the program. */
  readonly arguments: readonly string[];
  /** The directory in which it starts, absolute. */
  readonly directory: string;
  /** The person's home directory, absolute. */
  readonly home: string;
  /** What the system's own list of users has for it, by which a JVM goes; undefined if it isn't there. */
  readonly accountHome?: string | undefined;
  /** The number that the system has for them; undefined where it has none. */
  readonly uid?: number | undefined;
  /** The variables that the tools read (`toolVariables` in `client/plan.ts`). */
  readonly environment: Readonly<Record<string, string>>;
  /** What the services declare for this tool, the user's own services first. */
  readonly declared: readonly DeclaredPlace[];
  /** `--env NAME=SERVICE`: the variables that are asked for by name, with the target that is meant. */
  readonly variables: Readonly<Record<string, Target>>;
  /** Random and stable: part of the names of ours that a project must not be able to guess. */
  readonly mark: string;
  /** `--publish`: whether what is reached through the gateway may be changed, whatever the command says. */
  readonly publish: boolean;
  /** Inside of a session, where a phantom is good for all that is started, too. */
  readonly isInSession?: true;
  /** Files of toolkey's own, which tools load. */
  readonly installation: Installation;
  /** The names of all variables that the command has; undefined where that is not told. */
  readonly variableNames?: readonly string[];
  /** What the person has told git of the way to hosts. */
  readonly gitSettings?: readonly GitSetting[];
}

/** What is the same for every command. */
export type FixedRequest = Pick<RunRequest, "mark" | "installation" | "accountHome" | "uid">;

/** The tokens of the tool that the vault has, whether or not they are good for anything now. @throws Failure `locked` */
export type ReadHeld = () => Promise<readonly Held[]>;

/** A token that the vault has. */
export interface Held {
  /** Its id. */
  readonly token: string;
  readonly target: Target;
  /** Then it is not handed over; that it is suspended is said when its host is asked. */
  readonly isSuspended: boolean;
}

export interface Installation {
  /** The directory of what is built: programs, and what tools load; absolute. */
  readonly built: string;
  /** The programs that come before others in a command that goes through the gateway, absolute. */
  readonly sealedPrograms: string;
  /** Where each git has its directory with ours among its programs, absolute. */
  readonly gitPrograms: string;
}

/** A place of a service, with the name that the tool's own configuration has for it. */
export interface DeclaredPlace {
  readonly service: string;
  readonly target: Target;
  /** The id that the tool's own configuration has for it. */
  readonly server?: string | undefined;
  /** The npm scope that is served there: `@acme`. */
  readonly npmScope?: string | undefined;
}

/** Reads a file of the user or the project; undefined if it isn't there. */
export type ReadText = (path: string) => Promise<string | undefined>;

/** The names of the directories in a directory of the project; none if it isn't there. */
export type ListDirectories = (path: string) => Promise<readonly string[]>;

/** A place for which the tool needs a token, if there is one. */
export interface Need {
  readonly target: Target;
  readonly username?: string | undefined;
  /** What for, where the tool says so. */
  readonly aim?: Aim | undefined;
}

/** A place that a command asks: who starts it is told if there is no token for it. */
export interface Asked {
  readonly target: Target;
  /** What a token is best added for; the target itself if absent. */
  readonly whole?: Target;
  /** Hardly anybody needs a token there. */
  readonly isPublic?: boolean;
}

/** The answer to a need. */
export interface Grant {
  readonly need: Need;
  readonly token: Token;
  /** `Basic` only where the token has a user name. */
  readonly presents: Presentation;
}

/** What a command needs, and what it gets once it is known which tokens there are. */
export interface Survey {
  /** Each place once. */
  readonly needs: readonly Need[];
  /** The places that the command itself will ask, as far as that can be told; without it, those that it needs tokens for. */
  readonly asks?: readonly Asked[];
  /** Whether the command publishes or deploys: what is missing for that is said, too. */
  readonly publishes?: boolean;
  /** Pure; the grants are those of the needs for which there is a token, in the order of the needs. */
  plan(grants: readonly Grant[]): Plan;
  /**
   * The same without the tokens: a plan by which the command goes through the gateway. Without it the command gets the tokens themselves.
   */
  planThrough?(grants: readonly Grant[], doorway: Doorway): PlanThrough | WhyNotThrough;
  /** Variables by which the tool runs its scripts so that what they start is told from what the tool starts (bin/sealed/script-shell). */
  readonly scripts?: Readonly<Record<string, string>>;
  /** For tools with a hook that sends what it is given anywhere below a URL: why it may be given nothing for it here. */
  distrust?(target: Target): NothingGiven | undefined;
}

/** The gateway, as a command is to reach it. */
export interface Doorway {
  /** `http://127.0.0.1:PORT` */
  readonly gateway: string;
  /** What stands in for every token of the command. Letters, digits, `-` and `_` only. */
  readonly phantom: Secret;
}

/**
 * Why a command can't go through the gateway.
 *
 * - `direct`: by what the person typed, or by what the tool is. It gets the tokens themselves.
 * - `withheld`: by what a file says, which a script may have written. It gets nothing; `hint`: what else a person can do.
 */
export type WhyNotThrough = { readonly direct: string } | { readonly withheld: string; readonly hint?: string };

/** A plan with a phantom, and what that is good for. If it gives nothing, there is none, but for a permit of services. */
export interface PlanThrough {
  readonly plan: Plan;
  readonly permit: Omit<Permit, "upstream"> & {
    /** PEM files that the tool's own configuration of the person trusts. */
    readonly caFiles?: readonly string[];
    /** Proxies that it names, instead of those of the environment. */
    readonly proxies?: Pick<Upstream, "httpProxy" | "httpsProxy" | "noProxy">;
  };
}

/** Why a token is left out, and what to do about it. */
export interface NothingGiven {
  readonly note: string;
  readonly hint: string;
}

/** What a request does at the place of a token. */
export type Effect = "reads" | "changes";

/** @throws Failure `usage` for what can't be done, as an `--env` of a tool that takes none */
export type ToolProtocol = (request: RunRequest, read: ReadText, held: ReadHeld, list: ListDirectories) => Promise<Survey>;

/** The survey of a command that needs nothing. */
export function noNeeds(plan: Plan): Survey {
  return { needs: [], plan: () => plan };
}
