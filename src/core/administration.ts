/**
 * What people ask the daemon for with `toolkey COMMAND`: the operations of the tool `toolkey` on the
 * wire, each with a JSON payload. No answer ever holds a secret.
 */
import type { Instant } from "./clock.ts";
import type { TokenView } from "./token.ts";

/** The tool name under which the command line speaks to the daemon. */
export const ADMINISTRATION = "toolkey";

export type KeySourceName = "keychain" | "passphrase" | "file";

export const KEY_SOURCES: readonly KeySourceName[] = ["keychain", "passphrase", "file"];

/** Each operation, with what it takes and what it answers. */
export interface Operations {
  init: {
    /** The key sources to try, in this order; the first that works is taken. */
    request: { sources: readonly KeySourceName[]; passphrase?: string | undefined };
    answer: { vault: string; source: KeySourceName; where: string; skipped: readonly SkippedSource[] };
  };
  rekey: {
    request: { source: KeySourceName; passphrase?: string | undefined };
    answer: { vault: string; source: KeySourceName; where: string; before: KeySourceName };
  };
  status: { request: Record<string, never>; answer: Status };
  list: {
    request: { tool?: string | undefined; service?: string | undefined };
    answer: { tokens: readonly TokenView[] };
  };
  show: { request: { id: string }; answer: { token: TokenView; standIns: readonly string[] } };
  add: {
    request: {
      /** A service by name, or a URL. */
      place: string;
      tool: string;
      username?: string | undefined;
      secret: string;
      description?: string | undefined;
      expiresAt?: Instant | undefined;
    };
    answer: Changed;
  };
  replace: { request: { id: string; secret: string }; answer: Changed };
  restore: { request: { id: string }; answer: Changed };
  revoke: { request: { ids: readonly string[] }; answer: { tokens: readonly TokenView[] } };
  use: { request: { id: string }; answer: Changed };
  lock: { request: Record<string, never>; answer: { state: VaultState } };
  unlock: { request: { passphrase?: string | undefined }; answer: { state: VaultState; tokens: number } };
  stop: { request: Record<string, never>; answer: { pid: number } };
}

export type OperationName = keyof Operations;

/** The token that a command was about, and the others that it changed. */
export interface Changed {
  readonly token: TokenView;
  readonly others: readonly TokenView[];
}

/** A key source that `init` tried in vain. */
export interface SkippedSource {
  readonly source: KeySourceName;
  readonly reason: string;
}

/**
 * - `absent`: there is no vault
 * - `closed`: it opens by itself with the next request
 * - `locked`: it waits for `toolkey unlock`
 * - `open`
 */
export type VaultState = "absent" | "closed" | "locked" | "open";

export interface Status {
  readonly build: string;
  readonly pid: number;
  readonly node: string;
  readonly startedAt: Instant;
  readonly socket: string;
  readonly log: string;
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
  readonly memoryBytes: number;
}
