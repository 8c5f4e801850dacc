/** YAML with the places of what is in it. Not for JSON that is cut (`json.ts`): a comma may be left at the end of a flow mapping. */
import { isMap, isScalar, Lexer, LineCounter, parseDocument, Parser, type Pair, type YAMLMap } from "yaml";
import { Failure } from "../../core/failure.ts";
import { isTooDeep } from "../text/yaml-depth.ts";
import type { Piece } from "./plaintext-secret.ts";

/** One key of a mapping, with its value and the piece of the text that it is. */
export interface Entry {
  readonly key: string;
  readonly value: Mapping | string | undefined;
  readonly start: number;
  readonly piece: Piece;
}

export type Mapping = readonly Entry[];

/**
 * The mapping that a document is; an empty one if it is something else.
 *
 * @throws Failure `unavailable` with line and column. What the parser says is left out: it quotes the text.
 */
export function readYaml(text: string): Mapping {
  if (isTooDeep({ Lexer, Parser }, text)) throw new Failure("unavailable", "line 1, column 1: it is nested too deeply");
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, logLevel: "silent" });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new Failure(
      "unavailable",
      `line ${line}, column ${col}: it is not well-formed (${error.code.toLowerCase().replaceAll("_", " ")})`,
    );
  }
  return isMap(document.contents) ? readMapping(document.contents) : [];
}

/** The mapping below a key; an empty one if there is none. */
export function mappingAt(mapping: Mapping, key: string): Mapping {
  const value = mapping.findLast((entry) => entry.key === key)?.value;
  return typeof value === "object" ? value : [];
}

/** The text below a key. */
export function textAt(mapping: Mapping, key: string): string | undefined {
  const value = mapping.findLast((entry) => entry.key === key)?.value;
  return typeof value === "string" ? value : undefined;
}

function readMapping(mapping: YAMLMap): Mapping {
  const items = mapping.items.filter((pair) => isScalar(pair.key));
  return items.map((pair, index) => {
    const own = rangeOf(pair);
    const before = items[index - 1];
    const after = items[index + 1];
    return { key: keyOf(pair), value: valueOf(pair), start: own.start, piece: mapping.flow === true ? inFlow(own, before, after) : own };
  });
}

// In `{a: 1, b: 2}` the comma goes, too: the one behind, or for the last one the one before.
function inFlow(own: Piece, before: Pair | undefined, after: Pair | undefined): Piece {
  if (after !== undefined) return { start: own.start, end: rangeOf(after).start };
  return before === undefined ? own : { start: rangeOf(before).end, end: own.end };
}

function rangeOf({ key, value }: Pair): Piece {
  const [start, keyEnd] = (isScalar(key) && key.range) || [0, 0];
  const node = value as { range?: readonly [number, number, number] | null } | null;
  return { start, end: node?.range?.[1] ?? keyEnd };
}

function keyOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : "";
}

function valueOf({ value }: Pair): Entry["value"] {
  if (isMap(value)) return readMapping(value);
  if (!isScalar(value) || value.value === null) return undefined;
  return typeof value.value === "string" ? value.value : value.source;
}
