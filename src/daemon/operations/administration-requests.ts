/** The payloads of the operations behind `toolkey COMMAND`, checked, since any program may send them. */
import * as z from "zod/mini";
import { type OperationName, type Operations } from "../../core/wire/administration.ts";
import { MAX_PATH_LENGTH } from "../../core/wire/wire.ts";
import { KEY_SOURCES } from "../../core/views/status.ts";
import { AIMS } from "../../core/tokens/token.ts";
import { WISHES, type TokenWish } from "../../core/tokens/token-wish.ts";

type Requests = { [Name in OperationName]: z.ZodMiniType<Operations[Name]["request"]> };

const nothing = z.strictObject({});
const source = z.enum(KEY_SOURCES);
const id = z.strictObject({ id: z.string() });
const phantom = z.strictObject({ phantom: z.string() });
const signIn = z.strictObject({ signIn: z.string() });
const instant = z.string().check(z.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/));

/** A program by its absolute path, and its arguments. */
const argv = z.tuple([z.string().check(z.startsWith("/"))], z.string());
const variables = z.record(z.string(), z.string());

/** What each operation takes. */
export const REQUESTS: Requests = {
  init: z.strictObject({ sources: z.array(source), passphrase: z.optional(z.string()), accept: z.optional(z.boolean()) }),
  rekey: z.strictObject({ source, passphrase: z.optional(z.string()) }),
  status: nothing,
  list: z.strictObject({ tool: z.optional(z.string()), service: z.optional(z.string()) }),
  show: id,
  reveal: id,
  add: z.strictObject({
    place: z.string(),
    tool: z.string(),
    username: z.optional(z.string()),
    secret: z.string(),
    command: z.optional(z.strictObject({ argv, variables, lifetime: z.optional(z.number()) })),
    description: z.optional(z.string()),
    expiresAt: z.optional(instant),
    onlyFor: z.optional(z.enum(AIMS)),
    kind: z.optional(z.string()),
  }),
  fetchBy: z.strictObject({ service: z.string(), shown: z.array(z.string()), variables, tool: z.optional(z.string()) }),
  replace: z.strictObject({ id: z.string(), secret: z.string() }),
  restore: id,
  revoke: z.strictObject({ ids: z.array(z.string()), local: z.boolean() }),
  done: id,
  tokenForms: nothing,
  services: nothing,
  service: z.strictObject({ name: z.string() }),
  check: z.strictObject({ ids: z.array(z.string()) }),
  login: z.strictObject({ service: z.string(), username: z.optional(z.string()), secret: z.string() }),
  signIn: z.strictObject({ service: z.string(), tool: z.optional(z.string()), browser: z.boolean() }),
  signInNews: signIn,
  endSignIn: signIn,
  exchangeIdentity: z.strictObject({
    service: z.string(),
    tool: z.optional(z.string()),
    provider: z.string().check(z.minLength(1)),
    identity: z.union([
      z.strictObject({ token: z.string() }),
      z.strictObject({ url: z.string(), bearer: z.string(), audience: z.optional(z.string()) }),
    ]),
  }),
  mint: z.strictObject({ service: z.string(), tool: z.string(), ...wishes() }),
  rotate: id,
  untracked: z.strictObject({ service: z.string() }),
  revokeUntracked: z.strictObject({ service: z.string(), tokenId: z.string() }),
  use: id,
  takeIn: z.strictObject({
    path: z.string().check(z.startsWith("/")),
    text: z.string(),
    after: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
    secrets: z.array(z.strictObject({ tool: z.string(), target: z.string(), username: z.optional(z.string()), secret: z.string() })),
  }),
  exportTokens: z.strictObject({
    ids: z.array(z.string()),
    by: z.optional(
      z.union([
        z.strictObject({ passphrase: z.string().check(z.minLength(1)) }),
        z.strictObject({ recipients: z.array(z.string()).check(z.minLength(1)) }),
      ]),
    ),
  }),
  importTokens: z.strictObject({
    file: z.string().check(z.startsWith("/")),
    passphrase: z.optional(z.string()),
    identity: z.optional(z.string()),
  }),
  backups: nothing,
  putBack: z.strictObject({ path: z.string(), force: z.boolean() }),
  dropBackups: nothing,
  runs: z.strictObject({ count: z.int().check(z.minimum(1), z.maximum(10_000)) }),
  revokePhantoms: nothing,
  seal: z.strictObject({ purpose: z.string().check(z.maxLength(100)) }),
  session: z.strictObject({
    purpose: z.string().check(z.maxLength(100)),
    publish: z.boolean(),
    only: z.array(z.strictObject({ tool: z.string(), host: z.optional(z.string()) })),
    environment: z.record(z.string(), z.string()),
    gitSettings: z.array(z.tuple([z.string(), z.string()])),
    directory: z.string().check(z.startsWith("/"), z.maxLength(MAX_PATH_LENGTH)),
    home: z.string().check(z.startsWith("/"), z.maxLength(MAX_PATH_LENGTH)),
  }),
  attend: z.strictObject({ phantom: z.string(), told: z.optional(instant) }),
  endPhantom: phantom,
  config: nothing,
  sandbox: nothing,
  checkConfig: z.strictObject({ path: z.string().check(z.startsWith("/")) }),
  acceptConfig: z.strictObject({ shown: z.string() }),
  refuseCertificate: z.strictObject({ start: z.string().check(z.regex(/^[0-9a-f]{8,64}$/i)) }),
  lock: nothing,
  unlock: z.strictObject({ passphrase: z.optional(z.string()) }),
  stop: nothing,
};

/** The fields for what is asked of a token: in a loop over them, so that each is spelled once. */
function wishes(): { [Name in keyof TokenWish]-?: z.ZodMiniOptional<z.ZodMiniType<Exclude<TokenWish[Name], undefined>>> } {
  const schemas = WISHES.map(([name, { form, maxLength = Infinity }]): [string, z.ZodMiniType] => {
    switch (form) {
      case "duration":
        return [name, z.optional(z.int().check(z.minimum(0)))];
      case "text":
        return [name, z.optional(z.string().check(z.maxLength(maxLength)))];
      case "flag":
        return [name, z.optional(z.boolean())];
      case "texts":
        return [name, z.optional(z.array(z.string()))];
      default:
        return form satisfies never;
    }
  });
  return Object.fromEntries(schemas) as ReturnType<typeof wishes>;
}
