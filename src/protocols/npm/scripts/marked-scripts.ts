/** How a client of npm registries is made to run scripts in a shell of ours, which marks what they start. Pure. */
import type { RunRequest } from "../../tool-protocol.ts";
import { settingOf, type Settings } from "../configuration/settings.ts";

/**
 * Variables, which come before what a project sets. The person's own shell is run by ours, and the person's git is the one that asks.
 *
 * @param prefixes of the variables that the client reads
 */
export function markedScripts(
  { installation, environment }: RunRequest,
  personal: readonly Settings[],
  prefixes: readonly string[],
): Record<string, string> {
  const [shell, git] = [settingOf(personal, "script-shell"), settingOf(personal, "git")];
  const settings = {
    script_shell: `${installation.sealedPrograms}/script-shell`,
    git: git ?? "git",
    // pnpm could run them itself; npm warns of what it doesn't know.
    ...(prefixes.length > 1 ? { shell_emulator: "false" } : {}),
  };
  const spellings = (key: string): string[] => {
    const names = prefixes.map((prefix) => `${prefix}${key}`);
    const set = Object.keys(environment).filter((name) => names.includes(name.toLowerCase().replaceAll("-", "_")));
    return [...new Set([...names, ...set])];
  };
  return {
    ...Object.fromEntries(Object.entries(settings).flatMap(([key, value]) => spellings(key).map((name) => [name, value]))),
    ...(shell === undefined || shell === "" || shell === "null" ? {} : { TOOLKEY_SCRIPT_SHELL: shell }),
  };
}
