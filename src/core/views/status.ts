/** What `toolkey status` shows. */
import type { Instant } from "../clock.ts";
import type { ConfigurationSources } from "./configuration.ts";
import type { GatewayView } from "../gateway/views.ts";

export type KeySourceName = (typeof KEY_SOURCES)[number];
export const KEY_SOURCES = ["keychain", "passphrase", "file"] as const;

/**
 * - `absent`: there is no vault
 * - `closed`: it opens by itself with the next request
 * - `locked`: it waits for `toolkey unlock`
 * - `open`
 */
export type VaultState = "absent" | "closed" | "locked" | "open";

export interface Status extends ConfigurationSources {
  readonly build: string;
  readonly pid: number;
  readonly node: string;
  readonly startedAt: Instant;
  readonly socket: string;
  /** Better places for the socket, and why they can't be used. */
  readonly passedOver: readonly { readonly directory: string; readonly reason: string }[];
  readonly log: string;
  /** Why nothing is written to it. */
  readonly logFailure: string | undefined;
  readonly config: string;
  /** What of the session that asks is used; no passwords of proxies. */
  readonly session: {
    /** Of D-Bus, for the key store. */
    readonly bus: string | undefined;
    readonly httpProxy: string | undefined;
    readonly httpsProxy: string | undefined;
    readonly noProxy: string | undefined;
    /** A PEM file of certificates; those that were accepted are trusted at services. */
    readonly certificates: string | undefined;
  };
  readonly vault: {
    readonly path: string;
    readonly state: VaultState;
    readonly keySource: KeySourceName | undefined;
    readonly keyWhere: string | undefined;
    /** Known while the vault is open. */
    readonly tokens: number | undefined;
    /** When it locks if nothing is asked for until then. */
    readonly locksAt: Instant | undefined;
  };
  readonly gateway: GatewayView;
  readonly memoryBytes: number;
}
