/** What tools inside of a session ask for: which tokens there are, and phantoms of their own, within what the session may. */
import * as z from "zod/mini";
import type { InnerOperation, InnerOperations } from "../../core/gateway/inner.ts";
import { isInScope } from "../../core/gateway/permit.ts";
import { Failure } from "../../core/failure.ts";
import { Secret } from "../../core/secret.ts";
import { parseTarget } from "../../core/target.ts";
import { AIMS, viewToken } from "../../core/tokens/token.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import { addressing, routes } from "../../gateway/phantoms/permit-schema.ts";
import { newPhantom, type Phantom } from "../../gateway/phantoms/phantoms.ts";
import { isPhantom } from "../../core/gateway/phantom.ts";
import { knownTool } from "../../protocols/tool-names.ts";
import { readPayload } from "../operations/payload.ts";
import { grantFor, type GrantWorld } from "./grants.ts";
import { withUpstream } from "./phantom-of-plan.ts";

/** Live ones of one session; of more the oldest ends. Tools that were killed leave theirs. */
const MOST = 1000;

const purpose = z.string().check(z.maxLength(100));
const REQUESTS: { [Name in InnerOperation]: z.ZodMiniType<InnerOperations[Name]["request"]> } = {
  held: z.strictObject({ tool: z.string() }),
  grants: z.strictObject({
    tool: z.string(),
    needs: z
      .array(z.strictObject({ target: z.string(), username: z.optional(z.string()), aim: z.optional(z.enum(AIMS)) }))
      .check(z.maxLength(MOST)),
  }),
  issue: z.strictObject({
    phantom: z.string().check(z.maxLength(200)),
    tool: z.string(),
    purpose,
    permit: z.strictObject({ addressing, publishes: z.boolean(), routes }),
  }),
  end: z.strictObject({ id: z.string() }),
};

type Handlers = {
  [Name in InnerOperation]: (
    request: InnerOperations[Name]["request"],
    world: { readonly grants: GrantWorld; readonly gateway: Gateway; readonly session: Phantom },
  ) => Promise<InnerOperations[Name]["answer"]>;
};

const HANDLERS: Handlers = {
  async held({ tool }, { grants: { broker }, session }) {
    const tokens = await broker.list({ tool: knownTool(tool) });
    return {
      held: tokens
        .filter(({ state, target }) => /^(active|suspended)$/.test(state) && isInScope(session.permit, tool, parseTarget(target)))
        .map(({ id, target, state }) => ({ token: id, target, isSuspended: state === "suspended" })),
    };
  },

  async grants({ tool: name, needs }, { grants: world, session }) {
    const tool = knownTool(name);
    const places = needs.map(({ target, ...which }, need) => ({ need, target: parseTarget(target), ...which }));
    const inScope = places.filter(({ target }) => isInScope(session.permit, tool, target));
    const found = await Promise.all(
      inScope.map(async ({ need, ...place }) => ({ need, ...(await grantFor(world, tool, place)) })),
    );
    const granted = found.flatMap(({ need, grant }) => (grant === undefined ? [] : [{ ...grant, need }]));
    return {
      phantom: newPhantom(granted.map(({ token }) => token.secret)).reveal(),
      grants: granted.map(({ need, token, presents }) => ({ need, token: viewToken(token, undefined), presents })),
      notes: found.flatMap(({ notes }) => notes),
      hints: found.flatMap(({ hints }) => hints),
    };
  },

  async issue({ phantom, tool, purpose: asker, permit }, { gateway, session }) {
    const { permit: { upstream, ways = {}, scope = [], publishes }, starter } = session;
    if (!isPhantom(phantom) || permit.addressing === "session") throw new Failure("bad-request", "this is no phantom of a tool");
    const narrowed = {
      ...permit,
      holder: "descendants" as const,
      publishes: permit.publishes && publishes,
      // The way to the hosts was fixed when the session began: whoever chose a proxy here, or a file, could read along.
      routes: permit.routes.map(({ upstream: _claimed, ...route }) => ({ ...route, publishes: route.publishes && publishes })),
      scope,
    };
    const before = gateway.inside(session);
    if (before.length >= MOST) await gateway.end(before.slice(0, before.length - MOST + 1).map(({ id }) => id));
    const id = await gateway.issue(new Secret(phantom), {
      tool: knownTool(tool),
      purpose: asker,
      permit: withUpstream(narrowed, ways[tool] ?? upstream),
      starter,
      session: session.id,
    });
    return { id };
  },

  async end({ id }, { gateway, session }) {
    if (gateway.inside(session).some((each) => each.id === id)) gateway.endUnwaited([id]);
    return {};
  },
};

/** @throws Failure `bad-request`, and what the vault and the gateway throw */
export async function answerInner(
  world: GrantWorld,
  gateway: Gateway,
  session: Phantom,
  asked: { operation: string; body: string },
): Promise<string> {
  const { operation, body } = asked;
  if (!Object.hasOwn(HANDLERS, operation)) throw new Failure("bad-request", "there is no such operation inside of a session");
  return answer(operation as InnerOperation, body, { grants: world, gateway, session });
}

async function answer<Name extends InnerOperation>(
  operation: Name,
  body: string,
  world: Parameters<Handlers[Name]>[1],
): Promise<string> {
  return JSON.stringify(await HANDLERS[operation](readPayload(REQUESTS[operation], body, operation), world));
}
