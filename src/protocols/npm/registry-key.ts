/** Under which name a client of npm registries looks for the token of a registry: `//host[:port]/path/`. Pure. */

import { withoutFinalSlashes } from "../text/final-slashes.ts";

/** The registry without its scheme, with a slash at the end. */
export function registryPlace(url: string): string {
  const { host, pathname } = new URL(url);
  return `//${host}${withoutFinalSlashes(pathname)}/`;
}

/** The same; undefined for what no line of `.npmrc` can begin with. */
export function registryKey(url: string): string | undefined {
  const key = registryPlace(url);
  return /^[!-~]+$/.test(key) && !/[=;#"'\\$`[\]]/.test(key) ? key : undefined;
}

/**
 * What npm makes of the URL itself before it publishes or tells who you are: for a path without a slash at
 * the end that is the level above. Undefined if it is the same key.
 */
export function keyAbove(url: string): string | undefined {
  const { host, pathname } = new URL(".", url);
  const key = `//${host}${pathname}`;
  return key === registryKey(url) ? undefined : key;
}
