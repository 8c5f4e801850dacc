/** Which files of a repository decide what git starts. Pure, over what there is. */
import { dirname, join, resolve } from "node:path";
import type { Files } from "./files.ts";

export interface GitPlaces {
  /** Files and directories that git reads its configuration and its hooks from. */
  readonly readonly: readonly string[];
  /** The same that are not there yet: directories that have no meaning while they are empty. */
  readonly made: readonly string[];
  /** Git directories elsewhere, which the project's own git writes to. */
  readonly writable: readonly string[];
  /** Files that are not there, and would lead git elsewhere. */
  readonly absent: readonly string[];
}

/** More than any project has; who has more could have hidden some. */
const MAX_MODULES = 500;

/** Of the repository whose working tree is a directory; nothing of what is none. */
export function gitPlaces(files: Files, tree: string): GitPlaces {
  const dot = join(tree, ".git");
  const kind = files.kind(dot);
  if (kind === undefined) return { readonly: [], made: [], writable: [], absent: [] };
  const directory = gitDirectory(files, dot);
  if (directory === undefined) return { readonly: [dot], made: [], writable: [], absent: [] };
  const shared = sharedDirectory(files, directory);
  const modules = modulesOf(files, shared);
  const all = [...new Set([directory, shared])];
  const linked = worktreesOf(files, shared);
  const configured = [...new Set([...all, ...linked, ...modules])];
  const configurations = configured.flatMap((each) => [join(each, "config"), join(each, "config.worktree")]);
  const hooks = [shared, ...modules].map((each) => join(each, "hooks"));
  const pointers = [
    ...(kind === "directory" ? [] : [dot]),
    ...linked.flatMap((each) => [join(each, "commondir"), join(each, "gitdir")]),
    ...modules.flatMap((each) => dotOfModule(files, each)),
  ];
  const isThere = (path: string): boolean => files.kind(path) !== undefined;
  return {
    readonly: [...[...configurations, ...hooks, ...pointers].filter(isThere), ...hooksElsewhere(files, shared, tree)],
    made: hooks.filter((path) => !isThere(path)),
    writable: all.filter((each) => !each.startsWith(`${tree}/`)),
    absent: [
      ...[shared, ...modules].map((each) => join(each, "commondir")),
      ...configured.map((each) => join(each, "config.worktree")),
    ].filter((path) => !isThere(path)),
  };
}

/** `core.hooksPath` of a configuration's text, absolute; undefined where there is none. */
export function hooksPath(text: string, home: string, tree: string): string | undefined {
  const value = /^\s*hooksPath\s*=\s*"?([^"\n#;]+?)"?\s*$/im.exec(text)?.[1];
  return value === undefined ? undefined : resolve(tree, value.replace(/^~(?=\/|$)/, home));
}

function gitDirectory(files: Files, dot: string): string | undefined {
  const real = files.real(dot);
  if (real === undefined || files.kind(real) === "directory") return real;
  const named = /^gitdir: (.+?)\s*$/.exec(files.text(real) ?? "")?.[1];
  return named === undefined ? undefined : files.real(resolve(dirname(real), named));
}

function sharedDirectory(files: Files, directory: string): string {
  const named = files.text(join(directory, "commondir"))?.trim();
  return (named === undefined || named === "" ? undefined : files.real(resolve(directory, named))) ?? directory;
}

/** The git directories of the working trees that are linked to a repository. */
function worktreesOf(files: Files, shared: string): string[] {
  const parent = join(shared, "worktrees");
  return files
    .list(parent)
    .filter(({ kind }) => kind === "directory")
    .map(({ name }) => join(parent, name));
}

/** The git directories of submodules, whose names may have several parts, and of theirs. */
function modulesOf(files: Files, directory: string): string[] {
  const found: string[] = [];
  const waiting = [join(directory, "modules")];
  for (let next = waiting.pop(); next !== undefined && found.length < MAX_MODULES; next = waiting.pop()) {
    for (const { name, kind } of files.list(next)) {
      if (kind !== "directory") continue;
      const module = join(next, name);
      if (files.kind(join(module, "HEAD")) === undefined) waiting.push(module);
      else {
        found.push(module);
        waiting.push(join(module, "modules"));
      }
    }
  }
  return found;
}

/** The file in a submodule's tree that says where its git directory is. */
function dotOfModule(files: Files, module: string): string[] {
  const tree = /^\s*worktree\s*=\s*(.+?)\s*$/m.exec(files.text(join(module, "config")) ?? "")?.[1];
  return tree === undefined ? [] : [join(resolve(module, tree), ".git")];
}

/** Hooks that the repository has outside of the project; those within are the project's own programs. */
function hooksElsewhere(files: Files, shared: string, tree: string): string[] {
  const path = hooksPath(files.text(join(shared, "config")) ?? "", "/", tree);
  return path === undefined || path.startsWith(`${tree}/`) || files.kind(path) === undefined ? [] : [path];
}
