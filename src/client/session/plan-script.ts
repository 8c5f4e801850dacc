/** A plan as a script for a shim, which reads it and becomes the tool. */
import type { Plan, PlanText } from "../../core/plan.ts";
import { Secret } from "../../core/secret.ts";
import type { Environment } from "../../platform/paths.ts";
import { shellWord } from "../../protocols/text/shell-word.ts";
import { toldText } from "../tell.ts";

/** The variables of `bin/sealed/session-shim` itself, which are not for the tool. */
const OF_SHIM = ["toolkey_session", "toolkey_script"];

/** A shell has variables of such names alone, and drops others that it was started with. */
const SHELL_NAME = /^[A-Za-z_]\w*$/;

/** The last line of a script, without which it was cut short. */
const END = "#end\n";

export interface Shim {
  /** What it becomes, absolute. */
  readonly program: string;
  /** Variables that say that the tool is led. */
  readonly led: Readonly<Record<string, string>>;
  /** The variables with which the shim was started. */
  readonly environment: Environment;
  /** The paths of files with the texts of descriptors. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * In the language of any POSIX shell; its arguments are the tool's. No secret is in it but phantoms, and what the shim was started with and
 * can read.
 */
export function planScript(plan: Plan, { program, led, environment, files }: Shim): string {
  const text = (value: PlanText): string => {
    if (typeof value === "string") return value;
    return value instanceof Secret ? value.reveal() : `${value.before ?? ""}${files[value.descriptor] ?? ""}`;
  };
  const told = toldText(plan);
  const planned = Object.entries({ ...led, ...plan.environment }).map(([name, value]): [string, string] => [name, text(value)]);
  const dropped = Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const beside = Object.entries(Object.fromEntries([...dropped, ...planned].filter(([name]) => !SHELL_NAME.test(name))));
  const env = beside.length === 0 ? "" : `env -- ${beside.map(([name, value]) => shellWord(`${name}=${value}`)).join(" ")} `;
  // Where it can't open them, as in a sandbox that nobody sees from outside, it goes on as if it had got no script.
  const opened = Object.values(files).map((path) => `(: <${shellWord(path)}) 2>/dev/null`);
  const possible = [...opened, ...(env === "" ? [] : ["command -v env >/dev/null"])];
  return [
    `if ${possible.length === 0 ? ":" : possible.join(" && ")}; then`,
    ...(told === "" ? [] : [`printf %s ${shellWord(told)} >&2`]),
    ...planned.filter(([name]) => SHELL_NAME.test(name)).map(([name, value]) => `export ${name}=${shellWord(value)}`),
    ...(plan.programs === undefined ? [] : [`export PATH=${shellWord(plan.programs)}:"$PATH"`]),
    ...replaced(Object.entries(plan.instead ?? {}).map(([word, other]) => [word, text(other)])),
    `set -- ${[...plan.arguments.map((value) => shellWord(text(value))), '"$@"', ...(plan.trailing ?? []).map(shellWord)].join(" ")}`,
    `unset ${OF_SHIM.join(" ")}`,
    `exec ${env}${shellWord(program)} "$@"`,
    "fi",
    END,
  ].join("\n");
}

/** Goes through the arguments, and leaves in place of some others. */
function replaced(instead: readonly (readonly [word: string, other: string])[]): string[] {
  const words = instead.map(([word, other]) => `${shellWord(word)}) toolkey_word=${shellWord(other)} ;;`);
  if (words.length === 0) return [];
  return [
    `toolkey_left=$#`,
    `while [ "$toolkey_left" -gt 0 ]; do toolkey_word=$1 && shift`,
    `case $toolkey_word in ${words.join(" ")} esac`,
    `set -- "$@" "$toolkey_word" && toolkey_left=$((toolkey_left - 1)); done`,
    `unset toolkey_word toolkey_left`,
  ];
}

/** What a shim does that is to show first that it can read these files: it asks again with a digest of them, after a text of ours. */
export function proofScript(nonce: string, paths: readonly string[]): string {
  const digest = `{ printf %s ${nonce}; cat -- ${paths.map(shellWord).join(" ")}; } 2>/dev/null | sha256sum`;
  const again = `toolkey_script=$(toolkey_ask "$$ $(${digest} 2>/dev/null)")`;
  return `${again}\ncase $toolkey_script in *'#end') eval "$toolkey_script" ;; esac\n${END}`;
}
