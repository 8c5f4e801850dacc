import { ADMINISTRATION } from "../../core/wire/administration.ts";
import { Failure } from "../../core/failure.ts";
import type { TokenView } from "../../core/tokens/token.ts";
import { KEPT_AGAIN } from "../../protocols/tool-facts.ts";
import { knownTool } from "../../protocols/tool-names.ts";
import { formOf, OWN_TREE } from "../../platform/installation/tree.ts";
import { commandText } from "../../protocols/text/command-text.ts";
import { command } from "../command.ts";
import { ask, type Context } from "../context.ts";
import { errorView } from "../json-asked.ts";
import { livingOn, livingOnText } from "../living-on.ts";
import { phantomText } from "../text/gateway-text.ts";
import { confirm } from "../terminal/secret-input.ts";
import { reportEnd } from "../text/end-text.ts";
import { tokenName } from "../text/token-text.ts";

export const revoke = command({
  command: "revoke [ids..]",
  describe: "revoke tokens, at their service and here",
  about: [
    "It says first what stops working, and asks. Then a token is served no more, whatever happens next, and its service is told. " +
      "It counts as revoked once the service refuses it.",
    "Where no program can end a token, toolkey names the page on which to do it, and the token stays in `toolkey list` until " +
      "`toolkey revoke --done` says that you did. A service that can't be reached is told later.",
    "On the day a laptop is stolen: `toolkey revoke --all`. `--phantoms` ends what commands use through the gateway right now, " +
      "without asking, since no token is lost by it.",
  ],
  ends: "It fails with 1 as long as a token may still be valid at its service.",
  examples: [
    ["$0 revoke git-7f3k", "one; the others go on working"],
    ["$0 revoke --service acme", "all for a service; also --tool T, --all: the day a laptop is stolen"],
    ["$0 revoke --all --dry-run", "what would live on if the vault was removed, and how each is ended"],
    ["$0 revoke --done git-7f3k", "you have revoked it on the service's page"],
    ["$0 revoke --local git-7f3k", "here only; it stays valid at its service; one that never worked is deleted"],
    ["$0 revoke --phantoms", "what commands hold for the gateway, and their connections; the tokens stay valid"],
    ["$0 revoke --remote acme 01HXYZ", "one that the vault does not hold, by its token id"],
  ],
  lists: ["ids"],
  options: (parser) =>
    parser
      .positional("ids", { type: "string", array: true, default: [] as string[], describe: "the tokens' ids" })
      .option("service", { type: "string", requiresArg: true, describe: "all tokens for this service" })
      .option("tool", { type: "string", requiresArg: true, describe: "all tokens of this tool" })
      .option("all", { type: "boolean", default: false, describe: "all tokens" })
      .option("local", { type: "boolean", default: false, describe: "revoke them here only" })
      .option("done", { type: "boolean", default: false, describe: "they have been revoked at their service by hand" })
      .option("remote", { type: "string", requiresArg: true, describe: "revoke untracked tokens of this service, by their token ids" })
      .option("dry-run", { type: "boolean", default: false, describe: "only say which tokens live on, and how each is ended" })
      .option("phantoms", { type: "boolean", default: false, describe: "all phantoms, at once" })
      .option("yes", { type: "boolean", alias: "y", default: false, describe: "do not ask" }),
  async run({ ids, service, tool, all, local, done, remote, phantoms, yes, dryRun }, context) {
    const isOther = local || done || remote !== undefined;
    if (phantoms) return revokePhantoms(context, ids.length > 0 || service !== undefined || tool !== undefined || all || dryRun || isOther);
    if (dryRun) {
      if (isOther) throw new Failure("usage", "--dry-run goes with tokens alone", { hint: "toolkey revoke --all --dry-run" });
      return sayWhatLives(context, await named(context, ids, { service, tool, all }));
    }
    if (remote !== undefined) return revokeRemote(context, remote, ids, yes);
    const tokens = await chosen(context, ids, { service, tool, all, done });
    if (done) return markDone(context, tokens);
    await warn(context, tokens, local);
    if (!yes) await confirm(context, local ? "revoke them here?" : "revoke them at their services and here?");
    const { ended } = await ask(context, "revoke", { ids: tokens.map(({ id }) => id), local });
    context.output.json({ ended });
    for (const one of ended) reportEnd(one, context.output);
    if (ended.some(({ end }) => end === "here"))
      context.output.note("at their services these tokens stay valid until you revoke them there");
    const left = ended.filter(({ end }) => end === "pending" || end === "by-hand").length;
    const hints = all && !local ? await sayWhatIsLeft(context) : [];
    if (left > 0)
      throw new Failure("unavailable", `${left} of ${ended.length} tokens are still valid at their service`, {
        hint: ["'toolkey list' shows them", ...hints],
      });
  },
});

async function sayWhatLives(context: Context, tokens: readonly TokenView[]): Promise<void> {
  const livesOn = await livingOn(context, tokens);
  context.output.json({ livesOn });
  if (livesOn.length === 0) context.output.note("no token that the vault holds lives on at a service");
  else context.output.print(...livesOn.map(livingOnText));
}

/** Once all are revoked: those that are not ended yet, also of earlier times. @returns what to do about them */
async function sayWhatIsLeft(context: Context): Promise<string[]> {
  const left = await livingOn(context, (await ask(context, "list", {})).tokens);
  for (const each of left) context.output.note(`lives on: ${livingOnText(each)}`);
  if (left.length > 0) return [`once they are ended there: toolkey revoke --done --all; then this is safe: ${removal(context)}`];
  context.output.note(`no token that the vault holds lives on at a service, and this is safe: ${removal(context)}`);
  return [];
}

/** How the vault is removed, in the form in which toolkey is installed. */
function removal({ paths }: Context): string {
  const form = formOf(OWN_TREE);
  if (form === "install.sh" || form === "checkout") return "uninstall.sh --purge";
  return `toolkey setup --all --undo --yes && toolkey stop && ${commandText(["rm", "-r", paths.data])}`;
}

/** @throws Failure `usage` if neither tokens nor a set of them is named, or both */
async function named(
  context: Context,
  ids: readonly string[],
  by: { service: string | undefined; tool: string | undefined; all: boolean },
): Promise<readonly TokenView[]> {
  const bySet = by.service !== undefined || by.tool !== undefined || by.all;
  if (bySet === ids.length > 0) {
    throw new Failure("usage", "name the tokens, or a set of them", { hint: "toolkey revoke ID…, or --service S, --tool T, --all" });
  }
  if (!bySet) return Promise.all(ids.map(async (id) => (await ask(context, "show", { id })).token));
  return (await ask(context, "list", { service: by.service, tool: by.tool })).tokens;
}

async function chosen(
  context: Context,
  ids: readonly string[],
  by: { service: string | undefined; tool: string | undefined; all: boolean; done: boolean },
): Promise<TokenView[]> {
  const tokens = await named(context, ids, by);
  if (ids.length > 0) return [...tokens];
  const chosen = tokens.filter(({ state }) => (by.done ? state === "revoking" : state === "active" || state === "suspended"));
  if (chosen.length === 0 && by.tool !== undefined && by.tool !== ADMINISTRATION) knownTool(by.tool);
  if (chosen.length === 0) {
    const hints = by.all && !by.done && tokens.length > 0 ? await sayWhatIsLeft(context) : [];
    throw new Failure("not-found", "there are no such tokens", { hint: ["'toolkey list' shows them", ...hints] });
  }
  // Logins end last: with them the others are ended.
  return chosen.sort((a, b) => Number(a.tool === ADMINISTRATION) - Number(b.tool === ADMINISTRATION));
}

async function warn(context: Context, tokens: readonly TokenView[], local: boolean): Promise<void> {
  const ending = new Set(tokens.map(({ id }) => id));
  for (const token of tokens) {
    const { standIns, warning } = await ask(context, "show", { id: token.id });
    const left = standIns.filter((id) => !ending.has(id));
    const after =
      token.state !== "active"
        ? "it is not served now"
        : left.length === 0
          ? `${token.tool} gets no token for ${token.target} any more`
          : `${left.join(", ")} takes its place`;
    context.output.note(`${tokenName(token)} is to be revoked: ${after}`);
    if (warning !== undefined && !local) context.output.note(`${token.id}: ${warning}`);
  }
}

async function markDone(context: Context, tokens: readonly TokenView[]): Promise<void> {
  const done = await each(tokens, context, async ({ id }) => {
    const { token } = await ask(context, "done", { id });
    context.output.print(`noted: ${tokenName(token)} is revoked at its service`);
    return { token };
  });
  context.output.json({ done: done.map(({ of: { id }, result, failure }) => ({ id, ...result, ...asError(failure) })) });
  assertAll(done, "could not be noted");
}

async function revokeRemote(context: Context, service: string, tokenIds: readonly string[], yes: boolean): Promise<void> {
  if (tokenIds.length === 0) throw new Failure("usage", "name the token ids", { hint: `toolkey list --remote ${service} shows them` });
  context.output.note(`whatever uses ${tokenIds.join(", ")} at ${service} stops working`);
  if (!yes) await confirm(context, "revoke them?");
  const done = await each(tokenIds, context, async (tokenId) => {
    await ask(context, "revokeUntracked", { service, tokenId });
    context.output.print(`revoked ${tokenId} at ${service}`);
  });
  const untracked = done.map(({ of: tokenId, failure }) => ({ tokenId, revoked: failure === undefined, ...asError(failure) }));
  context.output.json({ untracked });
  assertAll(done, "could not be revoked");
}

/** What became of one of several. */
interface Done<Of, Result> {
  readonly of: Of;
  readonly result: Result | undefined;
  readonly failure: Failure | undefined;
}

/** Does something with each: what fails with one, and is told, is no reason to leave the others as they are. */
async function each<Of, Result>(
  all: readonly Of[],
  { output }: Context,
  action: (one: Of) => Promise<Result>,
): Promise<Done<Of, Result>[]> {
  const done: Done<Of, Result>[] = [];
  for (const one of all) {
    try {
      done.push({ of: one, result: await action(one), failure: undefined });
    } catch (error) {
      // Of one there is nothing else to be told; and what is locked is so for all.
      if (!(error instanceof Failure) || all.length === 1 || error.code === "locked") throw error;
      output.fail(error);
      done.push({ of: one, result: undefined, failure: error });
    }
  }
  return done;
}

function asError(failure: Failure | undefined): { error?: ReturnType<typeof errorView> } {
  return failure === undefined ? {} : { error: errorView(failure) };
}

function assertAll(done: readonly Done<unknown, unknown>[], what: string): void {
  const failed = done.filter(({ failure }) => failure !== undefined).length;
  if (failed > 0) throw new Failure("unavailable", `${failed} of ${done.length} tokens ${what}`);
}

/** Without asking: nothing is lost by it, and it may be urgent. */
async function revokePhantoms(context: Context, hasMore: boolean): Promise<void> {
  if (hasMore) throw new Failure("usage", "--phantoms revokes all phantoms, and nothing else", { hint: "toolkey revoke --phantoms" });
  const { phantoms } = await ask(context, "revokePhantoms", {});
  context.output.json({ phantoms });
  if (phantoms.length === 0) return context.output.note("there are no phantoms");
  for (const phantom of phantoms) context.output.print(`revoked: ${phantomText(phantom)}`);
  if (phantoms.some(({ pid }) => pid === undefined)) KEPT_AGAIN.forEach((hint) => context.output.hint(hint));
}
