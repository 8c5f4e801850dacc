import { Failure } from "../../core/failure.ts";
import { command } from "../command.ts";
import { SETUPS, WITHOUT_SETUP } from "../setups.ts";

type Tool = keyof typeof SETUPS | keyof typeof WITHOUT_SETUP;

const TOOLS = [...Object.keys(SETUPS), ...Object.keys(WITHOUT_SETUP)] as Tool[];

export const setup = command({
  command: "setup <tool>",
  describe: "make a tool ask toolkey for its tokens",
  examples: [
    ["$0 setup git", "write the credential helper into your git configuration"],
    ["$0 setup git --dry-run", "show what it would write"],
    ["$0 setup git --undo", "take it back"],
  ],
  options: (parser) =>
    parser
      .positional("tool", { choices: TOOLS, demandOption: true, describe: "the tool" })
      .option("undo", { type: "boolean", default: false, describe: "take the setup back" })
      .option("native", { type: "boolean", default: false, describe: "maven: also for IDEs and mvnd, with Maven 4" })
      .option("gateway", { type: "boolean", default: false, describe: "maven: in settings.xml, with a phantom in place of the tokens" })
      .option("publish", { type: "boolean", default: false, describe: "with --gateway: to deploy, too" })
      .option("dry-run", { type: "boolean", default: false, describe: "show the change, and make none" }),
  async run({ tool, undo, native, gateway, publish, dryRun }, context) {
    if (needsNoSetup(tool)) throw new Failure("usage", `there is nothing to set up for ${tool}`, { hint: WITHOUT_SETUP[tool] });
    if (native && tool !== "maven") throw new Failure("usage", `there is no --native for ${tool}`, { hint: "toolkey setup --help" });
    if ((gateway || publish) && tool !== "maven") throw new Failure("usage", `there is no --${gateway ? "gateway" : "publish"} for ${tool}`, { hint: "toolkey setup --help" });
    const { carryOutSetup } = await import("../setup-run.ts");
    await carryOutSetup(await SETUPS[tool](), { tool, undo, native, gateway, publish, dryRun }, context);
  },
});

function needsNoSetup(tool: Tool): tool is keyof typeof WITHOUT_SETUP {
  return tool in WITHOUT_SETUP;
}
