/** What pip is configured with, as far as indexes go: its files and variables (pip `_internal/configuration.py`). Pure. */
import { isAbsolute, join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { configHome } from "../config-home.ts";
import type { ReadText, RunRequest } from "../tool-protocol.ts";
import { readPythonIni, type IniEntry } from "./python-ini.ts";

/** The settings of one file, or of the environment. */
export interface PipSettings {
  /** For people. */
  readonly source: string;
  /** Of a virtual environment, which a project may bring. */
  readonly ofProject: boolean;
  readonly entries: readonly IniEntry[];
}

/** A setting, with where it is from. */
export interface Setting {
  readonly value: string;
  readonly source: string;
  readonly ofProject: boolean;
}

/** In the order in which they count, the last one most. @throws Failure as `readPythonIni`, with the path */
export async function readPipSettings(
  { environment, home, directory }: Pick<RunRequest, "environment" | "home" | "directory">,
  read: ReadText,
): Promise<PipSettings[]> {
  const config = configHome({ environment, home });
  const named = environment["PIP_CONFIG_FILE"];
  const namedPath = named === undefined || isAbsolute(named) ? named : join(directory, named);
  const venv = environment["VIRTUAL_ENV"];
  const settings: PipSettings[] = [];
  const add = async (path: string, ofProject = false): Promise<boolean> => {
    const text = await read(path);
    if (text === undefined) return false;
    try {
      settings.push({ source: path, ofProject, entries: readPythonIni(text) });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      throw new Failure(error.code, `cannot read ${path}: ${error.message}`, { cause: error });
    }
    return true;
  };
  // A device, by which pip is told to read no file at all.
  if (namedPath !== "/dev/null") {
    const system = (environment["XDG_CONFIG_DIRS"] || "/etc/xdg").split(":").filter((path) => isAbsolute(path));
    for (const path of [...system.map((each) => join(each, "pip", "pip.conf")), "/etc/pip.conf"]) await add(path);
    const hasNamed = namedPath !== undefined && (await read(namedPath)) !== undefined;
    if (!hasNamed)
      for (const path of [join(home, ".pip"), join(home, "Library", "Application Support", "pip"), join(config, "pip")])
        await add(join(path, "pip.conf"));
    if (venv !== undefined && isAbsolute(venv)) await add(join(venv, "pip.conf"), true);
    if (hasNamed) await add(namedPath);
  }
  return [...settings, { source: "the environment", ofProject: false, entries: variablesOf(environment) }];
}

/** What counts of a setting for a command of pip's. An empty one is as if it was not there. */
export function settingOf(settings: readonly PipSettings[], command: string, key: string): Setting | undefined {
  const all = settings.flatMap(({ entries, source, ofProject }) =>
    entries
      .filter((entry) => entry.key.replaceAll("_", "-") === key && entry.value !== "")
      .map((entry) => ({ ...entry, source, ofProject })),
  );
  return [ENVIRONMENT, command, "global"].flatMap((section) => all.findLast((entry) => entry.section === section) ?? [])[0];
}

/** What pip calls its section of them. */
const ENVIRONMENT = ":env:";

function variablesOf(environment: Readonly<Record<string, string>>): IniEntry[] {
  return Object.entries(environment).flatMap(([name, value]) =>
    name.startsWith("PIP_") ? [{ section: ENVIRONMENT, key: name.slice("PIP_".length).toLowerCase(), value, lines: [] }] : [],
  );
}
