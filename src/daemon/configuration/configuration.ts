/** The text of `config.toml` as what it says. Pure. */
import { parse, stringify, TomlError } from "smol-toml";
import * as z from "zod/mini";
import type { LockTimes } from "../../broker/open-time.ts";
import { duration } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";
import { NO_SANDBOX_SETTINGS, type SandboxSettings } from "../../core/sandbox.ts";
import type { Service } from "../../issuers/service.ts";
import { faultOf, lineOf } from "./faults.ts";
import { ownService, readOwnService } from "../../issuers/own-services.ts";
import { absolutePath, pathOfHome, time } from "../../platform/setting-forms.ts";

/**
 * What decides where tokens go, whom TLS trusts, who is outside of a sealed command, and what a sandbox shows: it holds once a person
 * has accepted it (in-force.ts).
 */
export interface Trust {
  /** The same as TOML, in one form whatever the file's own is, but for certificates; empty if the file says nothing of it. */
  readonly text: string;
  /** Executables whose mark is their own (inside.ts). */
  readonly trusted: readonly string[];
  readonly sandbox: SandboxSettings;
  /** The user's own. */
  readonly services: readonly Service[];
  /** Accepted certificates: SHA-256 → description. The file can't name any. */
  readonly certificates: Readonly<Record<string, string>>;
}

/** What `config.toml` says. All times in milliseconds. */
export interface Configuration {
  readonly lock: LockTimes;
  /** How long suspended and revoked tokens are kept. */
  readonly keepSuspendedMs: number;
  readonly trust: Trust;
}

const trustFields = {
  sealed: z.optional(z.strictObject({ trusted: z.optional(z.array(absolutePath)) })),
  sandbox: z.optional(
    z.strictObject({
      default: z.optional(z.union([z.boolean(), z.array(z.string())])),
      hide: z.optional(z.array(pathOfHome)),
      readonly: z.optional(z.array(pathOfHome)),
      show: z.optional(z.array(pathOfHome)),
      variables: z.optional(z.array(z.string())),
      keep: z.optional(z.array(z.string())),
    }),
  ),
  service: z.optional(z.record(z.string().check(z.regex(/^[a-z][a-z0-9-]*$/)), ownService)),
};
const trustDocument = z.strictObject({
  ...trustFields,
  certificates: z.optional(z.record(z.string().check(z.regex(/^[0-9a-f]{64}$/)), z.string())),
});
const document = z.strictObject({
  lock: z.optional(z.strictObject({ idle: z.optional(time), absolute: z.optional(time) })),
  vault: z.optional(z.strictObject({ keep_suspended: z.optional(time) })),
  ...trustFields,
});

const DEFAULTS = { idle: "15m", absolute: "12h", keepSuspended: "30d" } as const;

/**
 * Reads the text of `config.toml`; what it leaves out is as by default.
 *
 * @param file its path, for people
 * @throws Failure `usage` that names file, line and key, and what may be there, for anything that is not understood: a
 * misspelt lock time must not go unnoticed
 */
export function parseConfiguration(text: string, file: string): Configuration {
  const values = check(document, text, file);
  return {
    lock: {
      idle: duration(values.lock?.idle ?? DEFAULTS.idle),
      absolute: duration(values.lock?.absolute ?? DEFAULTS.absolute),
    },
    keepSuspendedMs: duration(values.vault?.keep_suspended ?? DEFAULTS.keepSuspended),
    trust: trustOf(values, text, file),
  };
}

/** The text of `trustText` as what it says. @throws Failure as `parseConfiguration` */
export function parseTrust(text: string, where: string): Trust {
  return trustOf(check(trustDocument, text, where), text, where);
}

/** What decides about trust as TOML, in one form. @param certificates in words, by their SHA-256 */
export function trustText({ text }: Trust, certificates: Trust["certificates"]): string {
  const sorted = Object.entries(certificates).sort(([one], [other]) => (one < other ? -1 : 1));
  return sorted.length === 0
    ? text
    : [text, stringify({ certificates: Object.fromEntries(sorted) })].filter((part) => part !== "").join("\n");
}

function trustOf(values: z.infer<typeof trustDocument>, text: string, file: string): Trust {
  const { sealed, sandbox = {}, service = {}, certificates = {} } = values;
  const trusted = sealed?.trusted ?? [];
  const services = Object.entries(service).map(([name, table]) => own(name, table, text, file));
  const said = {
    ...(trusted.length === 0 ? {} : { sealed: { trusted } }),
    ...(Object.keys(sandbox).length === 0 ? {} : { sandbox }),
    ...(services.length === 0 ? {} : { service }),
  };
  return { text: Object.keys(said).length === 0 ? "" : stringify(said), trusted, sandbox: sandboxOf(sandbox), services, certificates };
}

function sandboxOf(table: NonNullable<z.infer<typeof trustDocument>["sandbox"]>): SandboxSettings {
  return { ...NO_SANDBOX_SETTINGS, ...Object.fromEntries(Object.entries(table).filter(([, value]) => value !== undefined)) };
}

function check<Schema extends z.ZodMiniType>(schema: Schema, text: string, file: string): z.infer<Schema> {
  const value = parseToml(text, file);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw faultOf(schema, parsed.error.issues[0], { value, text, file });
}

function parseToml(text: string, file: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [reason] = error.message.replace(/^Invalid TOML document: /, "").split("\n", 1);
    throw new Failure("usage", `${file}, line ${error.line}, column ${error.column}: ${reason ?? "not TOML"}`, {
      hint: 'text and times stand in quotes: idle = "15m"',
      cause: error,
    });
  }
}

function own(name: string, table: z.infer<typeof ownService>, text: string, file: string): Service {
  try {
    return readOwnService(name, table);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.code, `${file}${lineOf(text, ["service", name])}: service.${name}: ${error.message}`, {
      hint: error.hints,
      cause: error,
    });
  }
}
