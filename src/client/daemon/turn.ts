/** Which of several clients asks for the passphrase, and who that is, for those that wait for it. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemErrorCode } from "../../core/failure.ts";
import { standing } from "../../platform/foreground.ts";
import { claim } from "./claim.ts";

/** Who asks. */
export interface Asker {
  readonly pid: number;
  /** The process group. */
  readonly group: number;
  /** What was started: `git`, `toolkey list`. */
  readonly program: string;
  readonly terminal?: string | undefined;
}

export interface Turn {
  /** Gives it to the next. May be called again. */
  end(): Promise<void>;
}

/**
 * Undefined if another client has it.
 *
 * @param directory of the daemon's socket
 * @throws Failure as `claim`
 */
export async function takeTurn(directory: string, program: string): Promise<Turn | undefined> {
  const giveBack = await claim(join(directory, "asking"));
  if (giveBack === undefined) return undefined;
  const { group, terminal } = standing();
  const asker: Asker = { pid: process.pid, group, program, terminal };
  // Only those who wait read it: where it can't be written, they do without.
  await writeFile(fileOf(directory), JSON.stringify(asker), { mode: 0o600 }).catch(expected);
  let ending: Promise<void> | undefined;
  return {
    end: () => (ending ??= rm(fileOf(directory), { force: true }).catch(expected).then(giveBack)),
  };
}

/** Who has the turn; undefined if that can't be told. */
export async function whoseTurn(directory: string): Promise<Asker | undefined> {
  try {
    return JSON.parse(await readFile(fileOf(directory), "utf8")) as Asker;
  } catch (error) {
    // Between the turn and its name, or half written.
    if (!(error instanceof SyntaxError)) expected(error);
    return undefined;
  }
}

function fileOf(directory: string): string {
  return join(directory, "asker.json");
}

function expected(error: unknown): void {
  if (systemErrorCode(error) === undefined) throw error;
}
