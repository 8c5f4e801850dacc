/** Settings of a project that say whose certificates are trusted: of uv, poetry, pdm, pip-tools and pipenv. Pure. */
import { Failure } from "../../../core/failure.ts";
import { asRecord } from "../../text/as-record.ts";
import { shellWords, valuesOf, type OptionNames } from "./requirement-lines.ts";

export interface ProjectProgram {
  /** Its files, from the directory of a project upwards, and what of each may say so. */
  readonly files: Readonly<Record<string, (document: Settings) => unknown>>;
  /** What names another directory, or such a file. */
  readonly options: OptionNames;
  readonly variables: readonly string[];
}

type Settings = Readonly<Record<string, unknown>>;

const all = (document: Settings): unknown => document;
const tool = (name: string) => (document: Settings): unknown => asRecord(document["tool"])[name];

export const PROJECT_PROGRAMS = {
  uv: {
    files: { "pyproject.toml": tool("uv"), "uv.toml": all },
    options: { longs: ["--project", "--directory", "--config-file"], shortest: 5 },
    variables: ["UV_PROJECT", "UV_WORKING_DIR", "UV_WORKING_DIRECTORY", "UV_CONFIG_FILE"],
  },
  poetry: {
    files: { "poetry.toml": (document) => ({ certificates: document["certificates"] }) },
    options: { longs: ["--directory", "--project"], shortest: 5, short: /^-[A-Za-z]*?[CP](?<value>.*)$/s },
    variables: [],
  },
  pdm: {
    files: { "pyproject.toml": tool("pdm"), "pdm.toml": all, ".pdm.toml": all },
    options: { longs: ["--project", "--config"], shortest: 3, short: /^-[A-Za-z]*?[pc](?<value>.*)$/s },
    variables: ["PDM_PROJECT", "PDM_CONFIG_FILE"],
  },
  "pip-tools": {
    files: { "pyproject.toml": tool("pip-tools"), ".pip-tools.toml": all },
    options: { longs: ["--config"], shortest: 4 },
    variables: ["PIP_TOOLS_CONFIG"],
  },
  pipenv: {
    files: { Pipfile: ({ source }) => source, "Pipfile.lock": ({ _meta: meta }) => meta },
    options: { longs: [], shortest: 2 },
    variables: ["PIPENV_PIPFILE"],
  },
} satisfies Readonly<Record<string, ProjectProgram>>;

const CERTIFICATES = /^(ca-certs?|cert)$/;

/** Whether something in these settings is for trusting a host without the certificates of the system. @throws Failure `unavailable` */
export function untrusts(settings: unknown, host: string, inSources = false): boolean {
  if (Array.isArray(settings)) return settings.some((each) => untrusts(each, host, inSources));
  return Object.entries(asRecord(settings)).some(([key, value]) => {
    // pdm takes `"pypi.verify_ssl"` for a setting in a table.
    const name = key.toLowerCase().replaceAll("_", "-").split(".").at(-1) ?? "";
    if (name === "allow-insecure-host" || /^trusted-hosts?$/.test(name)) return [value].flat().some((each) => isHost(each, host));
    if (name === "verify-ssl") return value !== true;
    if (CERTIFICATES.test(name) && !inSources && typeof value !== "object") return value !== true;
    if (name === "pip-args") return ofPip([value].flat(), host);
    return untrusts(value, host, inSources || name === "sources" || name.endsWith("dependencies"));
  });
}

function ofPip(values: readonly unknown[], host: string): boolean {
  const words = values.flatMap((value) => (typeof value === "string" ? shellWords(value) : []));
  return (
    valuesOf(words, { longs: ["--trusted-host"], shortest: 3 }).some((each) => isHost(each, host)) ||
    valuesOf(words, { longs: ["--cert"], shortest: 4 }).length > 0
  );
}

/** Whether what a setting calls a host may be this one. What is not plainly another one may be. */
export function isHost(named: unknown, host: string): boolean {
  if (typeof named !== "string") return true;
  const plain = named.trim().replace(/^https?:\/\//i, "");
  if (!/^[a-z0-9._-]+(:\d+)?$/i.test(plain) || !URL.canParse(`https://${plain}/`)) return true;
  return new URL(`https://${plain}/`).hostname.replace(/\.$/, "") === host.replace(/\.$/, "");
}

/** What is not well-formed its program doesn't read either; but it may be another one by then. */
export async function settingsOf(path: string, text: string): Promise<Settings> {
  const content = text.replace(/^\uFEFF/, "");
  try {
    if (path.endsWith(".lock")) return asRecord(JSON.parse(content));
    const { parse } = await import("smol-toml");
    return parse(content);
  } catch (error) {
    throw new Failure("unavailable", `${path} is not ${path.endsWith(".lock") ? "JSON" : "TOML"}`, { cause: error });
  }
}
