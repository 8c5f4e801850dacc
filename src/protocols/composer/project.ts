/** What a `composer.json` and its lock file say of servers, and of whom to trust. Pure. */

type Json = Readonly<Record<string, unknown>>;

/** Whom to trust: of `config`, what it has to be so that nothing is said by it. */
const OF_TRUST: Readonly<Record<string, unknown>> = { "secure-http": true, "disable-tls": false, cafile: undefined, capath: undefined };
/** Options of a repository, and of a package in a lock file, which PHP's streams take. */
const OPTIONS: ReadonlySet<string> = new Set(["options", "transport-options"]);
const MOST_DEEP = 50;

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

/** The URLs that a lock file has archives and repositories from. */
export function lockedUrls(lock: Json): string[] {
  const packages = ["packages", "packages-dev"].flatMap((name) => (Array.isArray(lock[name]) ? lock[name] : []));
  return packages
    .flatMap((each) => ["dist", "source"].map((name) => asRecord(asRecord(each)[name])["url"]))
    .filter((url): url is string => typeof url === "string");
}

/** What it says of trust, as people are told of it: `secure-http`, `ssl in options`. */
export function trustSettings(document: Json): string[] {
  const config = asRecord(document["config"]);
  const own = Object.keys(OF_TRUST).filter((name) => name in config && config[name] !== OF_TRUST[name]);
  return [...new Set([...own, ...inOptions(document, 0)])];
}

/**
 * Hosts that it takes for a GitLab of its own. To every host with a name that one of these begins with, Composer sends what is for the
 * longer one (its `Url::getOrigin`).
 */
export function gitlabDomains(document: Json): string[] {
  const domains = asRecord(document["config"])["gitlab-domains"];
  return Array.isArray(domains) ? domains.filter((domain): domain is string => typeof domain === "string") : [];
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
