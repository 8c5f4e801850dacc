/** TOML, as values. */
import { parse, TomlError, type TomlTable } from "smol-toml";
import { Failure } from "../../core/failure.ts";

/** @throws Failure `unavailable` with line and column; what the parser says is left out: it quotes the text */
export function readToml(text: string): TomlTable {
  try {
    return parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new Failure("unavailable", `line ${error.line}, column ${error.column}: it is not well-formed`);
  }
}

/** The value at a path of keys; undefined if there is none. */
export function tomlAt(table: TomlTable, path: readonly string[]): unknown {
  let value: unknown = table;
  for (const key of path) value = isTomlTable(value) ? value[key] : undefined;
  return value;
}

/** The table at a path of keys; an empty one if there is none. */
export function tableAt(table: TomlTable, ...path: readonly string[]): TomlTable {
  const value = tomlAt(table, path);
  return isTomlTable(value) ? value : {};
}

/** An array of texts; undefined for anything else. */
export function textsAt(table: TomlTable, path: readonly string[]): readonly string[] | undefined {
  const value = tomlAt(table, path);
  return Array.isArray(value) && value.every((each): each is string => typeof each === "string") ? value : undefined;
}

export function isTomlTable(value: unknown): value is TomlTable {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
