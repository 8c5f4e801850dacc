/**
 * What the scripts of `scripts.ts` ask at each tab, a program of its own (dist/completion-words.cjs): it must start fast.
 * argv: `--`, then the words after `toolkey` up to the cursor. It prints how to complete (`words`, `files`, `directories`, or `command N`:
 * from the N-th word on it is another program's), then a line for each word: the word, and behind a tab what it is.
 */
import { administerIfRunning } from "../../client/daemon/request.ts";
import { endAfter, surviveClosedOutput } from "../../client/ending.ts";
import { complain } from "../../client/tell.ts";
import type { OperationName, Operations } from "../../core/wire/administration.ts";
import { Failure } from "../../core/failure.ts";
import { plain } from "../../core/text/plain-text.ts";
import type { TokenView } from "../../core/tokens/token.ts";
import { paths as findPaths } from "../../platform/paths.ts";
import { offersAt, type Word } from "./offers.ts";

/** Somebody waits at a prompt, in milliseconds. */
const PATIENCE_MS = 2_000;

async function main(words: readonly string[]): Promise<void> {
  const offer = offersAt(words);
  if (offer.kind === "command") return print(`command ${offer.at}`);
  if (offer.kind === "files" || offer.kind === "directories") return print(offer.kind);
  const offered = offer.kind === "words" ? offer.words : await known(offer.kind);
  // A shell puts them into the line as they are, and what some of them are others have written.
  const harmless = offered.filter(([word]) => /^[\w@%+=:,./[\]-]*$/.test(word));
  print("words", ...harmless.map(([word, what]) => `${plain(offer.before + word)}\t${plain(what)}`));
}

function print(...lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
}

/** What the daemon knows, if it runs. */
async function known(kind: "tokens" | "services" | "used services"): Promise<readonly Word[]> {
  const tokens = (await askIfRunning("list"))?.tokens ?? [];
  if (kind === "tokens") return tokens.map((token) => [token.id, ofToken(token)]);
  const used = new Map(tokens.map(({ service }): Word => [service, ""]));
  if (kind === "used services") return [...used];
  const { services } = (await askIfRunning("services")) ?? { services: [] };
  // Of a kind with many, those that there are tokens for.
  const named = services.filter(({ name }) => !name.endsWith("@HOST")).map(({ name, title }): Word => [name, title === name ? "" : title]);
  return [...new Map([...named, ...[...used].filter(([name]) => name.includes("@"))])];
}

function ofToken({ tool, target, username, state }: TokenView): string {
  return [tool, target, ...(username === undefined ? [] : [`as ${username}`]), ...(state === "active" ? [] : [state])].join(", ");
}

async function askIfRunning<Name extends OperationName & ("list" | "services")>(
  operation: Name,
): Promise<Operations[Name]["answer"] | undefined> {
  try {
    const place = { paths: findPaths(process.env), environment: process.env, patienceMs: PATIENCE_MS };
    return await administerIfRunning(place, operation, {});
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

surviveClosedOutput();
endAfter(main(process.argv.slice(3)), complain);
