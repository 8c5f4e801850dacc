/** Whether a process is the program that a project names to run in place of the one that was started: known by what it runs. */
import { readFileSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Replacement } from "../../core/gateway/permit.ts";
import { commandLineOf, executableOf, identify, pathFor } from "../../platform/processes/process-tree.ts";

/**
 * Of a command and what it started, who may be asking: the command; and what took its place, unless the command is that program
 * already. A script that asks first is neither.
 */
export function actors(command: number, children: readonly number[], replacement: Replacement | undefined): number[] {
  if (replacement === undefined || runs(command, undefined, replacement)) return [command];
  return [command, ...children.filter((child) => runs(child, command, replacement))];
}

/** @param like whose executable it has, if it is a script */
function runs(pid: number, like: number | undefined, replacement: Replacement): boolean {
  const executable = programOf(pid);
  if (executable === undefined) return false;
  // A program that needs no Node.
  if (isOf(executable, replacement)) return true;
  if (like !== undefined && executable !== programOf(like)) return false;
  const [, ...given] = commandLineOf(pid);
  const script = given.find((argument) => !argument.startsWith("-"));
  return script !== undefined && isOf(pathFor(pid, script), replacement);
}

function isOf(path: string, replacement: Replacement): boolean {
  try {
    const file = realpathSync(path);
    if ("file" in replacement) return file === realpathSync(replacement.file);
    const { name, version } = manifestAbove(dirname(file)) as { name?: unknown; version?: unknown };
    return (
      typeof name === "string" &&
      (name === replacement.package || name === `@${replacement.package}/exe`) &&
      (replacement.version === undefined || version === replacement.version)
    );
  } catch {
    return false;
  }
}

/** @throws what the file system throws, and a SyntaxError */
function manifestAbove(directory: string): unknown {
  try {
    return JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) ?? {};
  } catch (error) {
    if (directory === "/" || basename(directory) === "node_modules") throw error;
    return manifestAbove(dirname(directory));
  }
}

function programOf(pid: number): string | undefined {
  const process = identify(pid);
  return process === undefined ? undefined : executableOf(process);
}
