/** The JSON inside the age file. Unknown versions and unknown fields are refused, never dropped. */
import * as z from "zod/mini";
import type { Backup } from "../core/backup.ts";
import { Secret } from "../core/secret.ts";
import { damaged, readJson, tokensOf, formatVersion } from "./checked-json.ts";
import { TokenMap } from "./token-map.ts";
import { fetchedRecord, instant, aimRecord, storedRecord, tokenRecord, toRecord } from "./token-record.ts";

/**
 * Version 2 is version 1 with backups, version 3 is version 2 with tokens that a tool stored by itself, version 4 is version 3
 * with what was accepted of the configuration, version 5 is version 4 with tokens that a command fetches, version 6 is version 5 with
 * tokens that are for one aim only. A vault is written in the first version that has all of it, which older ones read.
 * Of what is read from the first two nobody knows who stored it: it counts as a person's. In the first three nothing was accepted.
 */
const VERSION = 1;
const VERSION_WITH_BACKUPS = 2;
const VERSION_WITH_STORED = 3;
const VERSION_WITH_ACCEPTED = 4;
const VERSION_WITH_COMMANDS = 5;
const VERSION_WITH_AIMS = 6;
const PIECE_LENGTH = 64 * 1024;

/** What a vault holds. */
export interface Holdings {
  readonly tokens: TokenMap;
  /** The oldest first. */
  readonly backups: readonly Backup[];
  /** What of the configuration decides about trust, as a person has accepted it; empty if nothing was. */
  readonly accepted: string;
}

/** The same as one version of it. The generation grows by one with every transaction. */
export interface VaultContent extends Holdings {
  readonly generation: number;
}

const backupRecord = z.strictObject({
  path: z.string().check(z.minLength(1)),
  text: z.string(),
  after: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  takenAt: instant,
});

const withoutBackups = {
  version: z.literal(VERSION),
  generation: z.int().check(z.minimum(0)),
  tokens: z.array(tokenRecord),
};

const vaultDocument = z.strictObject(withoutBackups);

const vaultDocumentWithBackups = z.strictObject({
  ...withoutBackups,
  version: z.literal(VERSION_WITH_BACKUPS),
  backups: z.array(backupRecord),
});

const vaultDocumentWithStored = z.strictObject({
  version: z.literal(VERSION_WITH_STORED),
  generation: withoutBackups.generation,
  tokens: z.array(storedRecord),
  backups: z.array(backupRecord),
});

const vaultDocumentWithAccepted = z.strictObject({
  version: z.literal(VERSION_WITH_ACCEPTED),
  generation: withoutBackups.generation,
  tokens: z.array(storedRecord),
  backups: z.array(backupRecord),
  accepted: z.string(),
});

const vaultDocumentWithCommands = z.strictObject({
  ...vaultDocumentWithAccepted.shape,
  version: z.literal(VERSION_WITH_COMMANDS),
  tokens: z.array(fetchedRecord),
});

const vaultDocumentWithAims = z.strictObject({
  ...vaultDocumentWithAccepted.shape,
  version: z.literal(VERSION_WITH_AIMS),
  tokens: z.array(aimRecord),
});

type VaultDocument =
  | typeof vaultDocument
  | typeof vaultDocumentWithBackups
  | typeof vaultDocumentWithStored
  | typeof vaultDocumentWithAccepted
  | typeof vaultDocumentWithCommands
  | typeof vaultDocumentWithAims;

const DOCUMENTS = new Map<unknown, VaultDocument>([
  [VERSION_WITH_BACKUPS, vaultDocumentWithBackups],
  [VERSION_WITH_STORED, vaultDocumentWithStored],
  [VERSION_WITH_ACCEPTED, vaultDocumentWithAccepted],
  [VERSION_WITH_COMMANDS, vaultDocumentWithCommands],
  [VERSION_WITH_AIMS, vaultDocumentWithAims],
]);

/** Vault → bytes, in pieces. */
export function* serializeVault({ generation, tokens, backups, accepted }: VaultContent): Generator<Uint8Array> {
  const all = tokens.all();
  const version = versionFor({ tokens, backups, accepted });
  let text = `{"version":${version},"generation":${generation},"tokens":[`;
  let separator = "";
  for (const token of all) {
    text += separator + JSON.stringify(toRecord(token));
    separator = ",";
    if (text.length < PIECE_LENGTH) continue;
    yield Buffer.from(text);
    text = "";
  }
  text += version === VERSION ? "]" : `],"backups":[`;
  separator = "";
  for (const backup of backups) {
    yield Buffer.from(text);
    text = separator + JSON.stringify({ path: backup.path, text: backup.text.reveal(), after: backup.after, takenAt: backup.takenAt });
    separator = ",";
  }
  text += version === VERSION ? "" : "]";
  if (version >= VERSION_WITH_ACCEPTED) text += `,"accepted":${JSON.stringify(accepted)}`;
  yield Buffer.from(`${text}}`);
}

function versionFor({ tokens, backups, accepted }: Holdings): number {
  if (tokens.all().some(({ onlyFor }) => onlyFor !== undefined)) return VERSION_WITH_AIMS;
  if (tokens.all().some(({ command }) => command !== undefined)) return VERSION_WITH_COMMANDS;
  if (accepted !== "") return VERSION_WITH_ACCEPTED;
  if (tokens.all().some((token) => token.storedByTool === true)) return VERSION_WITH_STORED;
  return backups.length === 0 ? VERSION : VERSION_WITH_BACKUPS;
}

/**
 * Bytes → vault.
 *
 * @throws Failure `damaged`, which names the field that is wrong but never its value, and `unavailable` if
 * a newer toolkey wrote it.
 */
export function parseVault(plaintext: Uint8Array, where: string): VaultContent {
  const file = { where, what: "a vault" };
  const json = readJson(plaintext, file);
  const parsed = (DOCUMENTS.get(formatVersion(json, VERSION_WITH_AIMS, file)) ?? vaultDocument).safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw damaged(file, issue?.code ?? "invalid", issue?.path);
  }
  const tokens = new TokenMap(tokensOf(parsed.data.tokens, file));
  const records = "backups" in parsed.data ? parsed.data.backups : [];
  const backups = records.map((backup) => ({ ...backup, text: new Secret(backup.text) }));
  const accepted = "accepted" in parsed.data ? parsed.data.accepted : "";
  return { generation: parsed.data.generation, tokens, backups, accepted };
}
