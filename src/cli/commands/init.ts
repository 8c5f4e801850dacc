import { existsSync } from "node:fs";
import { type Operations } from "../../core/administration.ts";
import { KEY_SOURCES, type KeySourceName } from "../../core/status.ts";
import { Failure } from "../../core/failure.ts";
import type { Secret } from "../../core/secret.ts";
import { administer } from "../../client/daemon/request.ts";
import { command } from "../command.ts";
import { ask, type Context } from "../context.ts";
import { readNewPassphrase } from "../terminal/secret-input.ts";

const IN_WORDS: Readonly<Record<KeySourceName, string>> = {
  keychain: "it opens by itself while you are logged in",
  passphrase: "'toolkey unlock' asks for the passphrase",
  file: "whoever reads that file opens the vault, the scripts of a build too",
};

export const init = command({
  command: "init",
  describe: "make the vault, or change its key",
  about: [
    "The vault is an encrypted file. Without `--key` its key goes into the key store of your system, or, where there is none that " +
      "works, under a passphrase, which is asked for. A plain key file is only made where `--key file` says so. It says where the " +
      "key is kept, and why.",
    "A vault that is there is never overwritten. `--rekey` gives it a new key, and encrypts it anew; nothing is lost on the way.",
    "On a machine that is set up with a `config.toml` which you know, `--accept` puts its services and certificates in force, as " +
      "`toolkey config accept` does later.",
  ],
  examples: [
    ["$0 init", "take the key store of this system, else a passphrase"],
    ["$0 init --key file", "keep the key in a file (0600), for machines without people"],
    ["$0 init --rekey --key passphrase", "make a new key, kept under a passphrase"],
  ],
  options: (parser) =>
    parser
      .option("key", { choices: KEY_SOURCES, requiresArg: true, describe: "where the key is kept" })
      .option("accept", {
        type: "boolean",
        default: false,
        describe: "accept config.toml as it is, and the certificates that it, this session and --cacert name, without asking",
      })
      .option("rekey", { type: "boolean", default: false, describe: "give the vault that is there a new key" }),
  async run({ key, rekey, accept }, context) {
    if (rekey && accept) throw new Failure("usage", "--accept is for a new vault", { hint: "toolkey config accept" });
    return rekey ? changeKey(context, key) : makeVault(context, key, accept);
  },
});

async function makeVault(context: Context, key: KeySourceName | undefined, accept: boolean): Promise<void> {
  const { output } = context;
  const { vault } = context.paths;
  if (existsSync(vault)) {
    throw new Failure("exists", `there is a vault already: ${vault}`, {
      hint: accept ? "to accept what waits: toolkey config accept" : "to change its key: toolkey init --rekey",
    });
  }
  const made = key === undefined ? await tryInOrder(context, accept) : await create(context, [key], accept);
  output.print(`made ${made.vault}`);
  output.print(`its key is kept in ${made.where} (${made.source}): ${IN_WORDS[made.source]}`);
  if (made.accepted === "") return;
  output.note("accepted as it is now (toolkey config):");
  for (const line of made.accepted.trimEnd().split("\n")) output.note(`  ${line}`);
}

// A key file is never taken unasked: it would lie there in plain text.
async function tryInOrder(context: Context, accept: boolean): ReturnType<typeof create> {
  try {
    return await create(context, ["keychain"], accept);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "unavailable") throw error;
    context.output.note(error.message);
    if (!context.stdin.isTTY) {
      throw new Failure("unavailable", "there is no place for the key: no key store, and no terminal to choose a passphrase on", {
        hint: "on a machine without people: toolkey init --key file",
        cause: error,
      });
    }
    context.output.note("so the key is kept under a passphrase");
    return create(context, ["passphrase"], accept);
  }
}

async function create(
  context: Context,
  sources: readonly KeySourceName[],
  accept: boolean,
): Promise<Operations["init"]["answer"]> {
  return administer(context, "init", { sources, accept, passphrase: (await passphraseFor(sources))?.reveal() });
}

async function changeKey(context: Context, key: KeySourceName | undefined): Promise<void> {
  const { output } = context;
  const { vault } = await ask(context, "status", {});
  const source = key ?? vault.keySource;
  if (source === undefined) throw new Failure("no-vault", `there is no vault at ${vault.path}`, { hint: "make one: toolkey init" });
  await ask(context, "list", {});
  const changed = await ask(context, "rekey", { source, passphrase: (await passphraseFor([source]))?.reveal() });
  output.print(`${changed.vault} has a new key, kept in ${changed.where} (${changed.source}; before: ${changed.before})`);
  output.note("copies of the vault that you made before still open with the old key");
}

async function passphraseFor(sources: readonly KeySourceName[]): Promise<Secret | undefined> {
  return sources.includes("passphrase") ? readNewPassphrase() : undefined;
}
