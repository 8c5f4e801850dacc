/** What a POM inherits: the values of properties, and what several POMs of a line say of one thing. */
import { firstOf, type Lookup } from "./interpolation.ts";
import type { Pom, Section } from "./pom.ts";
import { activity, type Activity } from "./profile.ts";
import type { ProfileChoice } from "./command-line.ts";

/** A part of a POM that counts, or may count. */
export interface WeighedSection {
  readonly section: Section;
  readonly activity: Exclude<Activity, "inactive">;
}

/** The sections of one POM, what wins first: active profiles, the last before the others; then those that may be; then the POM. */
export function sectionsOf(pom: Pom, choice: ProfileChoice): WeighedSection[] {
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
  return candidatesOf(poms.flatMap((pom) => sectionsOf(pom, choice)), pick);
}

function candidatesOf<Value>(sections: readonly WeighedSection[], pick: (section: Section) => Value | undefined): Value[] {
  const found: Value[] = [];
  for (const { section, activity: weight } of sections) {
    const value = pick(section);
    if (value === undefined) continue;
    found.push(value);
    // What comes after it is hidden by it for certain.
    if (weight === "active") break;
  }
  return found;
}

/** The values of names for a line of POMs: `-D` before properties before the project's own fields. */
export function valuesOf(poms: readonly Pom[], { choice, lookup }: { choice: ProfileChoice; lookup: Lookup }): Lookup {
  const sections = poms.flatMap((pom) => sectionsOf(pom, choice));
  const properties: Lookup = (name) => {
    const [value, ...others] = new Set(candidatesOf(sections, (section) => section.properties.get(name)));
    return others.length === 0 ? value : undefined;
  };
  return firstOf(lookup, properties, (name) => fieldOf(poms, name));
}

function fieldOf([pom]: readonly Pom[], name: string): string | undefined {
  const [, ofParent, field] = /^(?:project\.|pom\.)?(parent\.)?(groupId|artifactId|version)$/.exec(name) ?? [];
  if (pom === undefined || (field !== "groupId" && field !== "artifactId" && field !== "version")) return undefined;
  if (ofParent !== undefined) return pom.parent?.[field];
  return pom.coordinates[field] ?? (field === "artifactId" ? undefined : pom.parent?.[field]);
}
