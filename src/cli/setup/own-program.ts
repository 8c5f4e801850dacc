import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { lastingTree, OWN_TREE } from "../../platform/installation/tree.ts";
import { paths, type Environment } from "../../platform/paths.ts";
import { programPath } from "../../platform/processes/programs.ts";

/** The path of a program of this installation that lasts: the one by which PATH leads to it, or else its own. */
export async function ownProgram(name: string, environment: Environment): Promise<string> {
  const tree = lastingTree(paths(environment));
  const own = join(tree, "bin", name);
  return tree === OWN_TREE ? programPath(own, name, environment) : own;
}

/** The path of a file of this installation that lasts. @param name below its tree */
export async function ownFile(name: string, environment: Environment): Promise<string> {
  const tree = lastingTree(paths(environment));
  return join(tree === OWN_TREE ? await realpath(tree) : tree, name);
}
