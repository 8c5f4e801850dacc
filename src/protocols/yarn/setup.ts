/**
 * Names our plugin in the home's `.yarnrc.yml`, as an edit of its text: Yarn's own command for it writes the
 * whole file anew, without comments. What was inserted can be told from all else, so that taking it out
 * again leaves every byte as it was.
 */
import { parse } from "yaml";
import { Failure } from "../../core/failure.ts";
import { literalPattern } from "../text/literal-pattern.ts";
import { MarkedBlock } from "../text/marked-block.ts";

const PLUGIN_FILE = "yarn-plugin.cjs";
const BLOCK = new MarkedBlock("yarn");
const LIST = "plugins:";
const COMMENT = "# 'toolkey setup yarn --undo' takes this line away again";

const KEY = /^(?:plugins|"plugins"|'plugins')[ \t]*:/m;
/** The first entry of a list, a line each; and the bracket with which a list on one line begins. */
const BLOCK_LIST = /^(?:[ \t]*(?:#.*)?(?:\r?\n))+([ \t]*)-(?=[ \t\r\n])/;
const FLOW_LIST = /^[ \t]*\[/;

const ENTRY_LINE = new RegExp(String.raw`^[ \t]*- .*[^\n]*${literalPattern(COMMENT)}\r?\n`, "m");
const ENTRY_IN_BRACKETS = new RegExp(String.raw` "[^"\n]*${literalPattern(PLUGIN_FILE)}", ${literalPattern(COMMENT)}\r?\n {2}`);
/** What Yarn makes of our entry when it writes the file anew; alone in its list, or among others. */
const ONLY_REWRITTEN = new RegExp(String.raw`^plugins:\r?\n[ \t]*- "?[^"\n]*/${literalPattern(PLUGIN_FILE)}"?\r?\n(?![ \t]*-)\n?`, "m");
const REWRITTEN = new RegExp(String.raw`^[ \t]*- "?[^"\n]*/${literalPattern(PLUGIN_FILE)}"?\r?\n`, "m");

/**
 * The text with our plugin; the same text if it is there already. Undefined: there is no file.
 *
 * @throws Failure `usage` for a text in which there is no place for it
 */
export function addPlugin(text: string | undefined, plugin: string): string {
  if (text !== undefined && pluginsOf(text).includes(plugin) && removePlugin(text) !== text) return text;
  const rest = text === undefined ? undefined : removePlugin(text);
  const added = insert(rest, plugin);
  if (!isOnlyAddition(rest, added, plugin)) {
    throw new Failure("usage", "the plugins in it are not written as a list that toolkey could extend", {
      hint: `it was left as it is; add this to its 'plugins': ${plugin}`,
    });
  }
  return added;
}

/** The text without our plugin; undefined if there would be no file. */
export function removePlugin(text: string): string | undefined {
  if (BLOCK.find(text) !== undefined) {
    const rest = BLOCK.remove(text, ofOthers);
    // Unless a list goes on behind our block.
    return rest === undefined || read(rest) !== undefined ? rest : BLOCK.remove(text, () => [LIST]);
  }
  for (const pattern of [ENTRY_LINE, ENTRY_IN_BRACKETS, ONLY_REWRITTEN, REWRITTEN]) {
    if (pattern.test(text)) return text.replace(pattern, "");
  }
  return text;
}

/** What a person wrote into our block. */
function ofOthers(lines: readonly string[]): string[] {
  const others = lines.filter((line) => line !== LIST && !line.includes(PLUGIN_FILE));
  return others.length === 0 ? [] : [LIST, ...others];
}

/** The path of our plugin that a text names; undefined if it names none. */
export function findPlugin(text: string): string | undefined {
  return pluginsOf(text).find((path) => path.endsWith(`/${PLUGIN_FILE}`));
}

function insert(text: string | undefined, plugin: string): string {
  const entry = JSON.stringify(plugin);
  const key = text === undefined ? null : KEY.exec(text);
  if (text === undefined || key === null) return BLOCK.add(text, [LIST, `  - ${entry}`]);
  const at = key.index + key[0].length;
  const before = text.slice(0, at);
  const after = text.slice(at);
  const lineEnd = /\r?\n/.exec(text)?.[0] ?? "\n";
  const list = BLOCK_LIST.exec(after);
  if (list !== null) {
    const [whole, indentation = ""] = list;
    const start = whole.length - indentation.length - 1;
    return `${before}${after.slice(0, start)}${indentation}- ${entry} ${COMMENT}${lineEnd}${after.slice(start)}`;
  }
  return before + after.replace(FLOW_LIST, (bracket) => `${bracket} ${entry}, ${COMMENT}${lineEnd}  `);
}

/** Whether both texts say the same but for the plugin. */
function isOnlyAddition(before: string | undefined, after: string, plugin: string): boolean {
  const [old, now] = [read(before ?? ""), read(after)];
  if (old === undefined || now === undefined) return false;
  const { plugins: oldPlugins = [], ...oldRest } = old;
  const { plugins, ...rest } = now;
  if (!Array.isArray(oldPlugins) || !Array.isArray(plugins)) return false;
  const others: unknown[] = plugins.filter((entry) => entry !== plugin);
  return others.length === plugins.length - 1 && JSON.stringify([others, rest]) === JSON.stringify([oldPlugins, oldRest]);
}

function pluginsOf(text: string): string[] {
  const plugins = read(text)?.["plugins"];
  const entries: unknown[] = Array.isArray(plugins) ? plugins : [];
  return entries.flatMap((entry) => {
    const path: unknown = typeof entry === "object" && entry !== null && "path" in entry ? entry.path : entry;
    return typeof path === "string" ? [path] : [];
  });
}

/** The settings; undefined for a text that is not a mapping of them. */
function read(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = parse(text, { schema: "failsafe", logLevel: "error" });
    if (value === null || value === "") return {};
    return typeof value === "object" && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
