import { command } from "../command.ts";
import { ask } from "../context.ts";
import { table } from "../terminal/table.ts";
import { serviceText } from "../text/service-text.ts";

export const services = command({
  command: "services [name]",
  describe: "show the services that toolkey knows, and your own; or one of them",
  about: [
    "A <KIND>@<HOST> in the list is a kind of which there are many: put your host in its place. Others come from `config.toml`. " +
      "TOOLKEY CAN says what is done there by program; the rest is done on the page that is named.",
  ],
  examples: [
    ["$0 services", "which tools each is for, and what toolkey can do there"],
    ["$0 services acme", "how each tool gets a token there"],
  ],
  options: (parser) => parser.positional("name", { type: "string", describe: "one of them" }),
  async run({ name }, context) {
    const { output } = context;
    if (name !== undefined) {
      const { service } = await ask(context, "service", { name });
      output.json(service);
      return output.print(...serviceText(service, output.width));
    }
    const { services: known } = await ask(context, "services", {});
    output.json(known);
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
