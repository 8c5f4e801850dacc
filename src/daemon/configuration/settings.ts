/** Which settings there are, by table: `lock.idle`, `service.NAME`. Pure. */
import * as z from "zod/mini";
import { ownService } from "../../issuers/own-services.ts";
import { absolutePath, pathOfHome, proxyUrl, time } from "../../platform/setting-forms.ts";

/** The tables that decide where tokens go, whom TLS trusts, who is outside of a sealed command, and what a sandbox shows. */
const trustTables = {
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
  network: z.optional(
    z.strictObject({ proxy: z.optional(proxyUrl), no_proxy: z.optional(z.array(z.string())), cacert: z.optional(absolutePath) }),
  ),
};

const tables = {
  lock: z.optional(z.strictObject({ idle: z.optional(time), absolute: z.optional(time) })),
  vault: z.optional(z.strictObject({ keep_suspended: z.optional(time) })),
  ...trustTables,
};

/** The user's own file. */
export const ownDocument = z.strictObject(tables);
/** That of the system. */
export const systemDocument = z.strictObject({ fixed: z.optional(z.array(z.string())), ...tables });
/** What was accepted, in the vault; no file names certificates so. */
export const acceptedDocument = z.strictObject({
  ...trustTables,
  certificates: z.optional(z.record(z.string().check(z.regex(/^[0-9a-f]{64}$/)), z.string())),
});

export type SettingsDocument = typeof ownDocument | typeof systemDocument | typeof acceptedDocument;
export type TrustValues = z.infer<typeof acceptedDocument>;

/** The name of what the system's file fixes: it is a setting like others to whoever misspells it. */
export const FIXED = "fixed";

/** Of a time in milliseconds, and of which of several counts where one can't be read. */
export const TIMES = {
  "lock.idle": { byDefault: "15m", safest: Math.min },
  "lock.absolute": { byDefault: "12h", safest: Math.min },
  "vault.keep_suspended": { byDefault: "30d", safest: Math.max },
} as const;

/** Whether a name is among names of settings and tables, or its table is; the empty one is of all. */
export function isAmong(names: ReadonlySet<string>, name: string): boolean {
  return names.has("") || names.has(name) || names.has(tableOf(name));
}

export function isOfTrust(name: string): boolean {
  return Object.hasOwn(trustTables, tableOf(name));
}

export function tableOf(name: string): string {
  return name.split(".", 1)[0] ?? "";
}

/** Whether there is a setting of that name, or a table. */
export function isSetting(name: string): boolean {
  const [table = "", key, ...rest] = name.split(".");
  if (!Object.hasOwn(tables, table) || rest.length > 0) return false;
  const schema = tables[table as keyof typeof tables]._zod.def.innerType;
  return key === undefined || (schema._zod.def.type === "record" ? key !== "" : Object.hasOwn(schema._zod.def.shape, key));
}
