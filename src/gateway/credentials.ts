/** The token that a request gets at the moment it is passed on. */
import type { Clock } from "../core/clock.ts";
import type { Secret } from "../core/secret.ts";
import { formatTarget, type Target } from "../core/target.ts";
import type { Aim } from "../core/tokens/token.ts";

/** What goes to the upstream. */
export interface UpstreamToken {
  /** The id of the token. */
  readonly token: string;
  readonly secret: Secret;
  /** The value of the header. */
  readonly authorization: Secret;
  /** PEM file of certificates that its service has. */
  readonly caFile: string | undefined;
}

/** Why there is none, and what to do. */
export interface NoUpstreamToken {
  readonly why: string;
  readonly hint: string | undefined;
}

/** What upstreams say of tokens. */
export interface Verdicts {
  /** It was accepted at a place. Called once for what was found once. */
  accepted(tool: string, credential: UpstreamToken, place: Target): void;
  /** It was refused there. @returns what has become of it; never rejects */
  refused(tool: string, credential: UpstreamToken, place: Target): Promise<NoUpstreamToken>;
}

/** Which of the tokens for a place. */
export interface Which {
  /** Whose, if not anybody's. */
  readonly username: string | undefined;
  /** What for. */
  readonly aim: Aim;
}

export type FindCredential = (tool: string, place: Target, which: Which) => Promise<UpstreamToken | NoUpstreamToken>;

/**
 * How long what was found is used again, in milliseconds, while nothing is known to have changed: another daemon may revoke a token, too.
 */
const KEEP_MS = 2_000;

export class Credentials {
  readonly #find: FindCredential;
  readonly #clock: Clock;
  readonly #found = new Map<string, { readonly at: number; readonly credential: Promise<UpstreamToken | NoUpstreamToken> }>();

  constructor({ find, clock }: { find: FindCredential; clock: Clock }) {
    this.#find = find;
    this.#clock = clock;
  }

  /** Requests at the same time share one search. */
  of(
    tool: string,
    place: Target,
    { username, changes }: Pick<Which, "username"> & { readonly changes: boolean },
  ): Promise<UpstreamToken | NoUpstreamToken> {
    const now = this.#clock.now();
    const aim = changes ? "publishing" : "reading";
    const key = `${tool} ${aim} ${formatTarget(place)}${username === undefined ? "" : ` ${username}`}`;
    const known = this.#found.get(key);
    if (known !== undefined && now - known.at < KEEP_MS && now >= known.at) return known.credential;
    for (const [old, { at }] of this.#found) if (now - at >= KEEP_MS) this.#found.delete(old);
    const credential = this.#find(tool, place, { username, aim });
    this.#found.set(key, { at: now, credential });
    return credential;
  }

  /** Drops all secrets: the vault was closed, or changed. */
  forget(): void {
    this.#found.clear();
  }
}
