/** What the daemon does for `toolkey COMMAND`. Payloads are checked, since any program may send them. */
import * as z from "zod/mini";
import type { Broker } from "../broker/broker.ts";
import type { Session } from "../broker/session.ts";
import { KEY_SOURCES, type OperationName, type Operations, type Status } from "../core/administration.ts";
import { Failure } from "../core/failure.ts";
import { Secret } from "../core/secret.ts";
import { toolName } from "../core/tool.ts";
import { findPlace } from "../issuers/registry.ts";
import type { Paths } from "../platform/paths.ts";

/** What the operations act on. */
export interface Administered {
  readonly broker: Broker;
  readonly session: Session;
  readonly paths: Paths;
  /** The part of the status that only the daemon itself knows. */
  readonly ownStatus: () => Omit<Status, "vault">;
  /** Ends the daemon once the answer is out. */
  readonly stop: () => void;
}

type Requests = { [Name in OperationName]: z.ZodMiniType<Operations[Name]["request"]> };
type Handlers = {
  [Name in OperationName]: (
    request: Operations[Name]["request"],
    world: Administered,
  ) => Promise<Operations[Name]["answer"]>;
};

const nothing = z.strictObject({});
const source = z.enum(KEY_SOURCES);
const id = z.strictObject({ id: z.string() });
const instant = z.string().check(z.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/));

const REQUESTS: Requests = {
  init: z.strictObject({ sources: z.array(source), passphrase: z.optional(z.string()) }),
  rekey: z.strictObject({ source, passphrase: z.optional(z.string()) }),
  status: nothing,
  list: z.strictObject({ tool: z.optional(z.string()), service: z.optional(z.string()) }),
  show: id,
  add: z.strictObject({
    place: z.string(),
    tool: z.string(),
    username: z.optional(z.string()),
    secret: z.string(),
    description: z.optional(z.string()),
    expiresAt: z.optional(instant),
  }),
  replace: z.strictObject({ id: z.string(), secret: z.string() }),
  restore: id,
  revoke: z.strictObject({ ids: z.array(z.string()) }),
  use: id,
  lock: nothing,
  unlock: z.strictObject({ passphrase: z.optional(z.string()) }),
  stop: nothing,
};

const HANDLERS: Handlers = {
  async init({ sources, passphrase }, { session, paths }) {
    const { source, skipped } = await session.create(sources, asSecret(passphrase));
    return { vault: paths.vault, source: source.name, where: source.where, skipped };
  },
  async rekey({ source, passphrase }, { session, paths }) {
    const changed = await session.rekey(source, asSecret(passphrase));
    return { vault: paths.vault, source: changed.source.name, where: changed.source.where, before: changed.before.name };
  },
  async status(_request, { session, paths, ownStatus }) {
    const { state, keySource, locksAt } = await session.state();
    const tokens = await countTokens(session);
    return {
      ...ownStatus(),
      vault: { path: paths.vault, state, keySource: keySource?.name, keyWhere: keySource?.where, tokens, locksAt },
    };
  },
  list: async (filter, { broker }) => ({ tokens: await broker.list(filter) }),
  show: ({ id: token }, { broker }) => broker.show(token),
  add: (request, { broker }) => {
    const tool = toolName(request.tool);
    const { service, target } = findPlace(request.place, tool);
    return broker.add({
      tool,
      service,
      target,
      username: request.username,
      secret: new Secret(request.secret),
      description: request.description,
      expiresAt: request.expiresAt,
      kind: "opaque",
    });
  },
  replace: ({ id: token, secret }, { broker }) => broker.replace(token, new Secret(secret)),
  restore: ({ id: token }, { broker }) => broker.restore(token),
  revoke: async ({ ids }, { broker }) => ({ tokens: await broker.revokeLocally(ids) }),
  use: ({ id: token }, { broker }) => broker.prefer(token),
  async lock(_request, { session }) {
    await session.lock();
    return { state: (await session.state()).state };
  },
  async unlock({ passphrase }, { session }) {
    const { vault } = await session.unlock(asSecret(passphrase));
    return { state: (await session.state()).state, tokens: (await vault.tokens()).all().length };
  },
  async stop(_request, world) {
    world.stop();
    return { pid: world.ownStatus().pid };
  },
};

/**
 * Carries out an operation; payload and answer are JSON.
 *
 * @throws Failure `bad-request` if there is no such operation or the payload is not what it takes, and
 * whatever the operation throws.
 */
export async function administer(operation: string, payload: string, world: Administered): Promise<string> {
  if (!isOperation(operation)) throw new Failure("bad-request", "there is no such operation");
  return JSON.stringify(await carryOut(operation, payload, world));
}

async function carryOut<Name extends OperationName>(
  operation: Name,
  payload: string,
  world: Administered,
): Promise<Operations[Name]["answer"]> {
  const parsed = REQUESTS[operation].safeParse(parseJson(payload));
  // zod's own words may quote a value, and values may be secrets.
  if (!parsed.success) throw new Failure("bad-request", `the payload is not what '${operation}' takes`);
  return HANDLERS[operation](parsed.data, world);
}

// The status is what people look at when something is wrong with the vault, so that it must not fail for it.
async function countTokens(session: Session): Promise<number | undefined> {
  const open = await session.peek();
  try {
    return open && (await open.vault.tokens()).all().length;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return undefined;
  }
}

function isOperation(name: string): name is OperationName {
  return Object.hasOwn(HANDLERS, name);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure("bad-request", "the payload is not JSON");
  }
}

function asSecret(text: string | undefined): Secret | undefined {
  return text === undefined ? undefined : new Secret(text);
}
