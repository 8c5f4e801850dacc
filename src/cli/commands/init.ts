import { existsSync } from "node:fs";
import { type Operations } from "../../core/wire/administration.ts";
import { KEY_SOURCES, type KeySourceName } from "../../core/views/status.ts";
import { Failure } from "../../core/failure.ts";
import type { Secret } from "../../core/secret.ts";
import { administer } from "../../client/daemon/request.ts";
import { command } from "../command.ts";
import { ask, isAttended, type Context } from "../context.ts";
import { assertNoneGiven } from "../terminal/given-secret.ts";
import { readNewPassphrase, readPassphrase } from "../terminal/secret-input.ts";

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
    "A passphrase from a file or a descriptor goes with `--key passphrase`. A vault that is there and locked is opened with it. For " +
      "`--rekey` it is the new one, and the vault is to be open before: `toolkey unlock`.",
  ],
  secret: "the passphrase",
  examples: [
    ["$0 init", "take the key store of this system, else a passphrase"],
    ["$0 init --key file", "keep the key in a file (0600), for machines without people; again: nothing, if it is so already"],
    ["$0 init --rekey --key passphrase", "make a new key, kept under a passphrase"],
    ["$0 init --key passphrase --secret-file FILE", "where nobody types it"],
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
    if (!rekey && key !== "passphrase") assertNoneGiven(context.given, "a passphrase is for --key passphrase");
    return rekey ? changeKey(context, key) : makeVault(context, key, accept);
  },
});

async function makeVault(context: Context, key: KeySourceName | undefined, accept: boolean): Promise<void> {
  const { output } = context;
  if (existsSync(context.paths.vault)) return findMade(context, key, accept);
  const made = await (key === undefined ? tryInOrder(context, accept) : create(context, [key], accept)).catch((error: unknown) => {
    // Another one may have made it just now.
    if (error instanceof Failure && error.code === "exists" && existsSync(context.paths.vault)) return undefined;
    throw error;
  });
  if (made === undefined) return findMade(context, key, accept);
  const { vault, source, where, accepted } = made;
  output.json({ vault, made: true, keySource: source, keyWhere: where, accepted });
  output.print(`made ${vault}`, `its key is kept in ${where} (${source}): ${IN_WORDS[source]}`);
  if (accepted === "") return;
  output.note("accepted as it is now (toolkey config):");
  for (const line of accepted.trimEnd().split("\n")) output.note(`  ${line}`);
}

/**
 * What holds of the vault that is there, if that is what was asked for.
 *
 * @throws Failure `exists` if its key is kept elsewhere, or a change waits that was to be accepted; and if it does not open, though
 * nobody has to be asked for that
 */
async function findMade(context: Context, key: KeySourceName | undefined, accept: boolean): Promise<void> {
  const { output } = context;
  const { vault } = await administer(context, "status", {});
  const there = `there is a vault already: ${vault.path}`;
  const { keySource = "keychain", keyWhere = "" } = vault;
  const { given } = context;
  if (vault.state !== "locked") await assertOpens(context, there);
  else if (given !== undefined) await administer(context, "unlock", { passphrase: (await readPassphrase(context, "")).reveal() });
  if (key !== undefined && key !== keySource) {
    throw new Failure("exists", `${there}; its key is kept in ${keyWhere} (${keySource}), and not as asked (${key})`, {
      hint: ["nothing was changed", `to change its key: toolkey init --rekey --key ${key}`],
    });
  }
  if (accept && (await waits(context))) {
    throw new Failure("exists", `${there}; a change of config.toml waits to be accepted`, {
      hint: ["nothing was changed", "to accept what waits: toolkey config accept"],
    });
  }
  output.json({ vault: vault.path, made: false, keySource, keyWhere });
  output.print(there, `its key is kept in ${keyWhere} (${keySource}); nothing was changed`);
  if (key === undefined) output.hint("to change its key: toolkey init --rekey");
}

async function assertOpens(context: Context, there: string): Promise<void> {
  try {
    await administer(context, "list", {});
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.code, `${there}; it does not open: ${error.message}`, { hint: error.hints, cause: error });
  }
}

/** Only an open vault tells what was accepted. */
async function waits(context: Context): Promise<boolean> {
  await ask({ ...context, heard: undefined }, "list", {});
  return (await ask({ ...context, heard: undefined }, "config", {})).waits;
}

// A key file is never taken unasked: it would lie there in plain text.
async function tryInOrder(context: Context, accept: boolean): ReturnType<typeof create> {
  try {
    return await create(context, ["keychain"], accept);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "unavailable") throw error;
    context.output.note(error.message);
    if (!isAttended(context)) {
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
  return administer(context, "init", { sources, accept, passphrase: (await passphraseFor(context, sources))?.reveal() });
}

async function changeKey(context: Context, key: KeySourceName | undefined): Promise<void> {
  const { output } = context;
  const { vault } = await ask(context, "status", {});
  const source = key ?? vault.keySource;
  if (source !== undefined && source !== "passphrase") assertNoneGiven(context.given, "a passphrase is for --key passphrase");
  if (source === undefined) throw new Failure("no-vault", `there is no vault at ${vault.path}`, { hint: "make one: toolkey init" });
  await ask(context, "list", {});
  const changed = await ask(context, "rekey", { source, passphrase: (await passphraseFor(context, [source]))?.reveal() });
  output.json({ vault: changed.vault, made: false, keySource: changed.source, keyWhere: changed.where, before: changed.before });
  output.print(`${changed.vault} has a new key, kept in ${changed.where} (${changed.source}; before: ${changed.before})`);
  output.note("copies of the vault that you made before still open with the old key");
}

async function passphraseFor(context: Context, sources: readonly KeySourceName[]): Promise<Secret | undefined> {
  return sources.includes("passphrase") ? readNewPassphrase(context) : undefined;
}
