/** What options take, and what arguments are, by their names: a name means the same in all commands. */

/** What completes one. */
export type Offered = "commands" | "directories" | "files" | "services" | "tokens" | "tools" | "used services";

export interface ValueFacts {
  /** What stands for it in a line of the manual. */
  readonly placeholder: string;
  readonly offered: Offered | undefined;
}

const FILE: ValueFacts = { placeholder: "FILE", offered: "files" };

/** Of options whose name doesn't say it. */
const OF_OPTIONS: Readonly<Record<string, ValueFacts>> = {
  cacert: FILE,
  env: { placeholder: "NAME=SERVICE", offered: undefined },
  expires: { placeholder: "WHEN", offered: undefined },
  from: FILE,
  identity: FILE,
  only: { placeholder: "TOOL[,HOST]", offered: "tools" },
  project: { placeholder: "DIRECTORY", offered: "directories" },
  remote: { placeholder: "SERVICE", offered: "services" },
  service: { placeholder: "SERVICE", offered: "used services" },
  to: FILE,
  tool: { placeholder: "TOOL", offered: "tools" },
  ttl: { placeholder: "TIME", offered: undefined },
};

const OF_ARGUMENTS: Readonly<Record<string, Offered>> = {
  command: "commands",
  id: "tokens",
  ids: "tokens",
  name: "services",
  place: "services",
  service: "services",
};

export function valueOfOption(name: string): ValueFacts {
  if (name.endsWith("-file")) return FILE;
  return OF_OPTIONS[name] ?? { placeholder: name.toUpperCase(), offered: undefined };
}

export function offeredForArgument(name: string): Offered | undefined {
  return OF_ARGUMENTS[name];
}
