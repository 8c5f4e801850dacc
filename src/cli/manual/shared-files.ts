/** All that lies below `share`: manual pages and completion scripts. */
import { completionScript, PLACES } from "../completion/scripts.ts";
import { SHELLS } from "../shell.ts";
import { COMMAND_FACTS } from "./all-commands.ts";
import { commandPage } from "./command-page.ts";
import { helperPages } from "./helper-page.ts";
import { overview } from "./overview.ts";
import { render } from "./roff.ts";

/** Each with its path below `share`. @param version of toolkey, which the pages name */
export function sharedFiles(version: string): (readonly [path: string, text: string])[] {
  const helpers = helperPages();
  const pages = [overview(helpers.map(({ name }) => name)), ...COMMAND_FACTS.map(commandPage), ...helpers];
  return [
    ...pages.map((page) => [`man/man1/${page.name}.1`, render(page, version)] as const),
    ...SHELLS.map((shell) => [PLACES[shell], completionScript(shell)] as const),
  ];
}
