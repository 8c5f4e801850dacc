import { Failure } from "../../core/failure.ts";
import { command } from "../command.ts";
import { assertNoneGiven } from "../terminal/given-secret.ts";

export const importSecrets = command({
  command: "import",
  describe: "take secrets that lie in plain text into the vault, and out of their files",
  about: [
    "It looks into the files in which tools keep their logins: git's, npm's, a netrc and many more. It shows what it " +
      "found, with what happens to each, and asks. A secret leaves its file only once the vault has it. What belongs to a tool that " +
      "toolkey doesn't serve is named, and stays.",
    "The files as they were are kept in the vault: `--undo` writes them back, byte by byte. What lay in a file may have been read " +
      "by anybody: where a service can end a token, it offers to do that.",
    "`--check` needs no vault and changes nothing. It is for CI, and for a hook of git's.",
  ],
  secret: "with --from: its passphrase",
  ends: "With `--check` it fails with 1 if there is a secret, or a file that can't be read.",
  examples: [
    ["$0 import", "show what is found, ask, and take what tools of toolkey read"],
    ["$0 import --project", "the same, also in the tree below this directory"],
    ["$0 import --check --project --no-home", "only look, exit 1 if there are any: for CI and pre-commit"],
    ["$0 import --undo", "write the files back as they were"],
    ["$0 import --from tokens.age", "what 'toolkey export' wrote, here or on another machine"],
  ],
  options: (parser) =>
    parser
      .option("from", { type: "string", requiresArg: true, describe: "take the tokens of an export; - for standard input" })
      .option("identity", { type: "string", requiresArg: true, describe: "with --from: the file of the age identity that it is for" })
      .option("project", { type: "string", describe: "look in the tree below a directory, too" })
      .option("home", { type: "boolean", default: true, describe: "look at your own files; --no-home: don't" })
      .option("tool", { type: "string", requiresArg: true, describe: "only the secrets of this tool" })
      .option("check", { type: "boolean", default: false, describe: "only look; exit 1 if there are any" })
      .option("yes", { type: "boolean", alias: "y", default: false, describe: "do not ask" })
      .option("undo", { type: "boolean", default: false, describe: "write the files back as they were" })
      .option("force", { type: "boolean", default: false, describe: "with --undo: over what was changed since" })
      .option("drop-backups", { type: "boolean", default: false, describe: "forget the files as they were" }),
  async run({ from, identity, undo, force, dropBackups: drop, ...options }, context) {
    if (from !== undefined) {
      const { check, home, project, tool } = options;
      const hasMore = undo || force || drop || check || !home || project !== undefined || tool !== undefined;
      if (hasMore) throw new Failure("usage", "--from goes with what opens it and --json alone", { hint: "toolkey import --help" });
      if (identity !== undefined) assertNoneGiven(context.given, "--identity opens it");
      const { importFrom } = await import("../moving/import-from.ts");
      return importFrom(from, { identity }, context);
    }
    assertNoneGiven(context.given, "a passphrase is for --from");
    if (identity !== undefined) {
      throw new Failure("usage", "--identity is for --from", { hint: "toolkey import --from FILE --identity FILE" });
    }
    if ([undo, drop, options.check].filter(Boolean).length > 1) {
      throw new Failure("usage", "--check, --undo and --drop-backups are three different things", { hint: "give one of them" });
    }
    if (force && !undo) throw new Failure("usage", "--force is for --undo", { hint: "toolkey import --undo --force" });
    if (undo || drop) {
      const { dropBackups, undoImport } = await import("../plaintext/undo.ts");
      return undo ? undoImport(force, context) : dropBackups(options.yes, context);
    }
    const { runImport } = await import("../plaintext/run.ts");
    return runImport(options, context);
  },
});
