/** Which part of a host a request is about: git leaves the path out, unless credential.useHttpPath is set. */
import type { Caller } from "../../core/caller.ts";
import { origin, type Target } from "../../core/target.ts";
import { commandLineOf } from "../../platform/processes/process-tree.ts";
import type { Asker, CredentialProtocol, NamedPlace } from "../../protocols/credential-protocol.ts";

/** Where a token is wanted. */
export interface AskedPlace {
  readonly target: Target;
  /** It may be any path of that origin. */
  readonly pathUnknown: boolean;
}

/**
 * The place that a request names, or that of the URL of the nearest transport of the tool's among the parents of who asks.
 * Such a URL can hold a password, and names a repository: it is neither logged nor kept.
 */
export function placeOf(protocol: CredentialProtocol, { target, hasDots }: NamedPlace, caller: Caller): AskedPlace {
  // Nobody knows which path the server takes it for: what is good for the whole host, and nothing else.
  if (hasDots) return { target, pathUnknown: false };
  if (target.path.length > 0 || !/^https?$/.test(target.scheme)) return { target, pathUnknown: target.path.length === 0 };
  const asker = askerBehind(protocol, caller);
  // A proxy, or where a server has redirected the tool to.
  if (asker?.kind !== "transport" || asker.url === undefined || origin(asker.url.target) !== origin(target))
    return { target, pathUnknown: true };
  return { target: asker.url.target, pathUnknown: false };
}

/** The nearest process of the tool's own behind a request that tells something of it. */
export function askerBehind({ askerOf }: CredentialProtocol, { lineage }: Caller): Asker | undefined {
  for (const { pid } of lineage.ancestors) {
    const asker = askerOf?.(commandLineOf(pid));
    if (asker !== undefined) return asker;
  }
  return undefined;
}
