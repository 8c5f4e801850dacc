/** What is known of all commands. `build.mjs` reads these values when it builds, so that completion does not carry the commands. */
import { COMMANDS } from "../commands.ts";
import { commandFacts, commonOptions, type CommandFacts, type OptionFacts } from "./command-facts.ts";

export const COMMAND_FACTS: readonly CommandFacts[] = COMMANDS.map(commandFacts);

export const COMMON: readonly OptionFacts[] = commonOptions();
