/**
 * The main program of the one file: puts the tree that the file carries where it can be found, and runs the program that is meant from
 * there. docs/decisions/0038-one-tree.md
 */
import { lstatSync, readlinkSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { getAsset, getRawAsset } from "node:sea";
import { BUILD } from "../../core/build.ts";
import { Failure } from "../../core/failure.ts";
import { assertNobodyLeads } from "../files/private-directory.ts";
import { paths, temporaryDirectory } from "../paths.ts";
import { placeTree, type TreeFile } from "./placing.ts";
import { buildOf, keptTree } from "./tree.ts";

/** In the file: what of the tree is where. Made by install/package/one-file.mjs. */
type Listed = Pick<TreeFile, "path" | "isProgram">;

/** These start often, and have programs of their own, as in bin/toolkey. */
const PROGRAMS_OF_COMMANDS = new Set(["run", "shell-init", "completion-words"]);

/** What those of bin/ do first: what is in these variables is for the programs of the person. */
const SHIELDED = { NODE_EXTRA_CA_CERTS: "TOOLKEY_EXTRA_CA_CERTS", NODE_OPTIONS: "TOOLKEY_NODE_OPTIONS" };

async function main(): Promise<void> {
  const given = process.argv.slice(2);
  const named = programNamed(given);
  if (named !== undefined) return run(named.program, named.rest);
  const name = basename(process.argv0);
  const tree = await treeHere();
  shield();
  if (isHelper(name)) return become(join(tree, "bin", name), given);
  const [command = "", ...rest] = given;
  const isApart = PROGRAMS_OF_COMMANDS.has(command) && !/^(-h|--help)$/.test(rest[0] ?? "");
  run(join(tree, "dist", `${isApart ? command : "toolkey"}.cjs`), isApart ? rest : given);
}

/** As Node is asked for a program: options, its path, its arguments. Only of this build: it is none of Node's. */
function programNamed(given: readonly string[]): { readonly program: string; readonly rest: readonly string[] } | undefined {
  const at = given.findIndex((word) => !word.startsWith("--"));
  const program = given[at] ?? "";
  if (basename(dirname(program)) !== "dist" || !program.endsWith(".cjs")) return undefined;
  return buildOf(dirname(dirname(program))) === BUILD ? { program, rest: given.slice(at + 1) } : undefined;
}

/** Where the tree of this build is; it is put there if it isn't. */
async function treeHere(): Promise<string> {
  const kept = keptTree(paths(process.env));
  try {
    await assertNobodyLeads(kept);
    if (isOurs(kept)) return kept;
    await placeTree(files(), kept, process.execPath);
    return kept;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return await amongTemporaryFiles();
  }
}

/** @throws Failure `unavailable` */
async function amongTemporaryFiles(): Promise<string> {
  const tree = join(temporaryDirectory(process.env), `toolkey-${process.getuid?.()}-programs-${BUILD}`);
  try {
    if (!isOurs(tree)) await placeTree(files(), tree, process.execPath);
    if (isOurs(tree)) return tree;
    throw new Failure("unavailable", `cannot put the programs into ${tree}: it is another user's`);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.code, error.message, { hint: "set TMPDIR to a directory that you can write", cause: error });
  }
}

function isOurs(tree: string): boolean {
  try {
    const { uid, mode } = lstatSync(tree);
    const isSafe = uid === process.getuid?.() && (mode & 0o022) === 0;
    return isSafe && buildOf(tree) === BUILD && readlinkSync(join(tree, "node")) === process.execPath;
  } catch {
    return false;
  }
}

function* files(): Generator<TreeFile> {
  for (const listed of list()) yield { ...listed, bytes: new Uint8Array(getRawAsset(listed.path) as ArrayBuffer) };
}

function shield(): void {
  for (const [name, ours] of Object.entries(SHIELDED)) {
    const value = process.env[name];
    if (value !== undefined && value !== "") process.env[ours] = value;
    delete process.env[name];
  }
}

function isHelper(name: string): boolean {
  return name !== "toolkey" && list().some(({ path }) => path === `bin/${name}`);
}

function list(): Listed[] {
  return JSON.parse(getAsset("files", "utf8")) as Listed[];
}

/** A shell script of `bin/`, in place of this process. */
function become(program: string, given: readonly string[]): never {
  // Node has it since 23.11, and the one file is a newer one.
  const newer = process as unknown as { execve(file: string, argv: readonly string[], environment: NodeJS.ProcessEnv): never };
  return newer.execve("/bin/sh", ["sh", program, ...given], process.env);
}

function run(program: string, given: readonly string[]): void {
  const real = realpathSync(program);
  process.argv = [process.execPath, real, ...given];
  createRequire(real)(real);
}

main().catch((error: unknown) => {
  if (!(error instanceof Failure)) throw error;
  process.stderr.write([`toolkey: ${error.message}`, ...error.hints.map((hint) => `hint: ${hint}`), ""].join("\n"));
  process.exitCode = 1;
});
