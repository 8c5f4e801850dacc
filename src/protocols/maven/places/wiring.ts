/** Through which mirrors the repositories of a project and its user are led to places that may get a token. */
import { sameTarget, type Target } from "../../../core/target.ts";
import type { DeclaredPlace } from "../../tool-protocol.ts";
import { selectMirror } from "./mirror.ts";
import { distinct } from "./place.ts";
import type { Repository } from "../project/repository.ts";

/** A repository with its URL resolved. */
export interface KnownRepository extends Pick<Repository, "kind" | "id" | "isUsual"> {
  /** Undefined if it depends on what only Maven knows. */
  readonly url: string | undefined;
  /** Undefined if it gets no token, whatever there is. */
  readonly place: Target | undefined;
}

/** A mirror that the user or the machine has. */
export interface KnownMirror {
  readonly mirrorOf: string;
  /** Where it may get a token; undefined if it gets none, and then its repositories are left to it. */
  readonly place: Target | undefined;
}

export interface Wiring<Mirror extends KnownMirror> {
  /** Mirrors that are there, and are needed. */
  readonly mirrors: readonly Mirror[];
  /** Repositories that no mirror takes, each of which gets one of ours. */
  readonly direct: readonly { readonly id: string; readonly place: Target }[];
}

const CENTRAL = "https://repo.maven.apache.org/maven2";

/** If `isComplete`, there are no other repositories than these. */
export function wire<Mirror extends KnownMirror>(
  repositories: readonly KnownRepository[],
  { mirrors, declared, isComplete }: { mirrors: readonly Mirror[]; declared: readonly DeclaredPlace[]; isComplete: boolean },
): Wiring<Mirror> {
  const all = [...repositories, ...centralOf(repositories)];
  const servers = declared.flatMap(({ server }) => (server === undefined ? [] : [server]));
  const ids = new Set([...all.map(({ id }) => id), ...(isComplete ? [] : servers)]);
  const used = new Set<Mirror>(isComplete ? [] : mirrors);
  const direct: { id: string; place: Target }[] = [];
  for (const id of ids) {
    const named = all.filter((repository) => repository.id === id);
    const subjects = named.length > 0 ? named : [{ id, url: undefined }];
    const selected = subjects.map((repository) => selectMirror(repository, mirrors)).filter((mirror) => mirror !== undefined);
    for (const mirror of selected) used.add(mirror);
    // In the pattern of a mirror other characters have a meaning.
    if (!/^[\w.-]+$/.test(id)) continue;
    const place = selected.length > 0 ? undefined : placeOfAll(named, declared.filter(({ server }) => server === id));
    if (place !== undefined) direct.push({ id, place });
  }
  return { mirrors: mirrors.filter((mirror) => used.has(mirror) && mirror.place !== undefined), direct };
}

/** One mirror of an id leads all repositories of that name to one place: it must be the place of all of them. */
function placeOfAll(named: readonly KnownRepository[], declared: readonly DeclaredPlace[]): Target | undefined {
  if (named.some(({ isUsual }) => !isUsual)) return undefined;
  // What a service declares is only asked where nothing says where the repository is.
  const places = named.some(({ url }) => url !== undefined) ? named.map(({ place }) => place) : declared.map(({ target }) => target);
  const known = places.filter((place) => place !== undefined);
  const [place] = known;
  return known.length === places.length && place !== undefined && known.every((other) => sameTarget(other, place)) ? place : undefined;
}

/** What every project has, unless it says otherwise. */
function centralOf(repositories: readonly KnownRepository[]): KnownRepository[] {
  return (["repository", "plugins"] as const)
    .filter((kind) => !repositories.some((repository) => repository.kind === kind && repository.id === "central"))
    .map((kind) => ({ kind, id: "central", isUsual: true, url: CENTRAL, place: undefined }));
}

/** The places of a wiring, each once. */
export function placesOf({ mirrors, direct }: Wiring<KnownMirror>): Target[] {
  return distinct([...mirrors.flatMap(({ place }) => (place === undefined ? [] : [place])), ...direct.map(({ place }) => place)]);
}
