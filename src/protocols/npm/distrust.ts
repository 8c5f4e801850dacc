/** What a project may not set where a token is handed over: who could read along is decided by the person. Pure. */
import type { Settings } from "./configuration/settings.ts";

/** Whom to trust, and other files that say so. The second form is for one registry: `//host/:cafile`. */
const OF_TRUST = /^(\/\/.*:)?(ca|cafile|cert|certfile|key|keyfile)$/;
const OTHER_FILES = new Set(["userconfig", "globalconfig", "npmrc-auth-file", "prefix", "cwd", "use-yarnrc"]);
const PROXY = /^(https?-?)?proxy$/i;
/** The credentials of a registry, with it as `//host/path/`. */
export const CREDENTIAL = /^(\/\/.*):(_authToken|_auth|_password|username|tokenHelper)$/i;

/** Settings of the project for whose sake nothing is given: `strict-ssl in /p/.npmrc`. */
export function distrusted(settings: readonly Settings[]): string[] {
  const found = settings
    .filter(({ ofProject }) => ofProject)
    .flatMap(({ source, values }) => [...values].filter(isDistrusted).map(([name]) => `${name} in ${source}`));
  return [...new Set(found)];
}

/** Proxies that the project names: to a registry without TLS they would read along. */
export function proxies(settings: readonly Settings[]): string[] {
  const found = settings
    .filter(({ ofProject }) => ofProject)
    .flatMap(({ source, values }) => [...values.keys()].filter((name) => PROXY.test(name)).map((name) => `${name} in ${source}`));
  return [...new Set(found)];
}

function isDistrusted([name, value]: readonly [string, string]): boolean {
  if (name === "strict-ssl") return value !== "true";
  return OF_TRUST.test(name) || OTHER_FILES.has(name);
}

/** The registries, as `//host/path/`, for which these settings hold credentials. */
export function credentialPlaces({ values }: Settings): string[] {
  return [...values.keys()].flatMap((key) => CREDENTIAL.exec(key)?.[1] ?? []);
}
