/**
 * What is asked of the gateway inside of a session, by POST with the session's phantom: for a tool that starts there. JSON both ways;
 * a refusal has the fields of a `Failure`. Nothing here is a secret but phantoms, which work inside of the session alone.
 */
import type { Aim, Presentation, TokenView } from "../tokens/token.ts";
import type { Permit } from "./permit.ts";

/** Each is asked for at `/-/NAME`. */
export interface InnerOperations {
  /** The tokens of the tool within the scope, whether or not they are good for anything now. */
  held: { request: { tool: string }; answer: { held: readonly { token: string; target: string; isSuspended: boolean }[] } };
  /** Which tokens answer needs of a tool. `phantom`: what is to stand for them all; it is good for nothing before `issue`. */
  grants: {
    request: { tool: string; needs: readonly InnerNeed[] };
    answer: { phantom: string; grants: readonly InnerGrant[]; notes: readonly string[]; hints: readonly string[] };
  };
  /** Makes a phantom good for what a permit says, as far as the session may. */
  issue: { request: { phantom: string; tool: string; purpose: string; permit: InnerPermit }; answer: { id: string } };
  /** The tool that held it has ended. */
  end: { request: { id: string }; answer: Record<string, never> };
}

export type InnerOperation = keyof InnerOperations;

export interface InnerNeed {
  readonly target: string;
  readonly username?: string | undefined;
  readonly aim?: Aim | undefined;
}

export interface InnerGrant {
  /** The number of the need. */
  readonly need: number;
  readonly token: TokenView;
  readonly presents: Presentation;
}

/** What a tool asks for itself. Who holds it and how its hosts are reached is the session's. */
export type InnerPermit = Pick<Permit, "addressing" | "publishes" | "routes">;

/** The path at which an operation is asked for. */
export function innerPath(operation: InnerOperation): string {
  return `/-/${operation}`;
}
