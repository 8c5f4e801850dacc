/** Go's own file of variables (`go env -w`; cmd/go/internal/cfg `readEnvFile`): `NAME=VALUE` lines, of which the last of a name counts. */
import { join } from "node:path";

export interface Setting {
  readonly name: string;
  readonly value: string;
  /** Offsets of the value. */
  readonly start: number;
  readonly end: number;
}

export function readEnvironmentFile(text: string): Setting[] {
  return [...text.matchAll(/^([A-Z_][A-Z0-9_]*)=([^\r\n]*)/gm)].map(({ 0: line, 1: name = "", 2: value = "", index }) => {
    const start = index + line.length - value.length;
    return { name, value, start, end: start + value.length };
  });
}

/** What the file sets; undefined if it doesn't. */
export function settingIn(text: string, name: string): string | undefined {
  return readEnvironmentFile(text).findLast((setting) => setting.name === name)?.value;
}

/**
 * Where it is; undefined if that is switched off (`go help environment`, GOENV).
 *
 * @param config where the person's programs have their configuration
 * @param named GOENV; an empty one says nothing
 */
export function environmentFile(config: string, named: string | undefined): string | undefined {
  if (named === "off") return undefined;
  return named || join(config, "go", "env");
}
