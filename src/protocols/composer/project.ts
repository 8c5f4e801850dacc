/** What a `composer.json` and its lock file say of servers, and of whom to trust. Pure. */

type Json = Readonly<Record<string, unknown>>;

/** Whom to trust: of `config`, what it has to be so that nothing is said by it. */
const OF_TRUST: Readonly<Record<string, unknown>> = { "secure-http": true, "disable-tls": false, cafile: undefined, capath: undefined };
/** Options of a repository, and of a package in a lock file, which PHP's streams take. */
const OPTIONS: ReadonlySet<string> = new Set(["options", "transport-options"]);
const MOST_DEEP = 50;
/** What in a package or a lock file is for people. */
const FOR_PEOPLE: ReadonlySet<string> = new Set(["funding", "support", "authors", "homepage"]);

/** The object that a text is; an empty one for what is none. Composer itself says what is wrong with it. */
export function readJson(text: string | undefined): Json {
  try {
    return asRecord(JSON.parse((text ?? "{}").replace(/^\uFEFF/, "")));
  } catch {
    return {};
  }
}

/** The URLs of the repositories that it names. */
export function repositoriesOf({ repositories }: Json): string[] {
  const all = Array.isArray(repositories) ? repositories : Object.values(asRecord(repositories));
  return all.map((repository) => asRecord(repository)["url"]).filter((url): url is string => typeof url === "string");
}

/** All URLs that something may be fetched from, at whatever depth: of repositories, archives, their mirrors. */
export function fetchedUrls(value: unknown, depth = 0): string[] {
  if (typeof value !== "object" || value === null || depth > MOST_DEEP) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    if (FOR_PEOPLE.has(name)) return [];
    return name === "url" && typeof inner === "string" ? [inner] : fetchedUrls(inner, depth + 1);
  });
}

/** Packages that it lists, with where each has its source. */
export function sourcesOf(document: Json): { readonly name: string; readonly url: string; readonly isUsed: boolean }[] {
  return ["packages", "packages-dev"]
    .flatMap((list) => (Array.isArray(document[list]) ? document[list] : []))
    .map(asRecord)
    .flatMap(({ name, source, dist, "installation-source": by }) => {
      const url = asRecord(source)["url"];
      if (typeof url !== "string") return [];
      return [{ name: String(name), url, isUsed: typeof asRecord(dist)["url"] !== "string" || by === "source" }];
    });
}

/** The URLs of repositories that Composer has a program of version control fetch. */
export function versionedRepositories({ repositories }: Json): string[] {
  const all = Array.isArray(repositories) ? repositories : Object.values(asRecord(repositories));
  return all
    .map(asRecord)
    .filter(({ type }) => typeof type === "string" && !/^(composer|path|artifact|package|pear)$/.test(type))
    .flatMap(({ url }) => (typeof url === "string" ? [url] : []));
}

/** Whether it would rather have sources than archives. */
export function prefersSources(document: Json): boolean {
  const preferred = asRecord(document["config"])["preferred-install"] ?? "dist";
  const all = typeof preferred === "object" && preferred !== null ? Object.values(preferred) : [preferred];
  return all.some((each) => each !== "dist");
}

/** The directory of packages, as it names it; undefined for one that depends on variables. */
export function vendorOf(document: Json): string | undefined {
  const named = asRecord(document["config"])["vendor-dir"] ?? "vendor";
  return typeof named === "string" && !/[${}~]/.test(named) ? named : undefined;
}

/** What it says of trust, as people are told of it: `secure-http`, `ssl in options`. */
export function trustSettings(document: Json): string[] {
  const config = asRecord(document["config"]);
  const own = Object.keys(OF_TRUST).filter((name) => name in config && config[name] !== OF_TRUST[name]);
  return [...new Set([...own, ...inOptions(document, 0)])];
}

export function asRecord(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function inOptions(value: unknown, depth: number): string[] {
  if (typeof value !== "object" || value === null) return [];
  if (depth > MOST_DEEP) return ["what is nested too deeply"];
  return Object.entries(value).flatMap(([name, inner]) => {
    const options = OPTIONS.has(name) ? asRecord(inner) : {};
    const said = ["ssl", "http", "proxy"].filter((key) => key in options).map((key) => `${key} in ${name}`);
    return [...said, ...inOptions(inner, depth + 1)];
  });
}
