/** What holds for git clients that don't say which repository of a host they mean. */
import type { Told } from "../../../core/plan.ts";
import { origin, parseTarget } from "../../../core/target.ts";
import { ask, type Context } from "../../context.ts";

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
    if (parts.length < targets.size)
      return [{ host, getsNothing: false, text: `${WHO}: for all of ${host} the token of the host, none for a part of it` }];
    if (parts.length === 1) return [{ host, getsNothing: false, text: `${WHO}: the token for ${only} for all of ${host}` }];
    return [
      {
        host,
        getsNothing: true,
        text: `${WHO}: none of the ${parts.length} tokens for parts of ${host}, since they do not say which part they mean`,
      },
    ];
  });
}

/** What holds at the host of a target for a part of it. */
export async function sayWithoutPaths(context: Context, target: string): Promise<Told> {
  const place = parseTarget(target);
  if (place.path.length === 0) return { notes: [], hints: [] };
  const { tokens } = await ask(context, "list", { tool: "git" });
  const found = withoutPaths(tokens).find(({ host }) => host === origin(place));
  if (found === undefined) return { notes: [], hints: [] };
  return { notes: [found.text], hints: found.getsNothing ? [`git config --global credential.${found.host}.useHttpPath true`] : [] };
}
