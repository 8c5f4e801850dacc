/** Where tokens are made or listed: closed to every phantom, since what comes back there would be a real token. Pure. */
import { NO_REGISTRY, TOKEN_ENDPOINTS, TOKEN_WORDS } from "../../issuers/token-endpoints.ts";

const KNOWN = sequences(TOKEN_ENDPOINTS);
const OF_NO_REGISTRY = sequences(NO_REGISTRY);

/** @param segments of the path at the upstream, decoded */
export function isClosedToScripts(segments: readonly string[]): boolean {
  const parts = partsOf(segments);
  return hasAny(parts, KNOWN) || parts.some((part) => TOKEN_WORDS.test(withoutSuffix(part)));
}

/** The same for what asks registries of npm. */
export function isClosedToRegistries(segments: readonly string[]): boolean {
  const parts = partsOf(segments);
  return hasAny(parts, KNOWN) || hasAny(parts, OF_NO_REGISTRY);
}

function sequences(paths: readonly string[]): readonly (readonly string[])[] {
  return paths.map((path) => path.split("/"));
}

/** What most segments are: the parts of which are themselves. */
const PLAIN = /^[a-z0-9-]+$/;

function partsOf(segments: readonly string[]): string[] {
  return segments.flatMap((segment) => (PLAIN.test(segment) ? segment : segment.normalize("NFKC").toLowerCase().split("/").map(bare)));
}

/** Loops, since functions for each sequence at each part were most of what a request leaves behind. */
function hasAny(parts: readonly string[], known: readonly (readonly string[])[]): boolean {
  for (const sequence of known)
    for (let at = 0; at + sequence.length <= parts.length; at += 1) if (isAt(at, parts, sequence)) return true;
  return false;
}

function isAt(at: number, parts: readonly string[], sequence: readonly string[]): boolean {
  for (let index = 0; index < sequence.length; index += 1) if (!matches(sequence[index] ?? "", parts[at + index] ?? "")) return false;
  return true;
}

/** Some servers cut off what follows a semicolon, and some spaces and dots at the end. */
function bare(part: string): string {
  return part.replace(/;.*$/s, "").replace(/[\s.]+$/, "");
}

function matches(expected: string, part: string): boolean {
  if (part === "") return false;
  if (expected === "*") return part !== "-";
  return expected.startsWith("!") ? part !== expected.slice(1) : part === expected || withoutSuffix(part) === expected;
}

/** `token.json` is `token` to servers that take the form of an answer from there. */
function withoutSuffix(part: string): string {
  return part.includes(".") ? part.replace(/\.[a-z]{2,5}$/, "") : part;
}
