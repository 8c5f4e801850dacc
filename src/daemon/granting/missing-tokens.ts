/** What a person is told of the places for which a command has no token, before it starts. Pure. */
import { ADMINISTRATION } from "../../core/wire/administration.ts";
import type { Told } from "../../core/plan.ts";
import { missedTokens, suspendedHints, suspendedText } from "../../core/tokens/suspended.ts";
import { covers, formatTarget, origin, parseTarget, type Target } from "../../core/target.ts";
import type { TokenView } from "../../core/tokens/token.ts";
import type { Asked } from "../../protocols/tool-protocol.ts";

/** As many as a person reads. */
const MAX_NAMED = 3;

/**
 * @param asked those without a token
 * @param isExplained whether the command has another one, or it is said already why not
 * @param tokens of all tools
 */
export function missingTokens(tool: string, asked: readonly Asked[], isExplained: boolean, tokens: readonly TokenView[]): Told {
  const usable = tokens.filter(({ state }) => state === "active").map((token) => ({ ...token, place: parseTarget(token.target) }));
  const own = usable.filter((token) => token.tool === tool);
  const missing = asked.filter(({ isPublic }) => isPublic !== true);
  if (missing.length === 0) return isExplained || asked.length === 0 ? { notes: [], hints: [] } : onlyPublic(tool, asked, own);
  const plain: Asked[] = [];
  const [notes, hints]: [string[], string[]] = [[], []];
  for (const each of missing) {
    const suspended = missedTokens(tokens).find((token) => token.tool === tool && covers(parseTarget(token.target), each.target));
    if (suspended !== undefined) {
      notes.push(suspendedText(suspended));
      hints.push(...suspendedHints(suspended));
      continue;
    }
    const almost =
      told(
        own.find(({ place }) => origin(place) === origin(each.target)),
        ({ id, target }) => `${id} is for ${target} alone`,
      ) ??
      told(
        own.find(({ place }) => isSameMachine(place, each.target)),
        ({ id, target }) => `${id} is for ${target}, and an address counts as it is written`,
      ) ??
      told(
        usable.find(({ place, tool: other }) => other !== ADMINISTRATION && covers(place, each.target)),
        ({ id, tool: other }) => `${id} is a token of ${other}`,
      );
    if (almost === undefined) plain.push(each);
    else notes.push(`${none(tool, [each])}: ${almost}`);
    if (hints.length < MAX_NAMED) hints.push(`toolkey add ${formatTarget(each.whole ?? each.target)} --tool ${tool}`);
  }
  return { notes: [...(plain.length === 0 ? [] : [none(tool, plain)]), ...notes], hints: [...new Set(hints)] };
}

/** git tokens that a command that publishes may want for its tags and commits. */
export function suspendedGit(tokens: readonly TokenView[]): Told {
  const missed = missedTokens(tokens).filter(({ tool }) => tool === "git");
  return { notes: missed.map(suspendedText), hints: missed.flatMap(suspendedHints) };
}

/** Who has tokens elsewhere may have forgotten to name their places to the tool. */
function onlyPublic(tool: string, asked: readonly Asked[], own: readonly TokenView[]): Told {
  const others = own.slice(0, MAX_NAMED).map(({ id, target }) => `${id} is for ${target}`);
  return {
    notes: [others.length === 0 ? `there is no ${tool} token` : `${none(tool, asked)}: ${others.join(", ")}`],
    hints: [
      `if it asks for what is private: toolkey add URL --tool ${tool}${others.length === 0 ? "" : `, or name that place in the settings of ${tool}`}`,
    ],
  };
}

function told<Found>(found: Found | undefined, text: (found: Found) => string): string | undefined {
  return found === undefined ? undefined : text(found);
}

function none(tool: string, missing: readonly Asked[]): string {
  const named = missing.slice(0, MAX_NAMED).map(({ target }) => formatTarget(target));
  const more = missing.length - named.length;
  return `there is no ${tool} token for ${named.join(", ")}${more === 0 ? "" : ` and ${more} more`}`;
}

/** Whether two addresses are likely to be one machine's: `localhost` and `127.0.0.1`, `www.`, a port, `http:`, a final dot. */
function isSameMachine(one: Target, other: Target): boolean {
  return bare(one) === bare(other);
}

function bare({ host }: Target): string {
  const name = host.replace(/\.$/, "").replace(/^www\./, "");
  return /^(127\.\d+\.\d+\.\d+|\[::1\]|.*\.localhost)$/.test(name) ? "localhost" : name;
}
