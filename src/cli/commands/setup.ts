import { Failure } from "../../core/failure.ts";
import { INSTEAD_OF_SETUP } from "../../protocols/tool-facts.ts";
import { knownTool } from "../../protocols/tool-names.ts";
import { keepTree } from "../../platform/installation/keeping.ts";
import { command } from "../command.ts";
import { CLI_TOOLS } from "../tools/tools.ts";

/** By name, with what each does. */
const OF_TOOLS = [...CLI_TOOLS.values()].flatMap(({ options = {} }) => Object.entries(options));

export const setup = command({
  command: "setup <tool>",
  describe: "make a tool ask toolkey for its tokens",
  about: [
    "It writes into the tool's own settings what makes it ask toolkey: git's credential helper, a credential helper of docker's, a " +
      "provider of Cargo's. What else is in the file stays as it is. To run it again does no harm, and renews what an older version " +
      "wrote.",
    "A tool without a hook for that, as npm, gets a function in your shell, which starts it with `toolkey run`.",
  ],
  examples: [
    ["$0 setup git", "write the credential helper into your git configuration"],
    ["$0 setup git --dry-run", "show what it would write"],
    ["$0 setup git --undo", "take it back"],
  ],
  offered: { tool: [...CLI_TOOLS.keys()] },
  options(parser) {
    const own = parser
      .positional("tool", { type: "string", demandOption: true, describe: `the tool: ${[...CLI_TOOLS.keys()].join(", ")}` })
      .option("undo", { type: "boolean", default: false, describe: "take the setup back" });
    for (const [name, describe] of OF_TOOLS) own.option(name, { type: "boolean", default: false, describe });
    return own.option("dry-run", { type: "boolean", default: false, describe: "show the change, and make none" });
  },
  async run({ tool: named, undo, dryRun, ...given }, context) {
    const tool = knownTool(named);
    const known = CLI_TOOLS.get(tool);
    if (known === undefined) {
      throw new Failure("usage", `${tool} needs no setup: 'toolkey run' starts what is to have its tokens`, {
        hint: INSTEAD_OF_SETUP[tool] ?? [],
      });
    }
    const options = new Set(OF_TOOLS.map(([name]) => name).filter((name) => given[asParsed(name)] === true));
    const foreign = [...options].find((name) => !Object.hasOwn(known.options ?? {}, name));
    if (foreign !== undefined) throw new Failure("usage", `there is no --${foreign} for ${tool}`, { hint: "toolkey setup --help" });
    const { carryOutSetup } = await import("../setup/setup-run.ts");
    if (!undo && !dryRun) await keepTree(context.paths);
    await carryOutSetup(await known.setup(), { tool, undo, options, dryRun }, context);
  },
});

/** yargs names `--every-host` `everyHost` (main.ts). */
function asParsed(name: string): string {
  return name.replace(/-(.)/g, (_dashed, letter: string) => letter.toUpperCase());
}
