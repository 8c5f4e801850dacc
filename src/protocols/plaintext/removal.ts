import type { Piece } from "./plaintext-secret.ts";
import { linesOf } from "./text-lines.ts";

/**
 * A text without some pieces of it. A line of which only white space would be left goes as a whole; every
 * other character stays as it is.
 */
export function withoutPieces(text: string, pieces: readonly Piece[]): string {
  const merged = merge(pieces);
  const [first] = linesOf(text);
  let result = text.slice(0, first?.start ?? text.length);
  for (const { start, end, next } of linesOf(text)) {
    const cut = merged.filter((piece) => piece.start < next && piece.end > start);
    if (cut.length === 0) {
      result += text.slice(start, next);
      continue;
    }
    const isBlank = kept(text, { start, end }, cut).trim() === "";
    if (!isBlank) result += kept(text, { start, end: next }, cut);
  }
  return result;
}

function kept(text: string, within: Piece, cut: readonly Piece[]): string {
  let result = "";
  let at = within.start;
  for (const { start, end } of cut) {
    result += text.slice(at, Math.max(at, Math.min(start, within.end)));
    at = Math.max(at, Math.min(end, within.end));
  }
  return result + text.slice(at, within.end);
}

function merge(pieces: readonly Piece[]): Piece[] {
  const merged: Piece[] = [];
  for (const piece of pieces.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last !== undefined && piece.start <= last.end)
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, piece.end) };
    else merged.push(piece);
  }
  return merged;
}
