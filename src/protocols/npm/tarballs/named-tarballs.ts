/** The tarballs that a project names by URL: in its lock files, and where a dependency is one. Pure. */
import { origin, parseTarget, type Target } from "../../../core/target.ts";
import type { ProjectText } from "../../text/named-hosts.ts";
import { asRecord } from "../../text/as-record.ts";
import { manifestOf } from "../configuration/manifest.ts";

/** A place without TLS or with it, and the path as a URL has it. */
interface NamedTarball {
  readonly target: Target;
  readonly path: string;
}

const DEPENDENCIES = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "overrides"];
/** Of package-lock.json, and of the yarn.lock that npm takes where there is no other. */
const RESOLVED = /\bresolved"?:?\s*"(https?:[^"\s#]+)/g;
const URL_ALONE = /^https?:\/\/\S+$/i;

/** No honest project has more; each request is held against them. */
const MAX_NAMED = 20_000;

/** Each URL once. */
export function tarballUrls(texts: readonly ProjectText[], words: readonly string[]): URL[] {
  const named = [
    ...texts.flatMap((text) => (text.path.endsWith("/package.json") ? dependencyUrls(text) : lockedUrls(text))),
    ...words.filter((word) => URL_ALONE.test(word)),
  ];
  return [...new Set(named)].slice(0, MAX_NAMED).flatMap((text) => (URL.canParse(text) ? new URL(text) : []));
}

/** Undefined for what is no place that a token could be bound to. */
export function namedTarball(url: URL): NamedTarball | undefined {
  try {
    return { target: parseTarget(`${url.origin}${url.pathname}`), path: url.pathname };
  } catch {
    return undefined;
  }
}

/** The host alone. */
export function hostOf(target: Target): Target {
  return parseTarget(origin(target));
}

function lockedUrls({ text }: ProjectText): string[] {
  return [...text.matchAll(RESOLVED)].map(([, url = ""]) => url);
}

function dependencyUrls({ text }: ProjectText): string[] {
  const manifest = manifestOf(text);
  return DEPENDENCIES.flatMap((kind) => urlsIn(manifest[kind], 3));
}

/** `overrides` nest. */
function urlsIn(value: unknown, depth: number): string[] {
  if (typeof value === "string") return URL_ALONE.test(value) ? [value] : [];
  return depth === 0 ? [] : Object.values(asRecord(value)).flatMap((inner) => urlsIn(inner, depth - 1));
}
