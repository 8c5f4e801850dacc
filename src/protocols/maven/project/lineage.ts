/** What a POM inherits: the values of properties, and what several POMs of a line say of one thing. */
import { firstOf, type Lookup } from "./interpolation.ts";
import type { Pom, Section } from "./pom.ts";
import { activity, type Activity } from "./profile.ts";
import type { ProfileChoice } from "../command-line.ts";

/** A part of a POM that counts, or may count. */
interface WeighedSection {
  readonly section: Section;
  readonly activity: Exclude<Activity, "inactive">;
}

/** What was found out of a POM: a parent is asked by each of its modules. */
interface Weighed {
  readonly choice: ProfileChoice;
  readonly sections: readonly WeighedSection[];
  /** All that the POM says of each property, and whether what comes after it is hidden for certain. */
  readonly properties: ReadonlyMap<string, { readonly values: Set<string>; isCertain: boolean }>;
}

const WEIGHED = new WeakMap<Pom, Weighed>();

function weighedOf(pom: Pom, choice: ProfileChoice): Weighed {
  const known = WEIGHED.get(pom);
  if (known?.choice === choice) return known;
  const sections = weigh(pom, choice);
  const properties = new Map<string, { values: Set<string>; isCertain: boolean }>();
  for (const { section, activity: weight } of sections) {
    for (const [name, value] of section.properties) {
      const said = properties.get(name) ?? { values: new Set<string>(), isCertain: false };
      properties.set(name, said);
      if (said.isCertain) continue;
      said.values.add(value);
      said.isCertain = weight === "active";
    }
  }
  const weighed = { choice, sections, properties };
  WEIGHED.set(pom, weighed);
  return weighed;
}

/** The sections of one POM, what wins first: active profiles, the last before the others; then those that may be; then the POM. */
export function sectionsOf(pom: Pom, choice: ProfileChoice): readonly WeighedSection[] {
  return weighedOf(pom, choice).sections;
}

function weigh(pom: Pom, choice: ProfileChoice): WeighedSection[] {
  const weighed = pom.profiles.map((profile) => ({ section: profile, activity: activity(profile, pom.profiles, choice) })).toReversed();
  const of = (wanted: "active" | "possible"): WeighedSection[] =>
    weighed.flatMap(({ section, activity: found }) => (found === wanted ? [{ section, activity: wanted }] : []));
  return [...of("active"), ...of("possible"), { section: pom.base, activity: "active" }];
}

/**
 * What a line of POMs says of one thing, the nearest first.
 *
 * @returns all that it may be: one value if that is certain, none if nothing is said
 */
export function candidates<Value>(poms: readonly Pom[], choice: ProfileChoice, pick: (section: Section) => Value | undefined): Value[] {
  const found: Value[] = [];
  for (const pom of poms) {
    for (const { section, activity: weight } of sectionsOf(pom, choice)) {
      const value = pick(section);
      if (value === undefined) continue;
      found.push(value);
      // What comes after it is hidden by it for certain.
      if (weight === "active") return found;
    }
  }
  return found;
}

/** The values of names for a line of POMs: `-D` before properties before the project's own fields. */
export function valuesOf(poms: readonly Pom[], { choice, lookup }: { choice: ProfileChoice; lookup: Lookup }): Lookup {
  const properties: Lookup = (name) => {
    const found = new Set<string>();
    for (const pom of poms) {
      const said = weighedOf(pom, choice).properties.get(name);
      for (const value of said?.values ?? []) found.add(value);
      if (found.size > 1) return undefined;
      if (said?.isCertain === true) break;
    }
    const [value] = found;
    return value;
  };
  return firstOf(lookup, properties, (name) => fieldOf(poms, name));
}

function fieldOf([pom]: readonly Pom[], name: string): string | undefined {
  const [, ofParent, field] = /^(?:project\.|pom\.)?(parent\.)?(groupId|artifactId|version)$/.exec(name) ?? [];
  if (pom === undefined || (field !== "groupId" && field !== "artifactId" && field !== "version")) return undefined;
  if (ofParent !== undefined) return pom.parent?.[field];
  return pom.coordinates[field] ?? (field === "artifactId" ? undefined : pom.parent?.[field]);
}
