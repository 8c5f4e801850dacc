/** Puts a tree into its place. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { assertNobodyLeads } from "../files/private-directory.ts";

/** One of a tree's files; `path` is below it. */
export interface TreeFile {
  readonly path: string;
  readonly isProgram: boolean;
  readonly bytes: Uint8Array;
}

/** What is beside the place meanwhile: of which process, and whether it is the one before. */
const LEFT = /\.(\d+)\.(new|old)$/;

/**
 * Writes a tree beside its place, and has the two change places. Who does so at the same time does no harm, and what was there is put
 * back if this fails; if it is killed, by the next.
 *
 * @param node what the tree's programs run on; `node` in it leads there
 * @throws Failure `denied` for another user's directory, else `unavailable`; the tree that was there is as it was
 */
export async function placeTree(files: Iterable<TreeFile>, place: string, node: string): Promise<void> {
  await assertNobodyLeads(place);
  const [fresh, former] = [`${place}.${process.pid}.new`, `${place}.${process.pid}.old`];
  try {
    clearAway(place);
    for (const { path, isProgram, bytes } of files) {
      const file = join(fresh, path);
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      writeFileSync(file, bytes, { mode: isProgram ? 0o755 : 0o644 });
    }
    symlinkSync(node, join(fresh, "node"));
    unless("ENOENT", () => renameSync(place, former));
    unless("ENOTEMPTY", () => renameSync(fresh, place));
  } catch (error) {
    putBack(former, place);
    const why = systemErrorCode(error) ?? "unknown error";
    throw new Failure("unavailable", `cannot put the programs into ${place}: ${why}`, { cause: error });
  } finally {
    for (const left of [fresh, former]) rmSync(left, { recursive: true, force: true });
  }
}

/** Whether one that puts a tree there has begun, and has not ended or was killed. */
export function wasInTheMaking(place: string): boolean {
  const directory = dirname(place);
  return existsSync(directory) && readdirSync(directory).some((name) => name.startsWith(`${basename(place)}.`) && LEFT.test(name));
}

/** Takes away what one that was killed has left, and puts back what it has moved away. */
function clearAway(place: string): void {
  mkdirSync(dirname(place), { recursive: true, mode: 0o700 });
  for (const name of readdirSync(dirname(place))) {
    const [, pid, what] = name.startsWith(`${basename(place)}.`) ? (LEFT.exec(name) ?? []) : [];
    if (pid === undefined || isRunning(Number(pid))) continue;
    const left = join(dirname(place), name);
    if (what === "old") putBack(left, place);
    rmSync(left, { recursive: true, force: true });
  }
}

function putBack(former: string, place: string): void {
  if (existsSync(former) && !existsSync(place)) renameSync(former, place);
}

function isRunning(pid: number): boolean {
  try {
    return pid !== process.pid && process.kill(pid, 0);
  } catch {
    return false;
  }
}

function unless(code: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    if (systemErrorCode(error) !== code) throw error;
  }
}
