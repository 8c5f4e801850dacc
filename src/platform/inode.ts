import { lstatSync } from "node:fs";
import { systemErrorCode } from "../core/failure.ts";

/** What tells whether at a path there is still the same file or socket; undefined if there is none. */
export function inodeOf(path: string): number | undefined {
  try {
    return lstatSync(path).ino;
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT" || systemErrorCode(error) === "ENOTDIR") return undefined;
    throw error;
  }
}
