import type { TakenIn } from "../../core/wire/administration.ts";
import { Failure } from "../../core/failure.ts";
import { assertNotReadOnly, replaceExactFile, sumOf } from "../../platform/files/text-file.ts";
import { withoutPieces } from "../../protocols/plaintext/removal.ts";
import { ask, type Context } from "../context.ts";
import type { FoundFile } from "./search.ts";

/** What became of one file. */
export interface TakenFile {
  readonly found: FoundFile;
  readonly tokens: readonly TakenIn[];
  /** Why the secrets are in the file still. They may be in the vault as well. */
  readonly failure: Failure | undefined;
}

/**
 * Takes the secrets of a file into the vault, and then out of the file: not before the daemon has read them from
 * the disk again, and only if the file is what it was. At every instant they are in one of the two at least.
 *
 * @throws Failure if the daemon can't take them; then the file is as it was.
 */
export async function take(context: Context, found: FoundFile): Promise<TakenFile> {
  const { path, file } = found;
  const taken = found.secrets.filter(({ stays }) => stays === undefined);
  const after = withoutPieces(file.text, taken.flatMap(({ pieces }) => pieces));
  try {
    assertNotReadOnly(path, file);
    assertGone(found, after, taken.length);
  } catch (error) {
    return { found, tokens: [], failure: expected(error) };
  }
  const { tokens } = await ask(context, "takeIn", {
    path,
    text: file.text,
    after: sumOf(after),
    secrets: taken.map(({ tool, url, username, secret }) => ({ tool, target: url ?? "", username, secret: secret.reveal() })),
  });
  try {
    await replaceExactFile(path, file.text, after);
    return { found, tokens, failure: undefined };
  } catch (error) {
    return { found, tokens, failure: expected(error) };
  }
}

/** @throws Failure if what is left would not be what is meant: the other secrets, and a file that can be read */
function assertGone({ path, format, of, secrets }: FoundFile, after: string, taken: number): void {
  let left: number | undefined;
  try {
    left = of.formats[format]?.(after).length;
  } catch (error) {
    expected(error);
  }
  if (left === secrets.length - taken) return;
  throw new Failure("unavailable", `the secrets in ${path} can't be cut out without breaking it`, {
    hint: "it was left as it is; 'toolkey add' takes them by hand",
  });
}

function expected(error: unknown): Failure {
  if (error instanceof Failure) return error;
  throw error;
}
