/** What Maven's servers are for: in `settings.xml` they have an id, and no URL. */
import type { ServiceView } from "../../../core/views/service.ts";
import { Failure } from "../../../core/failure.ts";
import { formatTarget, origin, parseTarget, type Target } from "../../../core/target.ts";
import { placesById } from "../../../protocols/maven/settings/settings-secrets.ts";

/** Finds the URL of a server by its id. */
export type ServerPlaces = (id: string) => string | undefined;

/**
 * By the declared services first, then by what settings and projects call so. Several places of one host
 * become the one that covers them all; of several hosts none is taken, since a token is for one only.
 *
 * @param documents the texts of `settings.xml` and `pom.xml` files; those that can't be read count for nothing
 */
export function serverPlaces(services: readonly ServiceView[], documents: readonly string[]): ServerPlaces {
  const byDocument = documents.map(readPlaces);
  return (id) => {
    const declared = services.flatMap(({ tools }) => tools).find(({ server }) => server === id);
    if (declared !== undefined) return declared.targets[0];
    return together(byDocument.flatMap((places) => places.get(id) ?? []));
  };
}

function readPlaces(text: string): ReadonlyMap<string, readonly string[]> {
  try {
    return placesById(text);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return new Map();
  }
}

function together(urls: readonly string[]): string | undefined {
  const targets = urls.map(asTarget).filter((target) => target !== undefined);
  const [first] = targets;
  if (first === undefined || targets.some((target) => origin(target) !== origin(first))) return undefined;
  const differs = first.path.findIndex((segment, index) => targets.some(({ path }) => path[index] !== segment));
  return formatTarget(differs === -1 ? first : { ...first, path: first.path.slice(0, differs) });
}

function asTarget(url: string): Target | undefined {
  try {
    return parseTarget(url);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return undefined;
  }
}
