import { readFile } from "node:fs/promises";
import { parse, TomlError } from "smol-toml";
import * as z from "zod/mini";
import type { LockTimes } from "../broker/open-time.ts";
import { duration } from "../core/clock.ts";
import { Failure, systemErrorCode } from "../core/failure.ts";
import type { Service } from "../issuers/service.ts";
import type { Paths } from "../platform/paths.ts";
import { checkOnlyWeWrite } from "../platform/private-directory.ts";
import { ownService, readOwnService } from "./own-services.ts";

/** What `config.toml` may set. All times in milliseconds. */
export interface Configuration {
  readonly lock: LockTimes;
  /** How long suspended and revoked tokens are kept. */
  readonly keepSuspendedMs: number;
  /** Executables whose mark is their own (inside.ts). */
  readonly trusted: readonly string[];
  /** The user's own. */
  readonly services: readonly Service[];
}

const document = z.strictObject({
  lock: z.optional(z.strictObject({ idle: z.optional(z.string()), absolute: z.optional(z.string()) })),
  sealed: z.optional(z.strictObject({ trusted: z.optional(z.array(z.string().check(z.startsWith("/")))) })),
  vault: z.optional(z.strictObject({ keep_suspended: z.optional(z.string()) })),
  service: z.optional(z.record(z.string().check(z.regex(/^[a-z][a-z0-9-]*$/)), ownService)),
});

const DEFAULTS = { idle: "15m", absolute: "12h", keepSuspended: "30d" } as const;

/**
 * Reads `config.toml`; without one, the defaults hold.
 *
 * @throws Failure `usage` that names file, line and key, for anything that is not understood: a
 * misspelt lock time must not go unnoticed. `denied` if others can write to the file or its directory.
 */
export async function readConfiguration(paths: Paths): Promise<Configuration> {
  await checkOnlyWeWrite(paths.config);
  await checkOnlyWeWrite(paths.configFile);
  const values = check(parseToml(await readText(paths.configFile), paths.configFile), paths.configFile);
  return {
    lock: {
      idle: time("lock.idle", values.lock?.idle ?? DEFAULTS.idle, paths.configFile),
      absolute: time("lock.absolute", values.lock?.absolute ?? DEFAULTS.absolute, paths.configFile),
    },
    trusted: values.sealed?.trusted ?? [],
    services: Object.entries(values.service ?? {}).map(([name, table]) => own(name, table, paths.configFile)),
    keepSuspendedMs: time("vault.keep_suspended", values.vault?.keep_suspended ?? DEFAULTS.keepSuspended, paths.configFile),
  };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "ENOENT") return "";
    throw new Failure("unavailable", `cannot read ${file}: ${code ?? "unknown error"}`, { cause: error });
  }
}

function parseToml(text: string, file: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [reason] = error.message.replace(/^Invalid TOML document: /, "").split("\n", 1);
    throw new Failure("usage", `${file}, line ${error.line}, column ${error.column}: ${reason ?? "not TOML"}`, { cause: error });
  }
}

function check(value: unknown, file: string): z.infer<typeof document> {
  const parsed = document.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const keys = issue?.code === "unrecognized_keys" ? [...issue.path, ...issue.keys.slice(0, 1)] : (issue?.path ?? []);
  const reason = issue?.code === "unrecognized_keys" ? "is not a setting" : "has the wrong type";
  throw new Failure("usage", `${file}: ${keys.map(String).join(".")} ${reason}`);
}

function own(name: string, table: z.infer<typeof ownService>, file: string): Service {
  return inFile(`service.${name}`, file, () => readOwnService(name, table));
}

function time(name: string, text: string, file: string): number {
  return inFile(name, file, () => duration(text));
}

function inFile<T>(name: string, file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.code, `${file}: ${name}: ${error.message}`, { hint: error.hints, cause: error });
  }
}
