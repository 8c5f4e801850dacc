/**
 * The file of `toolkey export`: an age file (age-encryption.org/v1) around JSON, whose tokens are as in the vault. It has a version of
 * its own; unknown fields are refused.
 */
import { armor } from "age-encryption";
import * as z from "zod/mini";
import type { Instant } from "../core/clock.ts";
import { Failure } from "../core/failure.ts";
import { STAYS, type SealedBy, type Stays } from "../core/views/moving.ts";
import { Secret } from "../core/secret.ts";
import type { Token } from "../core/tokens/token.ts";
import { damaged, formatVersion, readJson, tokensOf } from "./checked-json.ts";
import { OtherKey, parseIdentities, sealFor, unseal } from "./envelope.ts";
import { sealWithPassphrase, unsealWithPassphrase } from "./passphrase.ts";
import { aimRecord, instant, toRecord } from "./token-record.ts";

const VERSION = 1;

const ARMORED = /^\s*-----BEGIN AGE ENCRYPTED FILE-----/;
/** https://c2sp.org/age#scrypt-recipient-stanza: it is the only one of its file. */
const UNDER_PASSPHRASE = /^age-encryption\.org\/v1\n-> scrypt /;
/** As much as that needs. */
const BEGINNING_BYTES = 64;

/** A token with what goes along. */
export interface ExportedToken {
  /** Without a secret, if it stays. */
  readonly token: Token;
  readonly stays?: Stays | undefined;
  /** When a client last said that its service accepted it. */
  readonly approvedAt?: Instant | undefined;
}

export interface ExportContent {
  /** The name of the machine. */
  readonly from: string;
  readonly exportedAt: Instant;
  readonly tokens: readonly ExportedToken[];
}

/** What opens such a file. An identity is the text of an age identity file. */
export interface OpenedBy {
  readonly passphrase?: Secret | undefined;
  readonly identity?: Secret | undefined;
}

const document = z.strictObject({
  toolkey: z.literal("export"),
  version: z.literal(VERSION),
  from: z.string(),
  exportedAt: instant,
  tokens: z.array(z.unknown()),
});

const exported = z.strictObject({ ...aimRecord.shape, stays: z.optional(z.enum(STAYS)), approvedAt: z.optional(instant) });

/** @throws Failure `usage` for what is no recipient */
export async function sealExport({ from, exportedAt, tokens }: ExportContent, by: SealedBy): Promise<Uint8Array> {
  const records = tokens.map(({ token, stays, approvedAt }) => ({ ...toRecord(token), stays, approvedAt }));
  const text = JSON.stringify({ toolkey: "export", version: VERSION, from, exportedAt, tokens: records });
  return "passphrase" in by ? sealWithPassphrase(text, new Secret(by.passphrase)) : sealFor(text, by.recipients);
}

/**
 * @param where the file, for people
 * @throws Failure `lacking` if its passphrase is to be asked for, `usage` if it wants an identity or has no use for one, `denied` if it
 *   is another one, `damaged`, `unavailable` if a newer toolkey wrote it
 */
export async function openExport(bytes: Uint8Array, by: OpenedBy, where: string): Promise<ExportContent> {
  const what = { where, what: "an export of toolkey's" };
  const json = readJson(await decrypted(withoutArmor(bytes, where), by, where), what);
  assertNoVault(json, where);
  formatVersion(json, VERSION, what);
  const parsed = document.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw damaged(what, issue?.code ?? "invalid", issue?.path);
  }
  const { from, exportedAt } = parsed.data;
  // One by one, up to the first that is wrong: of millions each mistake would be told, which fills the memory.
  const records = parsed.data.tokens.map((token, index) => {
    const one = exported.safeParse(token);
    if (one.success) return one.data;
    const [issue] = one.error.issues;
    throw damaged(what, issue?.code ?? "invalid", ["tokens", index, ...(issue?.path ?? [])]);
  });
  const tokens = tokensOf(records, what).map((token, index) => ({
    token,
    stays: records[index]?.stays,
    approvedAt: records[index]?.approvedAt,
  }));
  return { from, exportedAt, tokens };
}

/** Whoever has saved the vault itself. @throws Failure `usage` */
function assertNoVault(json: unknown, where: string): void {
  if (typeof json !== "object" || json === null || !("generation" in json)) return;
  throw new Failure("usage", `${where} is a vault itself, and no export`, {
    hint: ["nothing was changed", "where it is the vault, with its key beside it: toolkey export --to FILE; then import that"],
  });
}

async function decrypted(file: Uint8Array, { passphrase, identity }: OpenedBy, where: string): Promise<Uint8Array | string> {
  const isUnderPassphrase = UNDER_PASSPHRASE.test(beginning(file));
  if (isUnderPassphrase && identity !== undefined) {
    throw new Failure("usage", `${where} is encrypted under a passphrase, and not for an identity`, { hint: "leave out --identity" });
  }
  if (isUnderPassphrase && passphrase === undefined) throw new Failure("lacking", `${where} is encrypted under a passphrase`);
  if (passphrase !== undefined && isUnderPassphrase) return unsealWithPassphrase(file, passphrase, where);
  if (identity === undefined && beginning(file).startsWith("age-encryption.org/v1\n")) {
    throw new Failure("usage", `${where} is encrypted for an identity, and none was given`, { hint: "name its file: --identity FILE" });
  }
  try {
    return await unseal(file, identity === undefined ? [] : parseIdentities(identity), where);
  } catch (error) {
    if (!(error instanceof OtherKey)) throw error;
    throw new Failure("denied", `${where} is encrypted for another identity`, { hint: "nothing was changed", cause: error });
  }
}

function withoutArmor(bytes: Uint8Array, where: string): Uint8Array {
  if (!ARMORED.test(beginning(bytes))) return bytes;
  try {
    return armor.decode(Buffer.from(bytes).toString("latin1"));
  } catch (error) {
    throw new Failure("damaged", `cannot decrypt ${where}: it is no age file, or was cut off or changed`, { cause: error });
  }
}

function beginning(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, BEGINNING_BYTES)).toString("latin1");
}
