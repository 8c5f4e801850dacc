/** A plan as a script for a shim, which reads it and becomes the tool. */
import type { Plan, PlanText } from "../../core/plan.ts";
import { Secret } from "../../core/secret.ts";
import { shellWord } from "../../protocols/text/shell-word.ts";
import { toldText } from "../tell.ts";

/** The variables of `bin/sealed/session-shim` itself, which are not for the tool. */
const OF_SHIM = ["toolkey_session", "toolkey_script"];

/**
 * In the language of any POSIX shell; its arguments are the tool's. No secret is in it but phantoms.
 *
 * @param program absolute
 * @param led variables that say that the tool is led
 * @param pathOf the path of a file with the text of a descriptor
 */
export function planScript(
  plan: Plan,
  program: string,
  led: Readonly<Record<string, string>>,
  pathOf: (descriptor: string) => string,
): string {
  const text = (value: PlanText): string => {
    if (typeof value === "string") return value;
    return value instanceof Secret ? value.reveal() : `${value.before ?? ""}${pathOf(value.descriptor)}`;
  };
  const told = toldText(plan);
  return [
    ...(told === "" ? [] : [`printf %s ${shellWord(told)} >&2`]),
    ...Object.entries({ ...led, ...plan.environment }).map(([name, value]) => `export ${name}=${shellWord(text(value))}`),
    ...(plan.programs === undefined ? [] : [`export PATH=${shellWord(plan.programs)}:"$PATH"`]),
    `set -- ${[...plan.arguments.map((value) => shellWord(text(value))), '"$@"', ...(plan.trailing ?? []).map(shellWord)].join(" ")}`,
    `unset ${OF_SHIM.join(" ")}`,
    `exec ${shellWord(program)} "$@"`,
    "",
  ].join("\n");
}
