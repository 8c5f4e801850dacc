import { isatty } from "node:tty";
import { tell } from "../tell.ts";

/** How long a person waits without asking himself what for, in milliseconds. */
const SILENT_MS = 5_000;

/** Says what is waited for, if that takes long and somebody sees it. */
export function sayIfLong<T>(work: Promise<T>, what: string): Promise<T> {
  const timer = setTimeout(() => {
    if (isatty(2)) tell([`waiting for ${what}`]);
  }, SILENT_MS);
  return work.finally(() => clearTimeout(timer));
}
