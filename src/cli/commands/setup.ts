import { existsSync } from "node:fs";
import { Failure } from "../../core/failure.ts";
import { INSTEAD_OF_SETUP } from "../../protocols/tool-facts.ts";
import { knownTool } from "../../protocols/tool-names.ts";
import { command } from "../command.ts";
import { CLI_TOOLS } from "../tools/tools.ts";

/** By name, with what each does. */
const OF_TOOLS = [...CLI_TOOLS.values()].flatMap(({ options = {} }) => Object.entries(options));

export const setup = command({
  command: "setup [tool]",
  describe: "make a tool, or all that are installed here, ask toolkey for its tokens",
  about: [
    "It writes into the tool's own settings what makes it ask toolkey, for git its credential helper. What else is in the file stays " +
      "as it is. To run it again does no harm, and renews what an older version wrote.",
    "A tool without a hook for that, as npm, gets a function in your shell, which starts it with `toolkey run`.",
  ],
  examples: [
    ["$0 setup git", "write the credential helper into your git configuration"],
    ["$0 setup git --dry-run", "show what it would write"],
    ["$0 setup git --undo", "take it back"],
    ["$0 setup --all --yes", "each tool that is installed here, without asking; as often as you like"],
  ],
  offered: { tool: [...CLI_TOOLS.keys()] },
  options(parser) {
    const own = parser
      .positional("tool", { type: "string", describe: `the tool: ${[...CLI_TOOLS.keys()].join(", ")}` })
      .option("all", { type: "boolean", default: false, describe: "each tool that is installed here; with --undo: each that was set up" })
      .option("undo", { type: "boolean", default: false, describe: "take the setup back" });
    for (const [name, describe] of OF_TOOLS) own.option(name, { type: "boolean", default: false, describe });
    return own
      .option("dry-run", { type: "boolean", default: false, describe: "show the change, and make none" })
      .option("yes", { type: "boolean", alias: "y", default: false, describe: "with --all: do not ask" });
  },
  async run({ tool: named, all, undo, dryRun, yes, ...given }, context) {
    const options = new Set(OF_TOOLS.map(([name]) => name).filter((name) => given[asParsed(name)] === true));
    if (all === (named !== undefined)) throw new Failure("usage", "name a tool, or give --all", { hint: "toolkey setup --help" });
    const mentionVault = (): void => {
      if (!undo && !existsSync(context.paths.vault)) context.output.hint("there is no vault yet: toolkey init");
    };
    if (named === undefined) {
      const { setUpAll } = await import("../setup/setup-all.ts");
      await setUpAll({ undo, dryRun, yes, options }, context);
      return mentionVault();
    }
    const tool = knownTool(named);
    const known = CLI_TOOLS.get(tool);
    if (known === undefined) {
      throw new Failure("usage", `${tool} needs no setup: 'toolkey run' starts what is to have its tokens`, {
        hint: INSTEAD_OF_SETUP[tool] ?? [],
      });
    }
    const foreign = [...options].find((name) => !Object.hasOwn(known.options ?? {}, name));
    if (foreign !== undefined) throw new Failure("usage", `there is no --${foreign} for ${tool}`, { hint: "toolkey setup --help" });
    const { carryOutSetup } = await import("../setup/setup-run.ts");
    context.output.json({ tools: [await carryOutSetup(await known.setup(), { tool, undo, options, dryRun }, context)] });
    mentionVault();
  },
});

/** yargs names `--every-host` `everyHost` (main.ts). */
function asParsed(name: string): string {
  return name.replace(/-(.)/g, (_dashed, letter: string) => letter.toUpperCase());
}
