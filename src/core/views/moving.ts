/** Tokens that go to another machine, or into a backup, and come from there (docs/decisions/0043-moving.md). */
import type { Instant } from "../clock.ts";
import type { TokenView } from "../tokens/token.ts";

/**
 * Why a token is not taken along.
 *
 * - `renews`: a refresh token renews it, which must not live twice
 * - `fetched`: a command of this machine prints it
 * - `key`: it is the private key of an app
 * - `being-made`: its service has not answered yet
 */
export type Stays = (typeof STAYS)[number];
export const STAYS = ["renews", "fetched", "key", "being-made"] as const;

/** How the file is encrypted: under a passphrase, or for whoever has an identity of one of these recipients (`age1…`). */
export type SealedBy = { readonly passphrase: string } | { readonly recipients: readonly string[] };

/** A token as it goes out. */
export interface Departing {
  readonly token: TokenView;
  /** Left out where it goes. */
  readonly stays?: Stays | undefined;
  /** How the other machine comes by one, where it stays. */
  readonly hint?: string | undefined;
}

/** A token of a file that is imported. */
export interface Arrived {
  /** As it is here; of one that stays or is over, as it was there. */
  readonly token: TokenView;
  /** Its id there. */
  readonly was: string;
  /**
   * - `added`: it is here now, as it was there
   * - `known`: it was here already, and nothing changed
   * - `aside`: kept, suspended, since the tool has another one in its place
   * - `suspended`: it was active here, and was revoked there
   * - `stays`: it is not in the file, but for what is known of it
   * - `over`: its time was over
   */
  readonly outcome: "added" | "known" | "aside" | "suspended" | "stays" | "over";
  readonly stays?: Stays | undefined;
  /** Whether toolkey renews it by itself, which ends the copy that another machine has. */
  readonly renews: boolean;
  /** Of one that may live on another machine as well, or that stays: how one is had here that nobody else has. */
  readonly hint?: string | undefined;
}

/** What was imported. */
export interface Imported {
  /** The name of the machine that it was exported from. */
  readonly from: string;
  readonly exportedAt: Instant;
  readonly tokens: readonly Arrived[];
  /** Names of services that are not known here, so that their tokens are those of a host. */
  readonly unknownServices: readonly string[];
}
