/** What holds for git clients that don't say which repository of a host they mean. */
import { origin, parseTarget } from "../../core/target.ts";

/** What such clients get at one host, and whether that is nothing. */
export interface WithoutPath {
  readonly host: string;
  readonly text: string;
  readonly getsNothing: boolean;
}

/** git itself is known by its remote helper's URL where the system shows processes; libgit2 and JGit have none. */
const WHO = process.platform === "linux" ? "programs without git's remote helper (libgit2, JGit)" : "git";

/** For each host that has active git tokens for parts of it. */
export function withoutPaths(tokens: readonly { readonly tool: string; readonly state: string; readonly target: string }[]): WithoutPath[] {
  const byHost = new Map<string, Set<string>>();
  for (const { tool, state, target } of tokens) {
    if (tool !== "git" || state !== "active") continue;
    const host = origin(parseTarget(target));
    byHost.set(host, (byHost.get(host) ?? new Set()).add(target));
  }
  return [...byHost].flatMap(([host, targets]): WithoutPath[] => {
    const parts = [...targets].filter((target) => target !== host);
    const [only] = parts;
    if (only === undefined) return [];
    if (parts.length < targets.size) return [{ host, getsNothing: false, text: `${WHO}: for all of ${host} the token of the host, none for a part of it` }];
    if (parts.length === 1) return [{ host, getsNothing: false, text: `${WHO}: the token for ${only} for all of ${host}` }];
    return [{ host, getsNothing: true, text: `${WHO}: none of the ${parts.length} tokens for parts of ${host}, since they do not say which part they mean` }];
  });
}
