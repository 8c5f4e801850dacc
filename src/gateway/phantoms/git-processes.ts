/** Which processes are git as a command itself has started it: nothing but git between them and it. */
import { basename } from "node:path";
import { childrenOf, commandLineOf, executableOf, identify } from "../../platform/processes/process-tree.ts";
import { isOfScript } from "../../platform/processes/script-mark.ts";

const GIT = /^git(-(remote-(https?|ftps?)|lfs|submodule|upload-pack|fetch-pack))?$/;
const SHELL = /^(sh|dash|bash|ash|busybox|zsh)$/;
/** Programs of git that are scripts, and the hooks by which Git LFS is started. */
const SCRIPT = /^(git-[\w-]+|pre-push|post-checkout|post-commit|post-merge)$/;

/** How git starts the filter of Git LFS. */
const FILTER = /^git-lfs (filter-process|smudge|clean)[\w -]*$/;

/** Submodules within submodules: more than anybody has. */
const DEPTH = 64;

/** @param command the process of the command */
export function gitsOf(command: number): number[] {
  const own = isGit(command)
    ? [command]
    : childrenOf(command).flatMap((child) => (isGit(child) ? [child] : isSame(command, child) ? childrenOf(child).filter(isGit) : []));
  const found = new Set<number>();
  let layer = own.filter((pid) => !isOfScript(pid));
  for (let depth = 0; layer.length > 0 && depth < DEPTH; depth += 1) {
    for (const pid of layer) found.add(pid);
    layer = layer.flatMap(childrenOf).filter((pid) => !found.has(pid) && (isGit(pid) || isGitScript(pid)) && !isOfScript(pid));
  }
  return [...found];
}

/** Whether the command has started another version of itself in its place, as package managers do. Their scripts are marked. */
function isSame(command: number, child: number): boolean {
  return [command, child].every((pid) => /^(node|nodejs|pnpm)$/.test(programOf(pid))) && !isOfScript(child);
}

/** Its file's name, without what the kernel says of one that was replaced; empty if that can't be told. */
function programOf(pid: number): string {
  const process = identify(pid);
  return basename((process === undefined ? undefined : executableOf(process))?.replace(/ \(deleted\)$/, "") ?? "");
}

function isGit(pid: number): boolean {
  return GIT.test(programOf(pid));
}

function isGitScript(pid: number): boolean {
  const [, script = "", text = ""] = commandLineOf(pid);
  return SHELL.test(programOf(pid)) && (script === "-c" ? FILTER.test(text) : SCRIPT.test(basename(script)));
}
