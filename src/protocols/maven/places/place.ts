/** The places that may get a token, and our names for them. */
import { Failure } from "../../../core/failure.ts";
import { formatTarget, parseTarget, sameTarget, type Target } from "../../../core/target.ts";

/**
 * A URL as a target; undefined if Maven does not speak HTTP with it, or would send the token in the clear:
 * http is for this machine only, as Maven's own blocker has it.
 */
export function placeOf(url: string | undefined): Target | undefined {
  // Java takes no other characters in the name of a host; and to look at names that have them takes long.
  if (url === undefined || !/^https?:\/\/[!-.0-~]+(\/|$)/i.test(url)) return undefined;
  try {
    const target = parseTarget(url);
    return target.scheme === "https" || isLocal(target) ? target : undefined;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

export function isLocal({ host }: Target): boolean {
  return host === "localhost" || host === "127.0.0.1";
}

/** Each once, in order. */
export function distinct(targets: readonly Target[]): Target[] {
  return targets.filter((target, index) => targets.findIndex((other) => sameTarget(other, target)) === index);
}

/**
 * Names for servers: `toolkey-repo.example.com-libs-MARK` for that URL, with another word for each
 * mirror. They are the same for every project, because Maven keeps what it downloaded by the name of the
 * repository.
 */
export class Names {
  readonly #mark: string;
  readonly #taken = new Set<string>();

  constructor(mark: string) {
    this.#mark = mark;
  }

  /** A name that was not given before. */
  next(target: Target, word?: string): string {
    const place = formatTarget(target).replace(/^https?:\/\//, "");
    const short = [place, ...(word === undefined ? [] : [word])].map((text) => text.replace(/[^\w.]+/g, "-").slice(0, 80)).join("-");
    let name = `toolkey-${short}-${this.#mark}`;
    for (let number = 2; this.#taken.has(name); number += 1) name = `toolkey-${short}-${number}-${this.#mark}`;
    this.#taken.add(name);
    return name;
  }
}
