import { execFile } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { systemErrorCode } from "../../core/failure.ts";
import type { Environment } from "../paths.ts";

/** Where a program is on PATH; undefined if it isn't. */
export function findProgram(name: string, environment: Environment): string | undefined {
  for (const directory of (environment["PATH"] ?? "").split(delimiter)) {
    const path = join(directory, name);
    if (directory !== "" && isExecutable(path)) return path;
  }
  return undefined;
}

/** Which of many programs are on PATH, in their order. */
export function programsPresent(names: readonly string[], environment: Environment): string[] {
  const directories = [...new Set((environment["PATH"] ?? "").split(delimiter))].filter((directory) => directory !== "");
  // Most are not there: to hear of each by an error takes eight times as long, to read the directories three times.
  const isThere = (path: string): boolean => existsSync(path) && isExecutable(path);
  return names.filter((name) => directories.some((directory) => isThere(`${directory}/${name}`)));
}

/** The name under which PATH leads to a program, or else its own path. */
export async function programPath(own: string, name: string, environment: Environment): Promise<string> {
  const real = await realpath(own);
  const found = findProgram(name, environment);
  return found !== undefined && (await realpath(found)) === real ? found : real;
}

/**
 * What a program wrote, and its exit code; undefined if it can't be started.
 *
 * @param options.mostBytes as many it may write, and `milliseconds` take: of more the exit code is 1
 */
export function runProgram(
  program: string,
  argv: readonly string[],
  environment: Environment,
  {
    directory,
    input = "",
    mostBytes = 1024 * 1024,
    milliseconds = 10_000,
  }: { readonly directory?: string; readonly input?: string; readonly mostBytes?: number; readonly milliseconds?: number } = {},
): Promise<{ readonly stdout: string; readonly stderr: string; readonly exitCode: number } | undefined> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      [...argv],
      { env: { ...environment }, cwd: directory, encoding: "utf8", timeout: milliseconds, maxBuffer: mostBytes },
      (error, stdout, stderr) => {
        if (error !== null && systemErrorCode(error) === "ENOENT") resolve(undefined);
        else resolve({ stdout, stderr, exitCode: typeof error?.code === "number" ? error.code : error === null ? 0 : 1 });
      },
    );
    // It may end without reading what it is given.
    child.stdin?.on("error", () => undefined).end(input);
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
