/** Which registries a command of Cargo's asks: those of its configuration, of manifests, and of the lock file. */
import { dirname, join, resolve } from "node:path";
import { Failure } from "../../core/failure.ts";
import { formatTarget, type Target } from "../../core/target.ts";
import { findTexts, upwards, type FoundText } from "../project-texts.ts";
import { readToml, textsAt } from "../text/toml.ts";
import type { ReadText, RunRequest } from "../tool-protocol.ts";
import { CRATES_IO, isSparse, targetOfIndex } from "./index-url.ts";
import { registries, settingAt, type Settings } from "./configuration.ts";
import type { CargoWords } from "./words.ts";

/** The URL of an index, and what the configuration calls it. */
export interface Index {
  readonly url: string;
  readonly name: string | undefined;
  /** Whether the project itself says that it needs it. */
  readonly isUsed: boolean;
}

/** With the place of its token. */
export type Placed = Index & { readonly target: Target };

/** Those that Cargo asks by HTTP, each once by its URL, but crates.io, which wants no token for reading. */
export async function indexesOf(
  request: RunRequest,
  { manifest }: CargoWords,
  settings: readonly Settings[],
  read: ReadText,
): Promise<Placed[]> {
  const start = manifest === undefined ? request.directory : dirname(resolve(request.directory, manifest));
  const texts = await findTexts(upwards(start).flatMap((place) => ["Cargo.toml", "Cargo.lock"].map((name) => join(place, name))), read);
  const named = registries(settings, request.environment);
  const used = new Set(texts.flatMap((file) => namedIn(file, named)));
  const names = new Map([...named].map(([name, url]) => [url, name]).toReversed() as [string, string][]);
  return [...new Set([...named.values(), ...used])].flatMap((url) => {
    const target = isSparse(url) ? targetOfIndex(url) : undefined;
    if (target === undefined || formatTarget(target) === CRATES_IO) return [];
    return { url, target, name: names.get(url), isUsed: used.has(url) };
  });
}

/** The registry that a command names; crates.io if it names none. Undefined for a name that nothing has, or an index without a place. */
export async function namedIndex(
  request: RunRequest,
  { index, registry, command, manifest }: CargoWords,
  settings: readonly Settings[],
  read: ReadText,
): Promise<Placed | undefined> {
  if (index !== undefined) return placed(index, undefined);
  const fallback = settingAt(settings, "registry", "default") ?? request.environment["CARGO_REGISTRY_DEFAULT"];
  const published = command === "publish" ? await publishedTo(resolve(request.directory, manifest ?? "Cargo.toml"), read) : undefined;
  const name = registry ?? published ?? (typeof fallback === "string" ? fallback : undefined);
  if (name === undefined || name === "crates-io") return placed(CRATES_IO, undefined);
  const named = registries(settings, request.environment);
  const url = named.get(name) ?? named.get(name.toUpperCase().replaceAll("-", "_"));
  return url === undefined ? undefined : placed(url, name);
}

function placed(url: string, name: string | undefined): Placed | undefined {
  const target = targetOfIndex(url);
  return target === undefined ? undefined : { url, name, target, isUsed: true };
}

/** `registry = "acme"` and `registry-index = "…"` of a dependency; the source of a package in the lock file. */
function namedIn({ text }: FoundText, named: ReadonlyMap<string, string>): string[] {
  return [...text.matchAll(/\b(registry|registry-index|source)["']?\s*=\s*(?:"([^"\\\n]+)"|'([^'\n]+)')/g)].flatMap(
    ([, key, basic, literal]) => {
      const value = basic ?? literal ?? "";
      return key === "registry" ? (named.get(value) ?? []) : key === "registry-index" || value.startsWith("sparse+") ? value : [];
    },
  );
}

/** The one registry that a package may be published to. */
async function publishedTo(path: string, read: ReadText): Promise<string | undefined> {
  const text = await read(path);
  try {
    const allowed = text === undefined ? undefined : textsAt(readToml(text), ["package", "publish"]);
    return allowed?.length === 1 ? allowed[0] : undefined;
  } catch (error) {
    // Cargo says so itself.
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
