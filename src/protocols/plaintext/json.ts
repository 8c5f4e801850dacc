/** JSON with the places of what is in it, out of which entries are cut so that it is JSON still. */
import { findNodeAtLocation, getNodeValue, parseTree, type Node, type ParseError } from "jsonc-parser";
import { Failure } from "../../core/failure.ts";
import type { Piece } from "./plaintext-secret.ts";
import { placeAt } from "./text-lines.ts";

/** @returns undefined for an empty text. @throws Failure `unavailable` with line and column */
export function readJsonTree(text: string): Node | undefined {
  const plain = text.replace(/^\uFEFF/, " ");
  if (plain.trim() === "") return undefined;
  const errors: ParseError[] = [];
  const root = parseTree(plain, errors, { disallowComments: true });
  const [error] = errors;
  if (root === undefined || error !== undefined) throw new Failure("unavailable", `${placeAt(text, error?.offset ?? 0)}: it is not JSON`);
  return root;
}

/** The entries of an object or a list; none where there is neither. */
export function entriesAt(root: Node | undefined, ...path: string[]): readonly Node[] {
  const node = root === undefined ? undefined : findNodeAtLocation(root, path);
  return node?.type === "object" || node?.type === "array" ? (node.children ?? []) : [];
}

/** The key and the value of an entry of an object. */
export function keyAndValue({ children = [] }: Node): { readonly key: string; readonly value: Node | undefined } {
  const [key, value] = children;
  return { key: key === undefined ? "" : String(getNodeValue(key)), value };
}

/** The text below a key, or that of the node itself. */
export function textIn(node: Node | undefined, ...path: string[]): string | undefined {
  const found = node === undefined ? undefined : findNodeAtLocation(node, path);
  return found?.type === "string" ? String(getNodeValue(found)) : undefined;
}

/** What goes away with each entry of an object or a list, if all those that are taken go: with a comma each, as long as others stay. */
export function entryPieces(text: string, all: readonly Node[], isTaken: (node: Node) => boolean): ReadonlyMap<Node, readonly Piece[]> {
  const taken = all.map(isTaken);
  return new Map(
    all.map((node, index) => {
      const own = { start: node.offset, end: endOf(node) };
      const [before, after] = [all[index - 1], all[index + 1]];
      const staysBefore = taken.slice(0, index).includes(false);
      if (before !== undefined && staysBefore) {
        const start = endOf(before);
        return [node, isOneLine(text, start, own.start) ? [{ start, end: own.end }] : [{ start, end: commaAfter(text, before) }, own]];
      }
      if (after === undefined) return [node, [own]];
      return [node, [{ start: own.start, end: isOneLine(text, own.end, after.offset) ? after.offset : commaAfter(text, node) }]];
    }),
  );
}

function isOneLine(text: string, start: number, end: number): boolean {
  return !text.slice(start, end).includes("\n");
}

function endOf({ offset, length }: Node): number {
  return offset + length;
}

/** Behind the comma. */
function commaAfter(text: string, node: Node): number {
  return text.indexOf(",", endOf(node)) + 1;
}
