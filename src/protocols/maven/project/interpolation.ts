/** What Maven makes of `${…}`. */

const EXPRESSION = /\$\{([^${}]*)\}/g;
/** Properties that name each other must come to an end, and a hostile project's must not fill the memory. */
const MAX_ROUNDS = 20;
const MAX_EXPRESSIONS = 100;
const MAX_LENGTH = 4096;

/** The value of a name; undefined if it isn't known, or depends on what is not known. */
export type Lookup = (name: string) => string | undefined;

/** The text with all expressions replaced, those in values too; undefined if one of them is not known. */
export function interpolate(text: string, lookup: Lookup): string | undefined {
  let current = text;
  let expressions = 0;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    if (!current.includes("${")) return current;
    let unknown = false;
    current = current.replace(EXPRESSION, (_all, name: string) => {
      expressions += 1;
      const value = unknown || expressions > MAX_EXPRESSIONS ? undefined : lookup(name);
      if (value === undefined) unknown = true;
      return value ?? "";
    });
    if (unknown || current.length > MAX_LENGTH) return undefined;
  }
  return undefined;
}

/** Several lookups as one: the first that knows a name. */
export function firstOf(...lookups: readonly Lookup[]): Lookup {
  return (name) => {
    for (const lookup of lookups) {
      const value = lookup(name);
      if (value !== undefined) return value;
    }
    return undefined;
  };
}

/** `env.NAME`, and the few names of the JVM that settings use. */
export function surroundings(environment: Readonly<Record<string, string>>, home: string): Lookup {
  return (name) => {
    if (name === "user.home") return home;
    return name.startsWith("env.") ? environment[name.slice(4)] : undefined;
  };
}
