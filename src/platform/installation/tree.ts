/** The tree that an installed toolkey is, in each of its forms. docs/decisions/0038-one-tree.md */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Paths } from "../paths.ts";

/** How toolkey got here. */
export type Form = "checkout" | "install.sh" | "npm" | "one file" | "Debian package";

/** The tree whose program runs: bundles are in `dist/` of it. */
export const OWN_TREE = dirname(import.meta.dirname);

/** Of this tree: where what is built is, and the programs that come before others in a command that goes through the gateway. */
export const OWN_PROGRAMS = { built: join(OWN_TREE, "dist"), sealedPrograms: join(OWN_TREE, "bin", "sealed") } as const;

/** Whoever puts a tree together writes down how in `form`; npm puts it together as it is. */
export function formOf(tree: string): Form {
  try {
    return readFileSync(join(tree, "form"), "utf8").trim() as Form;
  } catch {
    return isOfPackages(tree) ? "npm" : "checkout";
  }
}

/** The copy of a tree that would pass: with the Node of a version (nvm), with a cache (npx), with the next start (one file). */
export function keptTree({ data }: Pick<Paths, "data">): string {
  return join(data, "programs");
}

/** Whether settings may not name a tree's place. */
export function passes(tree: string): boolean {
  return isOfPackages(tree) || formOf(tree) === "one file";
}

/** The tree whose place settings may name. */
export function lastingTree(paths: Pick<Paths, "data">, own = OWN_TREE): string {
  return passes(own) ? keptTree(paths) : own;
}

/** The build of a tree; undefined if there is none. */
export function buildOf(tree: string): string | undefined {
  try {
    return readFileSync(join(tree, "dist", "build"), "utf8").trim();
  } catch {
    return undefined;
  }
}

function isOfPackages(tree: string): boolean {
  return tree.includes("/node_modules/");
}
