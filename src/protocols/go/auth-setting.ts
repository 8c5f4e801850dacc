/** GOAUTH: commands that Go asks for credentials, the first before the others (`go help goauth`). As an edit of Go's file of variables. */
import { Failure } from "../../core/failure.ts";
import { readEnvironmentFile, settingIn, type Setting } from "./environment-file.ts";

const NAME = "GOAUTH";
/** What Go has where nothing is set. */
const USUAL = "netrc";
const OFF = "off";

/** Our command, with what is asked besides. Go splits it at spaces, unless they are in quotes. */
export function withOurs(program: string, others: string | undefined): string {
  return [commandOf(program), others === undefined || others === "" ? USUAL : others].join(";");
}

/**
 * The text with our command before the others. Undefined: there is no file.
 *
 * @throws Failure `usage` where the person has switched it all off
 */
export function addCommand(text: string | undefined, program: string): string {
  const rest = text === undefined ? "" : removeCommand(text);
  const own = settingOf(rest);
  if (own?.value.trim() === OFF) {
    const hint = "it was left as it is; go env -u GOAUTH, then try again";
    throw new Failure("usage", "it has GOAUTH=off, by which Go asks nobody", { hint });
  }
  if (own !== undefined) return `${rest.slice(0, own.start)}${withOurs(program, own.value)}${rest.slice(own.end)}`;
  return `${rest.replace(/(?<=[^\n])$/, "\n")}${NAME}=${withOurs(program, undefined)}\n`;
}

/** The text without our command, wherever that is installed. */
export function removeCommand(text: string): string {
  const own = settingOf(text);
  if (own === undefined || !isOurs(own.value)) return text;
  const others = commandsIn(own.value).filter((command) => !isOurs(command)).join(";");
  const isOnly = readEnvironmentFile(text).filter(({ name }) => name === NAME).length === 1;
  if (others === USUAL && isOnly) return text.slice(0, own.start - NAME.length - 1) + text.slice(own.end).replace(/^\r?\n/, "");
  return text.slice(0, own.start) + others + text.slice(own.end);
}

/** Whether our command is among those that are asked. */
export function isOurs(value: string): boolean {
  return commandsIn(value).some((command) => /(^|\/)go-auth-toolkey["']? get$/.test(command.trim()));
}

/** The path of our program that a text names; undefined if it names none. */
export function ourProgram(text: string): string | undefined {
  const command = commandsIn(commandsOf(text) ?? "").find(isOurs);
  return command?.trim().replace(/ get$/, "").replace(/^(["'])(.*)\1$/, "$2");
}

/** The commands that a text sets; undefined if it sets none. */
export function commandsOf(text: string): string | undefined {
  return settingIn(text, NAME);
}

function settingOf(text: string): Setting | undefined {
  return readEnvironmentFile(text).findLast(({ name }) => name === NAME);
}

function commandsIn(value: string): string[] {
  return value.split(";");
}

function commandOf(program: string): string {
  return `${/\s/.test(program) ? `'${program}'` : program} get`;
}
