/** What one tool has in a session besides its shims: for the tool as it starts without them. */
import type { ScopePlace } from "../../core/gateway/permit.ts";
import type { Doorway, FixedRequest, PlanThrough } from "../../protocols/tool-protocol.ts";
import type { GrantWorld } from "./grants.ts";

/** A session that is being opened. */
export interface Opening {
  readonly environment: Readonly<Record<string, string>>;
  readonly home: string;
  readonly publish: boolean;
  readonly fixed: FixedRequest;
  readonly scope: readonly ScopePlace[];
  /** With a phantom of its own. */
  readonly doorway: Doorway;
}

/** @returns undefined if it has nothing here */
export type SessionPart = (world: GrantWorld, opening: Opening) => Promise<Pick<PlanThrough, "plan" | "permit"> | undefined>;
