/** What is wrong in `config.toml`, for people: the line, the key, and what may be there. Pure. */
import { parse, TomlError } from "smol-toml";
import * as z from "zod/mini";
import { Failure } from "../../core/failure.ts";
import { IN_WORDS } from "../../platform/setting-forms.ts";

/** How often a line is looked for by reading the text up to it. */
const MAX_LOOKS = 50;

interface Document {
  readonly value: unknown;
  readonly text: string;
  readonly file: string;
}

/** The first issue with a document as a failure. */
export function faultOf(schema: z.ZodMiniType, issue: z.core.$ZodIssue | undefined, { value, text, file }: Document): Failure {
  const path = issue?.path ?? [];
  if (issue?.code === "unrecognized_keys") {
    const key = [...path, ...issue.keys.slice(0, 1)];
    const allowed = formOf(schemaAt(schema, path));
    return new Failure("usage", `${file}${lineOf(text, key)}: ${named(key)} is not a setting`, {
      hint: `${path.length === 0 ? "the file" : named(path)} is ${allowed}`,
    });
  }
  const allowed = formOf(schemaAt(schema, path));
  if (valueAt(value, path) === undefined) {
    return new Failure("usage", `${file}${lineOf(text, path.slice(0, -1))}: ${named(path)} is missing`, {
      hint: `${named(path)} is ${allowed}`,
    });
  }
  if (issue?.code === "invalid_key") {
    return new Failure("usage", `${file}${lineOf(text, path)}: ${named(path)} is no name for it`, {
      hint: "a name has small letters, digits and '-', and begins with a letter",
    });
  }
  return new Failure("usage", `${file}${lineOf(text, path)}: ${named(path)} has the wrong form`, { hint: `${named(path)} is ${allowed}` });
}

/**
 * The line in which something is said, as `, line N`; empty if that can't be told. The reader of TOML does not say it, so the text is
 * read up to each line that may be it.
 */
export function lineOf(text: string, path: readonly PropertyKey[]): string {
  const key = path.findLast((part) => typeof part === "string");
  if (key === undefined) return "";
  const lines = text.split("\n");
  const candidates = lines.flatMap((line, index) => (line.includes(key) ? [index + 1] : []));
  const found = candidates.slice(0, MAX_LOOKS).find((line) => valueAt(readable(lines.slice(0, line).join("\n")), path) !== undefined);
  return found === undefined ? "" : `, line ${found}`;
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

function named(path: readonly PropertyKey[]): string {
  return path.map(String).join(".");
}
