/** Keeps a copy of the tree that npm put somewhere, where settings can name it. */
import { constants, existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { BUILD, makesWayFor } from "../../core/build.ts";
import type { Paths } from "../paths.ts";
import { placeTree, wasInTheMaking, type TreeFile } from "./placing.ts";
import { buildOf, formOf, keptTree, OWN_TREE, passes } from "./tree.ts";

/** What the programs need of a tree. */
const PARTS = ["bin", "dist", "share", "install", "package.json", "LICENSE"];

/** The native parts; beside other packages, where npm put them there. */
const NATIVE = /^@koromix\/koffi-|^@napi-rs\/keyring/;

/**
 * Makes the copy, or makes it anew, if the tree is one that passes.
 *
 * @throws Failure as `placeTree`
 */
export async function keepTree(paths: Pick<Paths, "data">): Promise<void> {
  const kept = keptTree(paths);
  if (!passes(OWN_TREE) || OWN_TREE === kept || (buildOf(kept) === BUILD && leadsTo(join(kept, "node"), process.execPath))) return;
  await placeTree(filesOfTree(OWN_TREE), kept, process.execPath);
}

/**
 * Makes the copy anew if there is one of another build of this version, or of an older one; or if one was in the making.
 *
 * @throws Failure as `placeTree`
 */
export async function renewKeptTree(paths: Pick<Paths, "data">): Promise<void> {
  if (!passes(OWN_TREE)) return;
  const kept = keptTree(paths);
  const build = buildOf(kept);
  if (build === undefined ? wasInTheMaking(kept) : makesWayFor(BUILD, build)) await keepTree(paths);
}

/**
 * What runs with the programs of a tree, or of the copy of it, and lies elsewhere: packages that npm has put beside it, and what each
 * `node` leads to. Paths without links.
 */
export function besideTree(tree: string, paths: Pick<Paths, "data">): string[] {
  const packages = packagesOf(tree).map(({ path }) => path);
  const nodes = [tree, keptTree(paths)].map((each) => join(each, "node"));
  return [...packages, ...nodes].filter((path) => existsSync(path)).map((path) => realpathSync(path));
}

/** Every file of a tree, with the packages that it finds. */
function* filesOfTree(tree: string): Generator<TreeFile> {
  for (const part of PARTS) yield* filesBelow(tree, join(tree, part));
  yield { path: "form", isProgram: false, bytes: Buffer.from(`${formOf(tree)}\n`) };
  for (const { root, path } of packagesOf(tree)) yield* filesBelow(root, path);
}

function* filesBelow(root: string, path: string): Generator<TreeFile> {
  if (!existsSync(path)) return;
  const { mode } = statSync(path);
  if ((mode & constants.S_IFMT) === constants.S_IFDIR) {
    for (const name of readdirSync(path)) yield* filesBelow(root, join(path, name));
  } else {
    yield { path: relative(root, path), isProgram: (mode & constants.S_IXUSR) !== 0, bytes: readFileSync(path) };
  }
}

/** As Node looks for packages: in the `node_modules` of the tree, and in each above. The nearest of a name counts. */
function packagesOf(tree: string): { readonly root: string; readonly path: string }[] {
  const found = new Map<string, { readonly root: string; readonly path: string }>();
  for (const root of [tree, ...ancestors(tree)]) {
    for (const scope of ["@koromix", "@napi-rs"]) {
      for (const name of namesIn(join(root, "node_modules", scope)).map((each) => `${scope}/${each}`)) {
        if (NATIVE.test(name) && !found.has(name)) found.set(name, { root, path: join(root, "node_modules", name) });
      }
    }
  }
  return [...found.values()];
}

function ancestors(path: string): string[] {
  const above = dirname(path);
  return above === path ? [] : [above, ...ancestors(above)];
}

function namesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}

function leadsTo(link: string, target: string): boolean {
  try {
    return readlinkSync(link) === target;
  } catch {
    return false;
  }
}
