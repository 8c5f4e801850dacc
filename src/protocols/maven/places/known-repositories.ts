/** The repositories and mirrors of a situation, with their URLs resolved. */
import type { Target } from "../../../core/target.ts";
import { repositoriesToGet } from "./goal-places.ts";
import { interpolate, type Lookup } from "../project/interpolation.ts";
import { candidates, valuesOf } from "../project/lineage.ts";
import { isLocal, placeOf } from "./place.ts";
import type { Lineage } from "../project/project.ts";
import type { Repository } from "../project/repository.ts";
import { profilesInUse, type SettingsDocument, type SettingsMirror } from "../settings/settings-document.ts";
import type { Situation } from "../situation.ts";
import type { KnownMirror, KnownRepository } from "./wiring.ts";

/** A mirror, and whose it is: the user's is renamed, one of the machine repeated, one of the project left alone. */
export interface OwnedMirror extends KnownMirror {
  readonly owner: "user" | "machine" | "project";
  readonly mirror: SettingsMirror;
}

/** What is beyond these gets no token; no honest project has so many. */
const MAX_MIRRORS = 200;
/** Of the patterns of all mirrors, which every repository is compared with. */
const MAX_PATTERNS_LENGTH = 16_384;
const MAX_IDS = 200;
const MAX_REPOSITORIES = 2000;

/** In the order in which Maven asks them. */
export function knownMirrors(situation: Situation): OwnedMirror[] {
  const of = (owner: OwnedMirror["owner"], document: SettingsDocument | undefined): OwnedMirror[] =>
    (document?.mirrors ?? []).map((mirror) => ({
      owner,
      mirror,
      mirrorOf: mirror.mirrorOf,
      place:
        owner === "project" || mirror.isBlocked || !mirror.isUsual
          ? undefined
          : placeIn(situation, interpolate(mirror.url, situation.lookup)),
    }));
  let length = 0;
  return [...of("user", situation.settings), ...of("project", situation.projectSettings), ...of("machine", situation.globalSettings)]
    .slice(0, MAX_MIRRORS)
    .filter(({ mirrorOf }) => (length += mirrorOf.length) <= MAX_PATTERNS_LENGTH);
}

/** Those of the settings' profiles and of all POMs. What is hidden by another of its name is left out. */
export function knownRepositories(situation: Situation): KnownRepository[] {
  const { settings, projectSettings, project, commandLine, lookup } = situation;
  const ofSettings = [settings, projectSettings]
    .flatMap((document) => (document === undefined ? [] : profilesInUse(document, commandLine.profiles)))
    .flatMap(({ repositories }) => repositories)
    .map((repository) => resolved(situation, repository, lookup));
  const known = [...ofSettings, ...repositoriesToGet(commandLine).map((repository) => resolved(situation, repository, lookup))];
  for (const module of project.modules) {
    for (const repository of ofLineage(situation, module)) {
      if (known.length >= MAX_REPOSITORIES) return known.slice(0, MAX_REPOSITORIES);
      known.push(repository);
    }
  }
  return known.slice(0, MAX_REPOSITORIES);
}

function* ofLineage(situation: Situation, { poms }: Lineage): Generator<KnownRepository> {
  const choice = situation.commandLine.profiles;
  const values = valuesOf(poms, { choice, lookup: situation.lookup });
  const all = poms.flatMap(({ base, profiles }) => [base, ...profiles]).flatMap(({ repositories }) => repositories);
  const keys = new Map(all.map(({ kind, id }) => [`${kind} ${id}`, { kind, id }]));
  for (const { kind, id } of [...keys.values()].slice(0, MAX_IDS)) {
    const named = candidates(poms, choice, ({ repositories }) =>
      repositories.find((repository) => repository.kind === kind && repository.id === id),
    );
    for (const repository of named) yield resolved(situation, repository, values);
  }
}

function resolved(situation: Situation, { kind, id, url, isUsual }: Repository, values: Lookup): KnownRepository {
  const known = interpolate(url, values);
  return { kind, isUsual, id: interpolate(id, values) ?? id, url: known, place: placeIn(situation, known) };
}

/** As `placeOf`; what is not encrypted gets none where the project has a say in the way it takes. */
export function placeIn({ isRerouted }: Pick<Situation, "isRerouted">, url: string | undefined): Target | undefined {
  const place = placeOf(url);
  return place !== undefined && isRerouted && isLocal(place) && place.scheme === "http" ? undefined : place;
}
