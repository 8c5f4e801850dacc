/** What `toolkey setup pip` writes into the settings of pip, uv and Python's keyring, as texts. Pure. */
import { Failure } from "../../../core/failure.ts";
import { MarkedBlock } from "../../text/marked-block.ts";
import { readToml } from "../../text/toml.ts";
import { behindHeading, iniValue, readPythonIni } from "../python-ini.ts";

export const PIP_BLOCK = new MarkedBlock("pip");

/** In `pip.conf` and `uv.toml`. */
const PROVIDER = "keyring-provider";
/** The module and the class by which Python's keyring asks toolkey. */
export const BACKEND = "toolkey_keyring.Keyring";

/** A file with our settings in it, or why it has none: it has others of the person's, which stay. */
export interface Written {
  readonly text: string | undefined;
  /** What it says instead. */
  readonly own?: string;
}

/** pip asks a program, and not what it finds to import. @throws Failure `unavailable` with the line, for what pip can't read */
export function pipSettings(before: string | undefined): Written {
  const text = before === undefined ? undefined : withoutOurs(before);
  const own = text === undefined ? undefined : iniValue(readPythonIni(text), "global", PROVIDER);
  if (own !== undefined) return { text: before, own };
  if (before !== undefined && PIP_BLOCK.find(before) !== undefined) return { text: before };
  const lines = [`${PROVIDER} = subprocess`];
  // A section that is there twice is an error.
  const at = text === undefined ? undefined : behindHeading(text, "global");
  return {
    text: text === undefined || at === undefined ? PIP_BLOCK.add(text, ["[global]", ...lines]) : PIP_BLOCK.insert(text, at, lines),
  };
}

/** @throws Failure `unavailable` with line and column, for what uv can't read */
export function uvSettings(before: string | undefined): Written {
  const text = before === undefined ? undefined : PIP_BLOCK.remove(before);
  const own = text === undefined ? undefined : readToml(text)[PROVIDER];
  if (own !== undefined) return { text: before, own: JSON.stringify(own) };
  if (before !== undefined && PIP_BLOCK.find(before) !== undefined) return { text: before };
  const lines = [`${PROVIDER} = "subprocess"`];
  // At the top: behind a table it would belong to that.
  if (text === undefined || text === "") return { text: PIP_BLOCK.add(text, lines) };
  return { text: PIP_BLOCK.insert(text, text.startsWith("\uFEFF") ? 1 : 0, lines) };
}

/**
 * The file of Python's keyring, which names one keyring. A person who has chosen one keeps it.
 *
 * @param directory where our module is
 * @throws Failure `unavailable` with the line
 */
export function keyringSettings(before: string | undefined, directory: string): Written {
  const lines = ["[backend]", `default-keyring = ${BACKEND}`, `keyring-path = ${directory}`];
  const text = before === undefined ? undefined : withoutOurs(before);
  const entries = text === undefined ? [] : readPythonIni(text);
  const own = iniValue(entries, "backend", "default-keyring") ?? iniValue(entries, "backend", "keyring-path");
  if (own !== undefined) return { text: before, own };
  const at = text === undefined ? undefined : behindHeading(text, "backend");
  if (text === undefined || at === undefined) return { text: PIP_BLOCK.ensure(before, lines) };
  return { text: PIP_BLOCK.insert(text, at, lines.slice(1)) };
}

/** A file without what we wrote there. The heading of a section stays where the person has written more below it. */
export function withoutOurs(text: string): string | undefined {
  const rest = PIP_BLOCK.remove(text);
  const ours = new Set(PIP_BLOCK.find(text));
  const inPlace = (settings: string): string[] =>
    readPythonIni(settings)
      .filter(({ lines: [line] }) => !ours.has(line?.text ?? ""))
      .map(({ section, key }) => `${section}.${key}`);
  const isHeading = (line: string): boolean => line.startsWith("[");
  if (rest === undefined || ![...ours].some(isHeading)) return rest;
  try {
    if (inPlace(rest).join() === inPlace(text).join()) return rest;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
  return PIP_BLOCK.remove(text, (lines) => lines.filter(isHeading));
}
