/** Undoes how a body is compressed: what can't be read can't be looked through. */
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import type { Transform } from "node:stream";

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** Undefined for an encoding that is not known, or several on top of each other. */
export function decoderOf(encoding: string): Transform | undefined {
  return Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding]?.() : undefined;
}

/** Of the encodings that a client takes those that are known. */
export function knownEncodings(accepted: string): string {
  return accepted.split(",").filter((each) => Object.hasOwn(DECODERS, (each.split(";")[0] ?? "").trim().toLowerCase())).join(",");
}
