import { command, JSON_OPTION } from "../command.ts";
import { ask } from "../context.ts";
import { table } from "../terminal/table.ts";

export const services = command({
  command: "services",
  describe: "show the services that toolkey knows, and your own",
  examples: [["$0 services", "which tools each is for, and what toolkey can do there"]],
  options: (parser) => parser.option("json", JSON_OPTION),
  async run({ json }, context) {
    const { output } = context;
    const { services: known } = await ask(context, "services", {});
    if (json) return output.json(known);
    const rows = known.map(({ name, title, tools, can, page }) => [
      name,
      title,
      tools.map(({ tool }) => tool).join(" "),
      can.join(" "),
      page ?? "",
    ]);
    output.print(
      ...table(
        [
          { title: "SERVICE" },
          { title: "WHAT IT IS", flexible: true, optional: 2 },
          { title: "TOOLS", flexible: true },
          { title: "TOOLKEY CAN", flexible: true },
          { title: "PAGE", optional: 1 },
        ],
        rows,
        output.width,
      ).split("\n"),
    );
  },
});
