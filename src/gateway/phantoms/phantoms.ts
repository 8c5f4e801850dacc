/** The phantoms that are good for something, by their hashes. */
import { hash, randomBytes, randomInt } from "node:crypto";
import type { ProcessIdentity } from "../../core/caller.ts";
import { instant, type Instant } from "../../core/clock.ts";
import { KEPT, type Permit } from "../../core/gateway/permit.ts";
import { phantomForm, writePhantom } from "../../core/gateway/phantom.ts";
import type { PhantomView } from "../../core/gateway/views.ts";
import { Secret } from "../../core/secret.ts";
import { formatTarget } from "../../core/target.ts";
import { isRunning } from "../../platform/processes/process-tree.ts";

const LETTERS_AND_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** No command runs longer, in milliseconds. */
const COMMAND_LIFE_MS = 24 * 3_600_000;
/** One that is on disk. */
const KEPT_LIFE_MS = 180 * 24 * 3_600_000;

/** A phantom as it is kept: all but itself. */
export interface Phantom {
  /** For people, and what a command is ended by. */
  readonly id: string;
  /** SHA-256, in hexadecimal. */
  readonly hash: string;
  readonly tool: string;
  /** What it was made for: a program's name, or what settings it is in. */
  readonly purpose: string;
  readonly permit: Permit;
  /** The `toolkey run` whose command holds it. Undefined for one that may be on disk, and where no system tells. */
  readonly starter: ProcessIdentity | undefined;
  readonly issuedAt: Instant;
  readonly expiresAt: Instant;
  /** Good for nothing any more, but its command may still run: what is inside of it is known by that. */
  readonly isEnded: boolean;
  /** The id of the session inside of which it was issued: it ends with that one. */
  readonly session?: string;
  /** Of one that was read from disk: it permits nothing until this is found to be right. Until then it only says who is inside. */
  readonly seal?: string;
}

/**
 * Hashed as it is: so many random bits can't be guessed, however fast the hash.
 *
 * @param tokens for which it stands, so that it looks like them
 */
export function newPhantom(tokens: readonly Secret[] = []): Secret {
  const form = phantomForm(tokens.map((token) => token.reveal()));
  return new Secret(
    writePhantom(form, (length) => Array.from({ length }, () => LETTERS_AND_DIGITS[randomInt(LETTERS_AND_DIGITS.length)]).join("")),
  );
}

/** A phantom that is good from now on, in milliseconds, as it is kept. */
export function asKept(
  phantom: Secret,
  of: Pick<Phantom, "id" | "tool" | "purpose" | "permit" | "starter" | "session">,
  now: number,
): Phantom {
  const lifeMs = of.permit.holder === KEPT ? KEPT_LIFE_MS : COMMAND_LIFE_MS;
  return { ...of, hash: hashOf(phantom), issuedAt: instant(now), expiresAt: instant(now + lifeMs), isEnded: false };
}

export function hashOf(phantom: Secret): string {
  return hash("sha256", phantom.reveal());
}

/** A name for one, which is no secret. */
export function newPhantomId(): string {
  return `p-${randomBytes(4).toString("hex")}`;
}

export class Phantoms {
  readonly #byHash = new Map<string, Phantom>();
  readonly #byId = new Map<string, Phantom>();

  constructor(kept: readonly Phantom[]) {
    for (const phantom of kept) this.add(phantom);
  }

  add(phantom: Phantom): void {
    this.#byHash.set(phantom.hash, phantom);
    this.#byId.set(phantom.id, phantom);
  }

  has(hash: string): boolean {
    return this.#byHash.has(hash);
  }

  /** Whether or not it is still good. */
  find(phantom: Secret): Phantom | undefined {
    return this.#byHash.get(hashOf(phantom));
  }

  /** What a phantom is used within: its session, or it alone. */
  runOf(phantom: Phantom): Phantom {
    return phantom.session === undefined ? phantom : (this.#byId.get(phantom.session) ?? phantom);
  }

  remove({ hash, id }: Phantom): void {
    this.#byHash.delete(hash);
    this.#byId.delete(id);
  }

  all(): Phantom[] {
    return [...this.#byHash.values()];
  }
}

/** Whether its time has not come, and who was started with it may still run. */
export function isLive(phantom: Phantom, now: Instant): boolean {
  return !phantom.isEnded && now < phantom.expiresAt && (phantom.starter === undefined || isRunning(phantom.starter));
}

/** Whether its command may still run. */
export function mayRun({ starter }: Phantom): boolean {
  return starter !== undefined && isRunning(starter);
}

/** `git at https://git.example.com`, one for each place. */
function scopeText({ scope = [] }: Permit): string[] {
  return scope.map(({ tool, target }) => `${tool} at ${formatTarget(target)}`);
}

/** A phantom as people see it. */
export function viewPhantom({ id, tool, purpose, starter, permit, issuedAt, expiresAt, session }: Phantom): PhantomView {
  const authorized = permit.routes.filter(({ isAuthorized }) => isAuthorized).map(({ target }) => formatTarget(target));
  return {
    id, tool, purpose, session, issuedAt, expiresAt,
    pid: starter?.pid,
    places: permit.addressing === "session" ? scopeText(permit) : authorized,
    publishes: permit.publishes || permit.routes.some(({ publishes }) => publishes),
  };
}
