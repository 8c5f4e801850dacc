import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { textOfOwnFile } from "../../platform/files/regular-file.ts";
import type { Paths } from "../../platform/paths.ts";

const MARK = /^[0-9a-f]{12}$/;
const MAX_BYTES = 1024;

/** Where it can't be kept: in a home that is read-only, or before there is a vault. Then it is good until the daemon ends. */
const ofThisDaemon = newMark();

/**
 * Twelve hexadecimal digits, random and the same for good: the end of the names of ours in a tool's
 * settings, so that no project can name one of them (docs/decisions/0012-plans.md). Stable, because a tool
 * keeps what it downloaded by the name of the repository.
 *
 * @throws Failure `damaged`, `unavailable` if it can't be read
 */
export async function serverMark(paths: Paths): Promise<string> {
  const file = join(paths.data, "server-mark");
  try {
    return read(file);
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw asFailure(file, error);
  }
  if (!existsSync(paths.vault)) return ofThisDaemon;
  try {
    await writeFile(file, `${ofThisDaemon}\n`, { flag: "wx", mode: 0o600 });
  } catch (error) {
    // Another daemon may have been faster.
    if (systemErrorCode(error) === undefined) throw error;
    if (systemErrorCode(error) !== "EEXIST") return ofThisDaemon;
  }
  return read(file);
}

function newMark(): string {
  return randomBytes(6).toString("hex");
}

function read(file: string): string {
  const mark = textOfOwnFile(file, MAX_BYTES).trim();
  if (MARK.test(mark)) return mark;
  throw new Failure("damaged", `${file} is not what it should be`, {
    hint: "delete it; builds then download anew what they have from private repositories",
  });
}

function asFailure(file: string, error: unknown): unknown {
  if (error instanceof Failure) return error;
  return new Failure("unavailable", `cannot read ${file}: ${systemErrorCode(error) ?? "unknown error"}`, { cause: error });
}
