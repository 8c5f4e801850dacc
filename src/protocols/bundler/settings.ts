/** Bundler's settings: in files, which are YAML, and in variables of the same names (`lib/bundler/settings.rb`). Pure. */
import { readYaml, type Entry } from "../plaintext/yaml.ts";

const PREFIX = "BUNDLE_";

/** By setting, in small letters: `mirror.https://gems.acme.example/`. */
export type Settings = ReadonlyMap<string, string>;

/** The name that a setting has in files and as a variable. */
export function settingName(setting: string): string {
  return PREFIX + setting.replaceAll(".", "__").replaceAll("-", "___").toUpperCase();
}

/** The setting that a name is for; undefined for what is none. Capitals are lost. */
export function settingOf(name: string): string | undefined {
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length).replaceAll("___", "-").replaceAll("__", ".").toLowerCase() : undefined;
}

/** @throws Failure as `readYaml` */
export function settingsIn(text: string): Settings {
  return settingsOf(readYaml(text).map(({ key, value }) => [key, value]));
}

export function settingsOf(entries: readonly (readonly [name: string, value: Entry["value"]])[]): Settings {
  return new Map(
    entries.flatMap(([name, value]): [string, string][] => {
      const setting = settingOf(name);
      return setting === undefined || typeof value !== "string" ? [] : [[setting, value]];
    }),
  );
}

/** Where a source is fetched from by the mirrors of these settings; undefined if it is not mirrored there. @param source as `withSlash` */
export function mirrorOf(settings: Settings, source: string): string | undefined {
  const url = source.toLowerCase();
  const found = ["all", url, url.replace(/\/$/, ""), new URL(url).hostname].map((name) => settings.get(`mirror.${name}`));
  const mirror = found.find((each) => each !== undefined);
  return mirror === undefined ? undefined : withSlash(mirror);
}

/** As Bundler writes the URL of a source. */
export function withSlash(url: string): string {
  return url.endsWith("/") ? url : `${url}/`;
}
