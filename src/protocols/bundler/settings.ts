/** Bundler's settings: in files, and in variables of the same names (`lib/bundler/settings.rb`). Pure. */

const PREFIX = "BUNDLE_";
/** Bundler reads no YAML, but each line by itself; its last `: ` ends the name (`lib/bundler/yaml_serializer.rb`). */
const LINE = /^( *)([^ ].*):(?=[ \t\r\f\v]|$) ?(["']?)(.*)\3$/s;

/** By setting, in small letters: `mirror.https://gems.acme.example/`. */
export type Settings = ReadonlyMap<string, string>;

/** The name that a setting has in files and as a variable. */
export function settingName(setting: string): string {
  return PREFIX + setting.replaceAll(".", "__").replaceAll("-", "___").toUpperCase();
}

/** The name of what Bundler logs in by, for one URL. Several URLs can have the same. */
export function loginName(url: string): string {
  return settingName(withSlash(url));
}

/** The setting that a name is for; undefined for what is none. Capitals are lost. */
export function settingOf(name: string): string | undefined {
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length).replaceAll("___", "-").replaceAll("__", ".").toLowerCase() : undefined;
}

/** Of a file. What is indented belongs to the line above, and is no setting. */
export function settingsIn(text: string): Settings {
  const lines = text.split(/\r?\n/).flatMap((line): [string, string | undefined][] => {
    const [, indent = "", name, quote, value] = LINE.exec(line) ?? [];
    if (name === undefined || indent.length > 1) return [];
    const whole = /https?:/i.test(name) && !name.endsWith("/") ? `${name}/` : name;
    return [[whole.replaceAll(".", "__").replaceAll("-", "___"), quote === "" && value === "" ? undefined : value]];
  });
  return settingsOf(lines);
}

/** Of several with one name the last. @param entries without a value where there is a list, which is for none that we read */
export function settingsOf(entries: readonly (readonly [name: string, value: string | undefined])[]): Settings {
  const found = new Map<string, string>();
  for (const [name, value] of entries) {
    const setting = settingOf(name);
    if (setting === undefined) continue;
    if (value === undefined) found.delete(setting);
    else found.set(setting, value);
  }
  return found;
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
