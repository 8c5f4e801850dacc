/** A token as the vault's JSON has it, in each version of the format that has other fields. */
import * as z from "zod/mini";
import { Secret } from "../core/secret.ts";
import { formatTarget, type Target } from "../core/target.ts";
import { AIMS, TOKEN_KINDS, TOKEN_STATES, type Token } from "../core/tokens/token.ts";

export const instant = z.string().check(z.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/));

const fields = {
  id: z.string().check(z.minLength(1)),
  tool: z.string().check(z.minLength(1)),
  service: z.string(),
  target: z.string(),
  username: z.optional(z.string()),
  secret: z.string(),
  description: z.optional(z.string()),
  tokenId: z.optional(z.string()),
  subject: z.optional(z.string()),
  scope: z.optional(z.string()),
  kind: z.enum(TOKEN_KINDS),
  issuedAt: z.optional(instant),
  expiresAt: z.optional(instant),
  refreshToken: z.optional(z.string()),
  authtype: z.optional(z.string()),
  state: z.enum(TOKEN_STATES),
  createdAt: instant,
  preferred: z.boolean(),
  dropAt: z.optional(instant),
  knownBefore: z.optional(z.readonly(z.array(z.string()))),
};

export const tokenRecord = z.strictObject(fields);

/** With what a tool stored by itself. */
export const storedRecord = z.strictObject({ ...fields, storedByTool: z.optional(z.literal(true)) });

/** With what a command fetches. */
export const fetchedRecord = z.strictObject({
  ...storedRecord.shape,
  command: z.optional(
    z.strictObject({
      argv: z.readonly(z.tuple([z.string()], z.string())),
      variables: z.record(z.string(), z.string()),
      lifetime: z.optional(z.number()),
      ofService: z.optional(z.literal(true)),
    }),
  ),
});

/** With what is for one aim only. */
export const aimRecord = z.strictObject({ ...fetchedRecord.shape, onlyFor: z.optional(z.enum(AIMS)) });

export type TokenRecord = z.infer<typeof aimRecord>;

// Both name every field: an object with a rest of others in it takes several times the time and memory.

export function toRecord(token: Token): { [Field in keyof TokenRecord]-?: TokenRecord[Field] } {
  const { facts } = token;
  return {
    id: token.id,
    tool: token.tool,
    service: token.service,
    target: formatTarget(token.target),
    username: token.username,
    secret: token.secret.reveal(),
    description: facts.description,
    tokenId: facts.tokenId,
    subject: facts.subject,
    scope: facts.scope,
    kind: facts.kind ?? "opaque",
    issuedAt: facts.issuedAt,
    expiresAt: facts.expiresAt,
    refreshToken: token.refreshToken?.reveal(),
    authtype: token.authtype,
    state: token.state,
    createdAt: token.createdAt,
    preferred: token.preferred,
    dropAt: token.dropAt,
    knownBefore: token.knownBefore,
    storedByTool: token.storedByTool,
    command: token.command,
    onlyFor: token.onlyFor,
  };
}

export function toToken(record: TokenRecord, target: Target): { [Field in keyof Token]-?: Token[Field] } {
  return {
    id: record.id,
    tool: record.tool,
    service: record.service,
    target,
    username: record.username,
    secret: new Secret(record.secret),
    facts: {
      description: record.description,
      tokenId: record.tokenId,
      subject: record.subject,
      scope: record.scope,
      kind: record.kind,
      issuedAt: record.issuedAt,
      expiresAt: record.expiresAt,
    },
    refreshToken: record.refreshToken === undefined ? undefined : new Secret(record.refreshToken),
    authtype: record.authtype,
    state: record.state,
    createdAt: record.createdAt,
    preferred: record.preferred,
    dropAt: record.dropAt,
    knownBefore: record.knownBefore,
    storedByTool: record.storedByTool,
    command: record.command,
    onlyFor: record.onlyFor,
  };
}
