/** Tokens in plain text: in Cargo's `credentials.toml`, and in its configuration, which it takes them from as well. Pure. */
import { Secret } from "../../core/secret.ts";
import type { PlaintextSecret } from "../plaintext/plaintext-secret.ts";
import { lineAt } from "../plaintext/text-lines.ts";
import { isTomlTable, readToml, tableAt, tomlAt } from "../text/toml.ts";
import { tomlPlaces } from "../text/toml-places.ts";
import { CRATES_IO, targetOfIndex } from "./index-url.ts";
import { formatTarget } from "../../core/target.ts";

/** @throws Failure `unavailable` with line and column */
export function findInCargoFile(text: string): PlaintextSecret[] {
  const table = readToml(text);
  return tomlPlaces(text).entries.flatMap(({ path, start, piece }) => {
    const [first, name, key] = path.length === 2 ? [path[0], undefined, path[1]] : path;
    const isRegistry = path.length === 2 ? first === "registry" : first === "registries" && path.length === 3;
    const token = isRegistry && key === "token" ? tomlAt(table, path) : undefined;
    if (typeof token !== "string" || token === "") return [];
    const place = name === undefined ? { name: "crates.io", url: CRATES_IO } : { name, url: undefined };
    const found = { username: undefined, secret: new Secret(token), line: lineAt(text, start), stays: undefined, pieces: [piece] };
    return { tool: "cargo", ...place, ...found };
  });
}

/** The places of registries by their names, as a configuration has them. @throws Failure as `readToml` */
export function placesByName(text: string): Map<string, string> {
  const places = new Map<string, string>();
  for (const [name, registry] of Object.entries(tableAt(readToml(text), "registries"))) {
    const index = isTomlTable(registry) ? registry["index"] : undefined;
    const target = typeof index === "string" ? targetOfIndex(index) : undefined;
    if (target !== undefined) places.set(name, formatTarget(target));
  }
  return places;
}
