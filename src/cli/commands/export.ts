import { resolve } from "node:path";
import { Failure } from "../../core/failure.ts";
import type { SealedBy } from "../../core/views/moving.ts";
import { assertPlace, makeFile } from "../../platform/files/new-file.ts";
import { command } from "../command.ts";
import { ask, type Context } from "../context.ts";
import { assertNoneGiven } from "../terminal/given-secret.ts";
import { assertLongEnough, confirm, readNewPassphrase, readPassphrase } from "../terminal/secret-input.ts";
import { saidOfStaying } from "../text/moving-text.ts";

const STANDARD_OUTPUT = "-";

export const exportTokens = command({
  command: "export [ids..]",
  describe: "write tokens into an encrypted file, for another machine or as a backup",
  about: [
    "The file is a standard age file, encrypted to a passphrase or to recipients; `toolkey import --from` takes it. What belongs to " +
      "this machine alone (logins that renew themselves, keys of apps, tokens that a command fetches) stays, and is named with what " +
      "to do there.",
  ],
  lists: ["ids", "recipient"],
  secret: "the passphrase",
  examples: [
    ["$0 export --to tokens.age", "all tokens, under a passphrase that is asked for"],
    ["$0 export --to tokens.age --recipient age1…", "for whoever has the identity of that recipient"],
    ["$0 export --service acme --to acme.age", "only some; also by their ids, or --tool T"],
    ["$0 export --recipient age1… | ssh there toolkey import --from - --identity FILE", "to another machine, without a file"],
  ],
  options: (parser) =>
    parser
      .positional("ids", { type: "string", array: true, default: [] as string[], describe: "the tokens' ids; all tokens without" })
      .option("to", { type: "string", requiresArg: true, describe: "the file; - for standard output" })
      .option("recipient", {
        type: "string",
        array: true,
        // Each has one: the words after it are ids.
        nargs: 1,
        default: [] as string[],
        requiresArg: true,
        describe: "age1…: who can decrypt it, in place of a passphrase",
      })
      .option("service", { type: "string", requiresArg: true, describe: "all tokens for this service" })
      .option("tool", { type: "string", requiresArg: true, describe: "all tokens of this tool" })
      .option("force", { type: "boolean", default: false, describe: "in the place of a file that is there" })
      .option("yes", { type: "boolean", alias: "y", default: false, describe: "do not ask" }),
  async run({ ids, to, recipient, service, tool, force, yes }, context) {
    const { output } = context;
    const file = to === undefined || to === STANDARD_OUTPUT ? undefined : resolve(to);
    if (file === undefined) assertProgramReads(context);
    else await assertPlace(file, force);
    const { tokens } = await ask(context, "exportTokens", { ids: await chosen(context, ids, { service, tool }) });
    const count = tokens.filter(({ stays }) => stays === undefined).length;
    if (!output.isForPrograms) saidOfStaying(tokens, output);
    if (count === 0) throw new Failure("not-found", "there is nothing to be exported", { hint: "'toolkey list' shows the tokens" });
    const by = await sealing(context, recipient, { what: file ?? "the tokens", count, yes });
    const exported = await ask(context, "exportTokens", { ids: tokens.map(({ token }) => token.id), by });
    const bytes = Buffer.from(exported.file ?? "", "base64");
    if (file === undefined) return output.bytes(bytes);
    await makeFile(file, bytes, force);
    output.json({ file, tokens: exported.tokens.map(({ token, stays, hint }) => ({ id: token.id, stays, hint })) });
    output.print(`wrote ${file}: ${counted(count)}, encrypted`);
    output.hint("on the other machine: toolkey import --from FILE, which says which of them are to be replaced");
  },
});

function assertProgramReads({ output }: Context): void {
  if (output.isForPrograms) throw new Failure("usage", "with --json the tokens go into a file", { hint: "--to FILE" });
  if (output.isTerminal) throw new Failure("usage", "an age file is no text for a terminal", { hint: "--to FILE, or into a pipe" });
}

async function chosen(
  context: Context,
  ids: readonly string[],
  by: { service: string | undefined; tool: string | undefined },
): Promise<readonly string[]> {
  const bySet = by.service !== undefined || by.tool !== undefined;
  if (bySet && ids.length > 0) {
    throw new Failure("usage", "name the tokens, or a set of them", { hint: "toolkey export ID…, or --service S, --tool T" });
  }
  if (ids.length > 0) return ids;
  return (await ask(context, "list", by)).tokens.map(({ id }) => id);
}

/** All secrets go out: a person says so, by a passphrase that is typed twice or by a yes. @throws Failure `usage`, `denied` */
async function sealing(
  context: Context,
  recipients: readonly string[],
  { what, count, yes }: { what: string; count: number; yes: boolean },
): Promise<SealedBy> {
  if (recipients.length > 0) {
    assertNoneGiven(context.given, "--recipient says who can decrypt it");
    const readers = recipients.join(", ");
    if (!yes) await confirm(context, `write ${counted(count)} with their secrets, for whoever has the identity of ${readers}?`);
    return { recipients };
  }
  if (context.stdin.isTTY && context.given === undefined) {
    context.output.note(`what goes out, with all secrets: ${counted(count)}; the passphrase is all that guards them`);
    return { passphrase: (await readNewPassphrase(context, what)).reveal() };
  }
  const isGiven = context.given !== undefined;
  if (!yes && isGiven) await confirm(context, `write ${counted(count)} with their secrets, for whoever has the passphrase that was given?`);
  if (!yes && !isGiven) {
    throw new Failure("usage", "all secrets would go out, and there is no terminal to ask on", {
      hint: ["nothing was written", "--yes, with --recipient age1… or with a passphrase: --secret-file FILE, or on standard input"],
    });
  }
  const passphrase = await readPassphrase(context, "");
  assertLongEnough(passphrase);
  return { passphrase: passphrase.reveal() };
}

function counted(count: number): string {
  return `${count} token${count === 1 ? "" : "s"}`;
}
