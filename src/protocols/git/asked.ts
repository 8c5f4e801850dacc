/** The repositories that a git command is about to ask, as far as its words and the repository's own settings tell. */
import { join, resolve } from "node:path";
import { origin, parseTarget, type Target } from "../../core/target.ts";
import { upwards } from "../project-texts.ts";
import type { Asked, ReadText } from "../tool-protocol.ts";
import { gitCommand } from "./command-line.ts";

const ASKS = /^(clone|fetch|pull|push|ls-remote|remote|submodule|archive|lfs)$/;
const URL_OF_REMOTE = /^\s*url\s*=\s*"?(https:\/\/[^"\s]+)/gm;

/** Where a command without a URL goes: to the remotes of its repository. */
export async function askedByGit(given: readonly string[], start: string, read: ReadText): Promise<Asked[]> {
  const { name, operands, directory } = gitCommand(given);
  if (!ASKS.test(name)) return [];
  const named = operands.filter((operand) => /^https:\/\//i.test(operand));
  const urls = named.length > 0 || name === "clone" ? named : remotesIn(await configurationAbove(resolve(start, directory), read));
  const targets = urls.flatMap(targetOf);
  return targets
    .filter((target, index) => targets.findIndex((other) => origin(other) === origin(target)) === index)
    .map((target) => ({ target, whole: parseTarget(origin(target)) }));
}

function remotesIn(text: string): string[] {
  return [...text.matchAll(URL_OF_REMOTE)].map(([, url = ""]) => url);
}

/** Of the repository around a directory, also where that is a work tree of another; empty if there is none. */
async function configurationAbove(directory: string, read: ReadText): Promise<string> {
  for (const above of upwards(directory)) {
    const [, linked] = /^gitdir: (.+)$/m.exec((await read(join(above, ".git"))) ?? "") ?? [];
    const place = linked === undefined ? join(above, ".git") : resolve(above, linked).replace(/\/worktrees\/[^/]+$/, "");
    const text = await read(join(place, "config"));
    if (text !== undefined) return text;
  }
  return "";
}

/** Without the user's name, and the password that may be behind it. */
function targetOf(url: string): Target[] {
  try {
    const { origin: host, pathname } = new URL(url);
    return [parseTarget(`${host}${pathname}`)];
  } catch {
    return [];
  }
}
