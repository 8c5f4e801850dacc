import { Failure } from "../../core/failure.ts";
import { INSTEAD_OF_SETUP } from "../../protocols/tool-facts.ts";
import { knownTool } from "../../protocols/tool-names.ts";
import type { ToolName } from "../../protocols/tools.ts";
import { command } from "../command.ts";
import { SETUPS } from "../setup/setups.ts";

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
      .positional("tool", { type: "string", demandOption: true, describe: `the tool: ${Object.keys(SETUPS).join(", ")}` })
      .option("undo", { type: "boolean", default: false, describe: "take the setup back" })
      .option("native", { type: "boolean", default: false, describe: "maven: also for IDEs and mvnd, with Maven 4" })
      .option("gateway", { type: "boolean", default: false, describe: "maven: in settings.xml, with a phantom in place of the tokens" })
      .option("publish", { type: "boolean", default: false, describe: "with --gateway: to deploy, too" })
      .option("every-host", { type: "boolean", default: false, describe: "git: also for hosts that have a helper of their own" })
      .option("dry-run", { type: "boolean", default: false, describe: "show the change, and make none" }),
  async run({ tool: named, undo, native, gateway, publish, everyHost, dryRun }, context) {
    const tool = knownTool(named);
    const instead = INSTEAD_OF_SETUP[tool];
    if (!canBeSetUp(tool)) throw new Failure("usage", `${tool} needs no setup: 'toolkey run' starts what is to have its tokens`, { hint: instead ?? [] });
    if (native && tool !== "maven") throw new Failure("usage", `there is no --native for ${tool}`, { hint: "toolkey setup --help" });
    if ((gateway || publish) && tool !== "maven") throw new Failure("usage", `there is no --${gateway ? "gateway" : "publish"} for ${tool}`, { hint: "toolkey setup --help" });
    if (everyHost && tool !== "git") throw new Failure("usage", `there is no --every-host for ${tool}`, { hint: "toolkey setup --help" });
    const { carryOutSetup } = await import("../setup/setup-run.ts");
    await carryOutSetup(await SETUPS[tool](), { tool, undo, native, gateway, publish, everyHost, dryRun }, context);
  },
});

function canBeSetUp(tool: ToolName): tool is keyof typeof SETUPS & ToolName {
  return tool in SETUPS;
}
