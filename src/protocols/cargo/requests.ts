/**
 * What Cargo asks a registry for: the files of its index, and crates. Where crates are the index says, which may be anywhere at its host;
 * so each request is told by its end. Publishing names the registry itself, and never goes through the gateway. Pure. Source:
 * https://doc.rust-lang.org/cargo/reference/registry-index.html
 */
import type { Rewrite, ToolRequests } from "../tool.ts";
import { leadCrates } from "./index-config.ts";
import { withoutForeignNames } from "./index-lines.ts";

const NAME = /^[a-z][\w-]{0,63}$/i;
const VERSION = /^\d+\.\d+\.\d+[\w.+-]*$/;
const CONFIG = "config.json";

export const CRATES: ToolRequests = {
  effectOf(method, segments) {
    if (method !== "GET" && method !== "HEAD") return undefined;
    return segments.at(-1) === CONFIG || isIndexFile(segments) || isCrate(segments) ? "reads" : undefined;
  },
  // Each request is of a form that nothing else has, and crates have names of all kinds.
  closed: "nothing",
  besidePlace: true,
  rewrite: (segments): Rewrite | undefined =>
    segments.at(-1) === CONFIG ? leadCrates : isIndexFile(segments) ? withoutForeignNames : undefined,
};

/** `1/a`, `2/ab`, `3/a/abc`, `ab/cd/abcd`. */
function isIndexFile(segments: readonly string[]): boolean {
  const name = segments.at(-1) ?? "";
  if (!NAME.test(name)) return false;
  const first = name.length > 3 ? name.slice(0, 2) : String(name.length);
  const before = name.length > 3 ? [first, name.slice(2, 4)] : name.length === 3 ? [first, name.slice(0, 1)] : [first];
  return segments.slice(-1 - before.length, -1).join("/").toLowerCase() === before.join("/").toLowerCase();
}

/** `NAME/VERSION/download`, or a file. */
function isCrate(segments: readonly string[]): boolean {
  const [name = "", version = "", last = ""] = segments.slice(-3);
  return (last === "download" && NAME.test(name) && VERSION.test(version)) || /^[\w.+-]+\.crate$/.test(segments.at(-1) ?? "");
}
