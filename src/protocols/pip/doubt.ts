/**
 * What a project's files say of certificates that are not to be checked: who asks for a token for such a host would send it to whoever is
 * on the way. pip reads `--trusted-host` in files of requirements, uv `allow-insecure-host`, poetry `certificates` in poetry.toml, pdm
 * `verify_ssl`. Pure.
 */
import { dirname, isAbsolute, join } from "node:path";
import { Failure } from "../../core/failure.ts";
import type { Target } from "../../core/target.ts";
import type { AskingProcess, Doubt } from "../credential-protocol.ts";
import { asRecord } from "../npm/configuration/manifest.ts";
import { typedIndexes } from "./command-line.ts";

const PROGRAM = /^(pip[\d.]*|uvx?|poetry|pdm|__pip-runner__\.py)$/;
/** No honest project has more. */
const MAX_FILES = 100;
const MAX_DEPTH = 40;

export async function doubtOfProject({ host }: Target, { commandLine, directory, ...asking }: AskingProcess): Promise<Doubt | undefined> {
  const read = (path: string): Promise<string | undefined> => asking.read(path);
  const at = commandLine.slice(0, 4).findIndex((word) => PROGRAM.test(word.slice(word.lastIndexOf("/") + 1)));
  if (at === -1 || directory === undefined) return undefined;
  try {
    const path =
      (await untrustingRequirements(typedIndexes(commandLine.slice(at + 1)).requirements, { host, directory, read })) ??
      (await untrustingSettings({ host, directory, read }));
    return path === undefined ? undefined : nothing(`${path} says that the certificate of ${host} is not to be checked`);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return nothing(error.message);
  }
}

function nothing(why: string): Doubt {
  return { note: `no token is given here: ${why}`, hint: "mend that file; or toolkey run -- pip …, which always checks certificates" };
}

interface Looking {
  readonly host: string;
  readonly directory: string;
  readonly read: AskingProcess["read"];
}

/** The first of these files, and of those that they name, that has the option. */
async function untrustingRequirements(paths: readonly string[], { host, directory, read }: Looking): Promise<string | undefined> {
  const waiting = paths.map((path) => (isAbsolute(path) ? path : join(directory, path)));
  for (const path of waiting) {
    if (waiting.length > MAX_FILES) throw new Failure("unavailable", "there are more files of requirements than anybody reads");
    if (/^[a-z+]+:\/\//i.test(path)) continue;
    // A line goes on behind a backslash.
    const text = ((await read(path)) ?? "").replaceAll(/\\\r?\n/g, " ");
    for (const [, name = "", value = ""] of text.matchAll(/^\s*(--trusted-host|--requirement|-r)[ \t=]*(\S+)/gm)) {
      if (name !== "--trusted-host") {
        const named = join(dirname(path), value);
        if (!waiting.includes(named)) waiting.push(isAbsolute(value) ? value : named);
      } else if (isHost(value, host)) return path;
    }
  }
  return undefined;
}

/** Of the project's settings, from the directory upwards. */
async function untrustingSettings({ host, directory, read }: Looking): Promise<string | undefined> {
  for (let at = directory, depth = 0; depth < MAX_DEPTH; depth += 1) {
    for (const name of ["pyproject.toml", "uv.toml", "poetry.toml"]) {
      const path = join(at, name);
      const text = await read(path);
      if (text !== undefined && /insecure|verify_ssl|certificates/.test(text) && untrusts(await settingsOf(path, text), host)) return path;
    }
    const above = dirname(at);
    if (above === at) break;
    at = above;
  }
  return undefined;
}

/** What is not well-formed its program doesn't read either; but it may be another one by then. */
async function settingsOf(path: string, text: string): Promise<Readonly<Record<string, unknown>>> {
  const { parse } = await import("smol-toml");
  try {
    return parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new Failure("unavailable", `${path} is not TOML`, { cause: error });
  }
}

function untrusts(settings: Readonly<Record<string, unknown>>, host: string): boolean {
  const { uv, pdm } = asRecord(settings["tool"]);
  const insecure = [settings["allow-insecure-host"], asRecord(uv)["allow-insecure-host"]].flat();
  const sources = [asRecord(pdm)["source"]].flat().map(asRecord);
  return (
    insecure.some((each) => typeof each === "string" && isHost(each, host)) ||
    sources.some(({ verify_ssl: verifies }) => verifies === false) ||
    Object.values(asRecord(settings["certificates"])).some((each) => asRecord(each)["cert"] === false)
  );
}

function isHost(named: string, host: string): boolean {
  return named.replace(/^[a-z]+:\/\//i, "").replace(/:\d+$/, "").toLowerCase() === host || named === "*";
}
