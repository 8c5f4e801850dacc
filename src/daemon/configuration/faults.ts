/** What is wrong in `config.toml`, for people: the line, the key, and what may be there. Pure. */
import { parse, TomlError } from "smol-toml";
import * as z from "zod/mini";
import type { ConfigurationFault } from "../../core/views/configuration.ts";
import { IN_WORDS } from "../../platform/setting-forms.ts";
import { FIXED } from "./settings.ts";

/** How often the lines of a file are looked for by reading the text up to them. */
const MAX_LOOKS = 50;

/** A file, for people. */
export interface Located {
  readonly file: string;
  /** The line in which something is said; undefined if that can't be told, or would take too long. */
  readonly lineOf: (path: readonly PropertyKey[]) => number | undefined;
}

/** What is wrong with a setting, or with the whole file. */
export interface Fault {
  /** Its name, or that of its table; empty for the whole file. */
  readonly setting: string;
  readonly line: number | undefined;
  /** With file and line. */
  readonly what: string;
  readonly hints: readonly string[];
  readonly kind: ConfigurationFault["kind"];
}

/** @param path of what is wrong, which may be deeper than the setting */
export function faultAt(path: readonly PropertyKey[], { file, lineOf }: Located, what: string, hints: readonly string[]): Fault {
  const line = lineOf(path);
  return { setting: settingAt(path), line, what: `${file}${line === undefined ? "" : `, line ${line}`}: ${what}`, hints, kind: "fault" };
}

/** What is wrong at a path of a document. @param issue with it, or with the table of which its name is none */
export function faultOf(
  schema: z.ZodMiniType,
  path: readonly PropertyKey[],
  issue: z.core.$ZodIssue,
  value: unknown,
  place: Located,
): Fault {
  const allowed = (at: readonly PropertyKey[]): string => `${at.length === 0 ? "the file" : named(at)} is ${formOf(schemaAt(schema, at))}`;
  if (issue.code === "unrecognized_keys") {
    return named(path) === FIXED
      ? faultAt(path, place, `${FIXED} is not a setting of your own file`, ["it is for the system's"])
      : faultAt(path, place, `${named(path)} is not a setting`, [allowed(issue.path)]);
  }
  if (valueAt(value, path) === undefined) {
    return { ...faultAt(path.slice(0, -1), place, `${named(path)} is missing`, [allowed(path)]), setting: settingAt(path) };
  }
  if (issue.code === "invalid_key") {
    return faultAt(path, place, `${named(path)} is no name for it`, ["a name has small letters, digits and '-', and begins with a letter"]);
  }
  return faultAt(path, place, `${named(path)} has the wrong form`, [allowed(path)]);
}

/** A setting is a table's, and has what is below it. */
function settingAt(path: readonly PropertyKey[]): string {
  return named(path.slice(0, 2));
}

/** @param file its path. The reader of TOML tells no lines, so the text is read up to each line that may be it. */
export function located(file: string, text: string): Located {
  const lines = text.split("\n");
  let looks = 0;
  const lineOf: Located["lineOf"] = (path) => {
    const key = path.findLast((part) => typeof part === "string");
    if (key === undefined || looks >= MAX_LOOKS) return undefined;
    const index = lines.findIndex((line, at) => {
      if (looks >= MAX_LOOKS || !line.includes(key)) return false;
      looks += 1;
      return valueAt(readable(lines.slice(0, at + 1).join("\n")), path) !== undefined;
    });
    return index === -1 ? undefined : index + 1;
  };
  return { file, lineOf };
}

function readable(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof TomlError) return undefined;
    throw error;
  }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null && Object.hasOwn(inner, key) ? (inner as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}

function schemaAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): z.core.$ZodType | undefined {
  const definition = definitionOf(schema);
  if (definition.type === "union" && path.length > 0) {
    return definition.options.map((option) => schemaAt(option, path)).find((inner) => inner !== undefined);
  }
  const [key, ...rest] = path;
  if (key === undefined) return schema;
  const inner =
    definition.type === "object"
      ? definition.shape[String(key)]
      : definition.type === "record"
        ? definition.valueType
        : definition.type === "array"
          ? definition.element
          : undefined;
  return inner === undefined ? undefined : schemaAt(inner, rest);
}

/** What a value of it looks like. */
function formOf(schema: z.core.$ZodType | undefined): string {
  if (schema === undefined) return "something else";
  const known = IN_WORDS.get(unwrapped(schema));
  if (known !== undefined) return known;
  const definition = definitionOf(schema);
  switch (definition.type) {
    case "object":
      return `a table of ${Object.keys(definition.shape).join(", ")}`;
    case "record":
      return "a table of names with their values";
    case "array":
      return `a list, in brackets, of which each is ${formOf(definition.element)}`;
    case "union":
      return definition.options.map(formOf).join(", or ");
    case "boolean":
      return "true or false";
    case "enum":
      return `one of ${Object.values(definition.entries).map((value) => `"${value}"`).join(", ")}`;
    default:
      return 'text in quotes: "…"';
  }
}

function definitionOf(schema: z.core.$ZodType): z.core.$ZodTypes["_zod"]["def"] {
  return (unwrapped(schema) as z.core.$ZodTypes)._zod.def;
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  const definition = (schema as z.core.$ZodTypes)._zod.def;
  return definition.type === "optional" || definition.type === "default" ? unwrapped(definition.innerType) : schema;
}

/** Nothing in a name may end a line or turn it around. */
function named(path: readonly PropertyKey[]): string {
  return path.map(String).join(".").replace(/[\p{Cc}\p{Cf}]/gu, "?");
}
