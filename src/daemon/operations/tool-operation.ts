/** An operation of a tool: what it acts on, what it is asked, and where it is found. */
import type { Broker } from "../../broker/broker.ts";
import type { ServiceAccess } from "../../broker/service-access.ts";
import type { Caller } from "../../core/caller.ts";
import type { Clock } from "../../core/clock.ts";
import type { Paths } from "../../platform/paths.ts";
import type { GatewayAccess } from "../granting/gateway-access.ts";
import type { Inside } from "../granting/inside.ts";
import type { Outcome } from "./outcome.ts";

/** What it acts on. */
export interface ToolWorld {
  readonly broker: Broker;
  readonly access: ServiceAccess;
  readonly clock: Clock;
  readonly paths: Paths;
  readonly gateway: GatewayAccess;
  readonly inside: Inside;
}

export interface ToolRequest {
  /** By its name, as the client says it. */
  readonly tool: string;
  readonly operation: string;
  readonly payload: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly caller: Caller;
}

/** @throws Failure, which is answered */
export type ToolOperation = (world: ToolWorld, request: ToolRequest) => Promise<Outcome>;
