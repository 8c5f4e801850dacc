/** The places that may get a token, and our names for them. */
import { Failure } from "../../core/failure.ts";
import { formatTarget, parseTarget, sameTarget, type Target } from "../../core/target.ts";

/**
 * A URL as a target; undefined if Maven does not speak HTTP with it, or would send the token in the clear:
 * http is for this machine only, as Maven's own blocker has it.
 */
export function placeOf(url: string | undefined): Target | undefined {
  if (url === undefined || !/^https?:\/\//i.test(url)) return undefined;
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
 * Names for places, by URL: `toolkey-acme.jfrog.io-artifactory-libs-MARK`. They are the same for every
 * project, because Maven keeps what it downloaded by the name of the repository.
 */
export function namesOf(targets: readonly Target[], mark: string): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const url of targets.map(formatTarget).toSorted()) {
    const short = url.replace(/^https?:\/\//, "").replace(/[^\w.]+/g, "-").slice(0, 80);
    const taken = new Set(names.values());
    let name = `toolkey-${short}-${mark}`;
    for (let number = 2; taken.has(name); number += 1) name = `toolkey-${short}-${number}-${mark}`;
    names.set(url, name);
  }
  return names;
}
