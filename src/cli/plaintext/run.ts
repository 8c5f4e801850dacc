/** What `toolkey import` does; loaded when it is asked for. */
import { resolve } from "node:path";
import { instant } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";
import { ask, isAttended, type Context } from "../context.ts";
import { keepMemory } from "../keep-memory.ts";
import { confirm } from "../terminal/secret-input.ts";
import { allSecretFiles, homePlaces, projectPlaces, type SecretFile } from "./places.ts";
import { endFound } from "./end-found.ts";
import { advice, endedKinds, secretLines, secretsAsJson, secretTable, shortPath, takenAsJson } from "./report.ts";
import { search, type Found, type FoundFile } from "./search.ts";
import { take, type TakenFile } from "./take.ts";

/** The options of `toolkey import` that it takes without --undo. */
export interface ImportOptions {
  /** The directory of a project; empty for the working directory. */
  readonly project: string | undefined;
  readonly home: boolean;
  /** Only the secrets of this tool are taken. */
  readonly tool: string | undefined;
  readonly check: boolean;
  readonly yes: boolean;
}

/** Looks, and takes what it may. @throws Failure if it finds any and is only to look, or could not take all */
export async function runImport(options: ImportOptions, context: Context): Promise<void> {
  await keepMemory();
  const found = await look(options, context);
  if (options.check) return check(found, context);
  const { isForPrograms } = context.output;
  if (isForPrograms && !options.yes) return context.output.json(secretsAsJson(found));
  const takeable = found.files.filter(({ secrets }) => secrets.some(({ stays }) => stays === undefined));
  if (!isForPrograms) await show(found, takeable.length, context);
  const done: TakenFile[] = [];
  if (takeable.length > 0) {
    await consent(takeable, options, context);
    for (const file of takeable) done.push(await takeOne(file, context));
  }
  if (isForPrograms) context.output.json({ ...secretsAsJson(await look(options, context)), taken: done.map(takenAsJson) });
  await endFound(done, options, context);
  settle(done, context);
  if (found.failures.length > 0) throw unread(found.failures);
}

async function look({ project, home, tool, check }: ImportOptions, context: Context): Promise<Found> {
  const { environment } = context;
  const tree = project === undefined ? undefined : await projectPlaces(resolve(project), environment);
  const places: readonly SecretFile[] = [...(home ? await homePlaces(environment) : []), ...(tree?.places ?? [])];
  // A check works where there is neither a vault nor a daemon.
  const services = check ? undefined : async () => (await ask(context, "services", {})).services;
  const forms = check ? undefined : async () => (await ask(context, "tokenForms", {})).forms;
  const found = await search(places, { environment, beside: tree?.beside ?? [], services, forms });
  if (tool === undefined) return found;
  return { ...found, files: found.files.map((file) => only(tool, file)).filter(({ secrets }) => secrets.length > 0) };
}

function only(tool: string, file: FoundFile): FoundFile {
  return { ...file, secrets: file.secrets.filter((secret) => secret.tool === tool) };
}

function check(found: Found, { output }: Context): void {
  const lines = secretLines(found.files);
  output.json(secretsAsJson(found));
  for (const line of lines) output.print(line);
  for (const failure of found.failures) output.fail(failure);
  if (lines.length > 0) {
    throw new Failure("unavailable", `${count(lines.length, "secret")} in plain text`, {
      hint: "toolkey import takes those that it can into the vault",
    });
  }
  if (found.failures.length > 0) throw unread(found.failures);
}

async function show({ files, failures }: Found, takeable: number, context: Context): Promise<void> {
  const { output, environment } = context;
  for (const failure of failures) output.fail(failure);
  if (files.length === 0) {
    if (failures.length === 0) output.print("no secrets found in plain text");
    return;
  }
  output.print(...secretTable(files, environment, output).split("\n"));
  const kinds = endedKinds(files, instant(context.now()));
  for (const note of kinds.notes) output.note(note);
  for (const hint of kinds.hints) output.hint(hint);
  const { notes, hints } = advice(files, await allSecretFiles());
  if (takeable > 0) for (const note of notes) output.note(note);
  for (const hint of hints) output.hint(hint);
}

/** @throws Failure `unavailable` without a terminal, `denied` if the answer is no */
async function consent(files: readonly FoundFile[], { yes }: ImportOptions, context: Context): Promise<void> {
  if (yes) return;
  if (!isAttended(context))
    throw new Failure("unavailable", "nothing was changed", { hint: "toolkey import --yes takes them without asking" });
  const secrets = files.flatMap((file) => file.secrets).filter(({ stays }) => stays === undefined);
  await confirm(context, `take ${count(secrets.length, "secret")} into the vault, and out of ${count(files.length, "file")}?`);
}

async function takeOne(file: FoundFile, context: Context): Promise<TakenFile> {
  const taken = await take(context, file);
  const { output, environment } = context;
  const path = shortPath(file.path, environment);
  for (const { token, outcome } of taken.tokens) {
    if (outcome !== "added" && token.state === "suspended") {
      output.note(`${token.id} is suspended: ${token.tool} has another token for ${token.target}, or its service refused this one`);
      output.hint(`to use it all the same: toolkey restore ${token.id}`);
    }
  }
  if (taken.failure !== undefined) {
    output.fail(taken.failure);
    return taken;
  }
  const ids = taken.tokens.map(({ token, outcome }) => (outcome === "known" ? `${token.id} (was there already)` : token.id));
  output.print(`out of ${path} and into the vault: ${ids.join(", ")}`);
  if (file.file.hasOtherName) output.note(`${path} has another name (a hard link), under which its secrets lie still`);
  return taken;
}

function settle(done: readonly TakenFile[], { output }: Context): void {
  const well = done.filter(({ failure }) => failure === undefined);
  if (well.length > 0) {
    const tools = [...new Set(well.flatMap(({ tokens }) => tokens.map(({ token }) => token.tool)))].toSorted();
    output.hint(
      `${tools.join(", ")} must ask toolkey from now on; unless set up already: ${tools.map((tool) => `toolkey setup ${tool}`).join("; ")}`,
    );
    output.hint("the files as they were are in the vault: toolkey import --undo writes them back");
  }
  const failed = done.length - well.length;
  if (failed > 0) throw new Failure("unavailable", `${failed} of ${count(done.length, "file")} could not be changed`);
}

function unread(failures: readonly Failure[]): Failure {
  return new Failure("unavailable", `${count(failures.length, "file")} could not be looked at`);
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
