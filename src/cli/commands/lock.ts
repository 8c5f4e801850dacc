import { administer, administerIfRunning } from "../../client/daemon/request.ts";
import type { Operations } from "../../core/wire/administration.ts";
import { Failure } from "../../core/failure.ts";
import { command } from "../command.ts";
import { ask, type Context } from "../context.ts";
import { assertNoneGiven, type GivenSecret } from "../terminal/given-secret.ts";
import { readPassphrase } from "../terminal/secret-input.ts";

export const lock = command({
  command: "lock",
  describe: "close the vault until 'toolkey unlock'; without a passphrase, a new daemon opens it again",
  about: [
    "Nothing gets a token from then on, running commands included. Under a passphrase that is so until it is given; a key in the " +
      "key store or in a file opens the vault again with `toolkey unlock`, or for a new daemon.",
  ],
  examples: [["$0 lock", "before you leave the machine"]],
  options: (parser) => parser,
  async run(_options, context) {
    const { state } = await administer(context, "lock", {});
    context.output.json({ state });
    context.output.print(state === "absent" ? "there is no vault" : "the vault is locked");
  },
});

export const unlock = command({
  command: "unlock",
  describe: "open the vault",
  about: [
    "Needed after `toolkey lock`. Otherwise the vault opens by itself when it is needed, and the first request on a terminal asks " +
      "for the passphrase if there is one.",
    "Where nobody types it, it comes from a file or a descriptor. No other command opens the vault with one: what those are given is " +
      "the secret that they ask for themselves.",
  ],
  secret: "the passphrase",
  examples: [
    ["$0 unlock", "asks for the passphrase where the vault has one"],
    ["$0 unlock --secret-fd 3 3<FILE", "where nobody types it"],
  ],
  options: (parser) => parser,
  async run(_options, context) {
    const { state, tokens } = await (context.given === undefined
      ? ask(context, "unlock", {}).catch((error: unknown) => withoutTerminal(error, context))
      : withGiven(context, context.given));
    context.output.json({ state, tokens });
    context.output.print(`the vault is open: ${tokens} ${tokens === 1 ? "token" : "tokens"}`);
  },
});

async function withGiven(context: Context, given: GivenSecret): Promise<Operations["unlock"]["answer"]> {
  const { keySource, keyWhere = "?" } = (await administer(context, "status", {})).vault;
  if (keySource !== "passphrase") assertNoneGiven(given, `the vault's key is kept in ${keyWhere}`, "toolkey unlock");
  return administer(context, "unlock", { passphrase: (await readPassphrase(context, "")).reveal() });
}

/** What others are told to do, this command can't tell to itself. */
function withoutTerminal(error: unknown, { asks }: Context): never {
  if (!(error instanceof Failure) || error.code !== "locked") throw error;
  if (!asks) {
    throw new Failure("locked", "the vault waits for its passphrase, and with --json nothing is asked", {
      hint: "toolkey unlock, without --json, or with --secret-file FILE",
      cause: error,
    });
  }
  throw new Failure("locked", "the passphrase of the vault is asked for on a terminal, and there is none", {
    hint: "run it in a terminal, in the foreground; without anybody at hand: toolkey unlock --secret-file FILE",
    cause: error,
  });
}

export const stop = command({
  command: "stop",
  describe: "stop the daemon; the next request starts it again",
  about: [
    "No token is lost by it. Commands of `toolkey run` that still run start the daemon again.",
  ],
  examples: [["$0 stop", "also closes the vault"]],
  options: (parser) => parser,
  async run(_options, context) {
    const stopped = await administerIfRunning(context, "stop", {});
    context.output.json({ stopped: stopped !== undefined, pid: stopped?.pid });
    context.output.print(stopped === undefined ? "no daemon was running" : `stopped the daemon (pid ${stopped.pid})`);
  },
});
