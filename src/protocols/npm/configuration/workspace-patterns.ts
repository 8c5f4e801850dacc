/** The patterns by which a workspace names its members. Pure. */
import { asRecord } from "../../text/as-record.ts";

/** No pattern of a person's has more ways through its braces, or is longer, in characters. */
const MAX_WAYS = 100;
const MAX_WITH_BRACES = 1000;

/** What `workspaces` of a manifest names. */
export function workspacePatterns(manifest: Readonly<Record<string, unknown>>): string[] {
  const { workspaces } = manifest;
  const patterns = Array.isArray(workspaces) ? workspaces : asRecord(workspaces)["packages"];
  return Array.isArray(patterns) ? patterns.filter((pattern) => typeof pattern === "string") : [];
}

/** A pattern for each way through its braces: `{a,b}/*` is `a/*` and `b/*`. Of more ways than any honest pattern has, none. */
export function withoutBraces(pattern: string): string[] {
  if (!pattern.includes("{")) return [pattern];
  if (pattern.length > MAX_WITH_BRACES) return [];
  let ways = [pattern];
  for (;;) {
    const next = ways.flatMap((way) => {
      // The innermost first.
      const [whole, before = "", choices = "", after = ""] = /^(.*)\{([^{}]*,[^{}]*)\}(.*)$/.exec(way) ?? [];
      return whole === undefined ? [way] : choices.split(",").map((choice) => `${before}${choice}${after}`);
    });
    if (next.length > MAX_WAYS || next.length === ways.length) return next.length > MAX_WAYS ? [] : next;
    ways = next;
  }
}

/** Globs as far as workspaces use them: `*` within a segment, `**` across, braces. In time that no pattern can make long. */
export function matchesGlob(pattern: string, path: string): boolean {
  return withoutBraces(pattern).some((way) => matchesWay(way, path));
}

function matchesWay(pattern: string, path: string): boolean {
  const names = path.split("/");
  // How many of the names the segments so far can stand for.
  let reached = new Set([0]);
  for (const segment of pattern.split("/")) {
    if (segment === "" || segment === ".") continue;
    const next = new Set<number>();
    for (const count of reached) {
      const name = names[count];
      if (segment === "**") for (let more = count; more <= names.length; more += 1) next.add(more);
      else if (name !== undefined && matchesName(segment, name)) next.add(count + 1);
    }
    if (next.size === 0) return false;
    reached = next;
  }
  return reached.has(names.length);
}

/** A `*` takes as little as it can, and only the last one ever more: what an earlier one would take, it can. */
function matchesName(pattern: string, name: string): boolean {
  let [at, star, taken] = [0, -1, 0];
  for (let index = 0; index < name.length; ) {
    if (pattern[at] === "*") {
      star = at;
      taken = index;
      at += 1;
    } else if (pattern[at] === name[index]) {
      at += 1;
      index += 1;
    } else if (star === -1) return false;
    else {
      at = star + 1;
      taken += 1;
      index = taken;
    }
  }
  return /^\**$/.test(pattern.slice(at));
}
