/** Files of /proc, of which several are read for each request. */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";

const AT_ONCE = Buffer.alloc(16 * 1024);

/**
 * The text of a file that the kernel writes in one piece, with each request: three system calls rather than five. Undefined if it can't be
 * read.
 */
export function readAtOnce(path: string): string | undefined {
  try {
    const file = openSync(path, "r");
    let bytes: number;
    try {
      bytes = readSync(file, AT_ONCE, 0, AT_ONCE.length, 0);
    } finally {
      closeSync(file);
    }
    return bytes < AT_ONCE.length ? AT_ONCE.toString("latin1", 0, bytes) : readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}
