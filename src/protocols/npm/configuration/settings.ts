/** The settings of a client of npm registries, by where they come from. Pure. */
import { readNpmrc, expandVariables } from "./npmrc.ts";

/** What one place sets. */
export interface Settings {
  /** A path, `the environment`, `the command line`, `toolkey`. */
  readonly source: string;
  /** Whether it came with the project, and so may be anybody's. */
  readonly ofProject: boolean;
  /** Names as in `.npmrc`: `registry`, `@acme:registry`, `strict-ssl`. */
  readonly values: ReadonlyMap<string, string>;
}

/** A registry that a client asks. */
export interface Registry {
  readonly url: string;
  /** `@acme`; undefined for the one of all other packages. */
  readonly scope: string | undefined;
  readonly source: string;
}

export function npmrcSettings(
  { path, text }: { readonly path: string; readonly text: string },
  ofProject: boolean,
  environment: Readonly<Record<string, string>>,
): Settings {
  const values = new Map(readNpmrc(text).map(({ key, value }) => [expandVariables(key, environment), expandVariables(value, environment)]));
  return { source: path, ofProject, values };
}

/**
 * Settings in variables: `npm_config_strict_ssl`, in any letter case.
 *
 * @param prefix in lower case, with its final underscore
 */
export function environmentSettings(prefix: string, environment: Readonly<Record<string, string>>): Settings {
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(environment)) {
    if (value === "" || !name.toLowerCase().startsWith(prefix)) continue;
    const key = name.slice(prefix.length);
    // As npm does: names of a registry's settings are left as they are, an underscore that begins a name stays.
    values.set(key.startsWith("//") ? key : key.replace(/(?!^)_/g, "-").toLowerCase(), value);
  }
  return { source: "the environment", ofProject: false, values };
}

/** Settings on the command line, up to `--`: `--registry URL`, `--registry=URL`, `--config.registry=URL`. */
export function commandLineSettings(given: readonly string[]): Settings {
  const values = new Map<string, string>();
  const end = given.indexOf("--");
  const options = end === -1 ? given : given.slice(0, end);
  options.forEach((option, index) => {
    const [, name, value] = /^--(?:config\.)?([^=]+)(?:=(.*))?$/s.exec(option) ?? [];
    const next = options[index + 1];
    if (name === undefined) return;
    if (value !== undefined) values.set(name, value);
    else values.set(name, next === undefined || next.startsWith("-") ? "true" : next);
  });
  return { source: "the command line", ofProject: false, values };
}

/**
 * The registries that are asked: of each name the first setting counts.
 *
 * @param fallback for packages for which nothing else is said
 */
export function registriesInForce(settings: readonly Settings[], fallback: string): Registry[] {
  const found = new Map<string | undefined, Registry>();
  for (const { source, values } of settings) {
    for (const [key, url] of values) {
      const [, scope] = /^(@[^:]*):registry$/.exec(key) ?? [];
      if ((key === "registry" || scope !== undefined) && url !== "" && !found.has(scope)) found.set(scope, { url, scope, source });
    }
  }
  if (!found.has(undefined)) found.set(undefined, { url: fallback, scope: undefined, source: "the default" });
  return [...found.values()];
}

/** The first value of a setting. */
export function settingOf(settings: readonly Settings[], name: string): string | undefined {
  return settings.find(({ values }) => values.has(name))?.values.get(name);
}
