import { parse, TomlError, type TomlTable } from "smol-toml";
import { Failure } from "../../core/failure.ts";
import { Secret } from "../../core/secret.ts";
import { reported, type PlaintextSecret } from "./plaintext-secret.ts";
import { lineAt } from "./text-lines.ts";

/** Cargo's `credentials.toml`. @throws Failure `unavailable` with line and column */
export function findInCargoCredentials(text: string): PlaintextSecret[] {
  const document = readToml(text);
  const registries = Object.entries(tableAt(document, "registries"));
  return [["crates.io", tableAt(document, "registry")] as const, ...registries].flatMap(([name, registry]) => {
    const token = isTable(registry) ? registry["token"] : undefined;
    if (typeof token !== "string" || token === "") return [];
    // The parser doesn't tell where a value is. Cargo's tokens have no characters that would be written otherwise.
    const line = lineAt(text, Math.max(text.indexOf(token), 0));
    const stays = "not served";
    return [reported({ tool: "cargo", name, url: undefined, username: undefined, secret: new Secret(token), line, stays })];
  });
}

function readToml(text: string): TomlTable {
  try {
    return parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new Failure("unavailable", `line ${error.line}, column ${error.column}: it is not well-formed`);
  }
}

function tableAt(table: TomlTable, key: string): TomlTable {
  const value = table[key];
  return isTable(value) ? value : {};
}

function isTable(value: unknown): value is TomlTable {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
