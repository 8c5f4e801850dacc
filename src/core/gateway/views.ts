/** What people see of the gateway. Nothing here is secret. */
import type { Instant } from "../clock.ts";

export interface GatewayView {
  /** `http://127.0.0.1:PORT`; undefined while it is not needed. */
  readonly url: string | undefined;
  readonly phantoms: readonly PhantomView[];
}

/** A phantom that is good for something. */
export interface PhantomView {
  readonly id: string;
  readonly tool: string;
  /** The program that holds it, or what settings it is in. */
  readonly purpose: string;
  /** The `toolkey run` that started it. */
  readonly pid: number | undefined;
  readonly places: readonly string[];
  readonly publishes: boolean;
  /** The id of the session inside of which it was issued. */
  readonly session?: string | undefined;
  readonly issuedAt: Instant;
  readonly expiresAt: Instant;
}

/** How the wait for the end of a phantom ends; the phantom stays valid when it is the vault that closes soon. */
export type PhantomEnd = "revoked" | "unknown" | "daemon-ends" | "vault-closes";

/** What one phantom was used for, from its first request on. */
export interface RunView {
  readonly phantom: string;
  readonly tool: string;
  readonly purpose: string;
  readonly startedAt: Instant;
  /** Undefined while it may go on. */
  readonly endedAt: Instant | undefined;
  readonly traffic: readonly TrafficView[];
  readonly refused: readonly RefusedView[];
}

/** Requests to one host with one token. */
export interface TrafficView {
  readonly host: string;
  /** Its id; undefined for requests that got none. */
  readonly token: string | undefined;
  /** Inside of a session: the executable that asked. */
  readonly by?: string | undefined;
  readonly requests: number;
  /** Bytes of bodies, from the host and to it. */
  readonly received: number;
  readonly sent: number;
}

export interface RefusedView {
  readonly why: string;
  /** Method and path. */
  readonly what: string;
  /** Inside of a session: the executable that asked. */
  readonly by?: string | undefined;
  readonly times: number;
}
