/** What the daemon does for a tool that asks for credentials in a protocol of its own: get, store and erase. */
import type { Judged } from "../../broker/answering/refusals.ts";
import type { Resolution } from "../../broker/answering/resolve.ts";
import { saidLines } from "../../broker/fetching/fetching.ts";
import { instant } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";
import { formatTarget, parseTarget, type Target } from "../../core/target.ts";
import { isToolsOwn } from "../../core/tokens/token.ts";
import { miss, ok, type Answer, type Reply } from "../../core/wire/wire.ts";
import type { CredentialProtocol, EraseRequest, GetRequest, HeldPlace, StoreRequest } from "../../protocols/credential-protocol.ts";
import type { NothingGiven } from "../../protocols/tool-protocol.ts";
import { toolNamed } from "../../protocols/tools.ts";
import { howToPresent, withoutName } from "../granting/grants.ts";
import { mend, whyNot } from "../granting/near-miss.ts";
import { noteOn } from "../granting/refusal-notes.ts";
import { askerBehind, placeOf } from "./asked-place.ts";
import { distrustOf } from "./authorization.ts";
import { doubtOf } from "./doubts.ts";
import type { Outcome } from "./outcome.ts";
import type { ToolOperation, ToolRequest, ToolWorld } from "./tool-operation.ts";

/** How long what is stored is to be kept: seconds, in a header. */
export const KEEP_HEADER = "timeout-seconds";

const NOT_KEPT = "the credential is not kept: '.' or '..' in the path of a URL leads nobody knows where";

type Asking = ToolRequest & { readonly protocol: CredentialProtocol };

/**
 * Answers the tool. Without a vault there is nothing to give, and it goes on to what else it asks.
 *
 * @throws Failure `bad-request` for what the protocol can't read, `locked`, `damaged`, `unavailable`
 */
export const answerCredential: ToolOperation = async (world, request) => {
  const protocol = await toolNamed(request.tool)?.credentials?.();
  const keepMs = keepTime(request.headers);
  const credential = protocol?.read(request.operation, request.payload);
  if (protocol === undefined || credential === undefined) return { answer: miss() };
  const asking = { ...request, protocol };
  try {
    if (credential.operation === "settled") return { answer: ok(credential.text) };
    if (credential.operation === "list") return { answer: ok(credential.render(await held(world, request.tool))) };
    if (credential.operation === "get") return await get(world, credential, asking);
    return await (credential.operation === "store" ? store(world, credential, asking, keepMs) : erase(world, credential, asking));
  } catch (error) {
    // But what was to be kept is not, and somebody should know.
    if (error instanceof Failure && error.code === "no-vault" && credential.operation !== "store") return { answer: miss() };
    throw error;
  }
};

/** What the tool's own program prints where there is no answer; undefined for a tool that has none, and for an answer. */
export async function replyInstead(
  { tool, operation, payload }: Pick<ToolRequest, "tool" | "operation" | "payload">,
  answer: Answer,
): Promise<Reply | undefined> {
  const known = toolNamed(tool);
  if (known?.helper === undefined || answer.status === "ok") return undefined;
  const replies = (await known.credentials?.())?.replies(operation, payload);
  return answer.status === "miss" ? replies?.miss : replies?.failure(answer.failure);
}

/** The places whose token answers. */
async function held({ broker }: ToolWorld, tool: string): Promise<HeldPlace[]> {
  const tokens = await broker.list({ tool });
  return tokens.filter(({ state }) => state === "active").map(({ target, username }) => ({ target: parseTarget(target), username }));
}

async function get(world: ToolWorld, credential: GetRequest, { tool, protocol, caller, headers }: Asking): Promise<Outcome> {
  const { broker, access, clock } = world;
  const now = instant(clock.now());
  const named = credential.place();
  const { target, pathUnknown } = placeOf(protocol, named, caller);
  const refusal = protocol.mindsProject === true ? await refusalFor(world, tool, target, headers) : undefined;
  if (refusal !== undefined && protocol.failsForProject !== true)
    return { answer: miss([refusal.note], [refusal.hint]), place: formatTarget(target) };
  const { username, aim } = credential;
  const resolveAt = (place: Target): Promise<Resolution> =>
    broker.resolve({ tool, target: place, pathUnknown, username, aim }, (candidate) => credential.canPresent(candidate));
  const first = await resolveAt(target);
  const isOther = first.token === undefined && first.passedOver.length === 0 && named.orElse !== undefined;
  const { token, passedOver: all } = isOther ? await resolveAt(named.orElse) : first;
  const passedOver = all.filter(({ token: over, why }) => !(protocol.reportsRefusals !== true && why === "suspended" && isToolsOwn(over)));
  if (refusal !== undefined && token !== undefined) throw new Failure("denied", refusal.note, { hint: refusal.hint });
  // Who asks is outside of sealed commands: to all others git's part of the gateway has nothing to say.
  const notes = passedOver.flatMap((over) => [whyNot(over, target), ...saidLines(over.fetching?.said ?? "")]);
  const hints = passedOver.flatMap((over) => mend(over, target, now, protocol.pathCommand));
  const lacksName = credential.needsName === true && token !== undefined && token.username === undefined;
  const doubt = token === undefined || lacksName ? undefined : await doubtOf(protocol, target, caller);
  const lacking = lacksName ? withoutName(token, target) : doubt && { notes: [doubt.note], hints: [doubt.hint] };
  const answer =
    token === undefined || lacking !== undefined
      ? miss([...(lacking?.notes ?? []), ...notes], [...(lacking?.hints ?? []), ...hints])
      : ok(credential.render(token, howToPresent(token, access.services)), notes, hints);
  const tokens = token === undefined ? passedOver.map((over) => over.token.id) : [token.id];
  return { answer, place: formatTarget(named.target), ...(tokens.length === 0 ? {} : { tokens }) };
}

/** The script leaves a directory out whose name it can't write down: nobody knows what the project there says. */
async function refusalFor(world: ToolWorld, tool: string, target: Target, headers: Asking["headers"]): Promise<NothingGiven | undefined> {
  if (headers.has("directory") && headers.has("home")) return distrustOf(world, tool, target, headers);
  const note = `${tool} gets no token for ${formatTarget(target)}: it can't be told in which project it runs`;
  return { note, hint: "give its directory a name without control characters, and set HOME" };
}

async function store(
  { broker, access }: ToolWorld,
  { kept, isOurs, username, question, done = "", ...credential }: StoreRequest,
  asking: Asking,
  keepMs: number | undefined,
): Promise<Outcome> {
  if (kept === undefined && question !== undefined) throw new Failure("lacking", "what is to be kept is still to be asked for");
  if (kept === undefined) return { answer: miss() };
  const { tool, protocol, caller } = asking;
  const named = credential.place();
  const { target } = named;
  // It would be kept for the whole host. One of ours is kept already.
  if (named.hasDots) return { answer: miss(isOurs ? [] : [NOT_KEPT]), place: formatTarget(target) };
  const { expiresAt, ...secrets } = kept;
  const accepted = { tool, service: access.services.nameOf(target), target, username, ...secrets, facts: { expiresAt } };
  const place = placeOf(protocol, named, caller);
  const { id, isNew } = await broker.approve(accepted, keepMs, place.pathUnknown ? undefined : place.target);
  return { answer: ok(done), place: formatTarget(target), ...(isNew ? { tokens: [id] } : {}) };
}

async function erase({ broker }: ToolWorld, credential: EraseRequest, { tool, protocol, caller }: Asking): Promise<Outcome> {
  const { secret, id, username, done } = credential;
  const named = credential.place();
  // git's transport erases without a secret where a proxy wants a login (407) that git didn't have: no token was sent.
  if (secret === undefined && id === undefined && askerBehind(protocol, caller)?.kind === "transport")
    return { answer: ok(""), place: formatTarget(named.target) };
  const { target, pathUnknown } = placeOf(protocol, named, caller);
  const report = { tool, target, pathUnknown, username, secret, id };
  const judged = await broker.refuse(report);
  if (named.orElse !== undefined) judged.push(...(await broker.refuse({ ...report, target: named.orElse })));
  const told = judged.map((each) => noteOn(each, target));
  const notes = told.map(({ note }) => note);
  const hints = told.flatMap(({ hints: own }) => own);
  const isDone = done === undefined || judged.some(({ verdict }) => verdict === "forgotten");
  return {
    answer: isDone ? ok(done ?? "", notes, hints) : miss(notes, hints),
    place: formatTarget(named.target),
    tokens: judged.map(({ token }) => token.id),
    refused: judged.filter(isRefused).map((each) => ({ ...each, place: pathUnknown ? undefined : target })),
  };
}

/** What was not refused, but is to be forgotten or not, is not asked about; nor is what will be fetched anew. */
function isRefused({ verdict }: Judged): boolean {
  return verdict !== "forgotten" && verdict !== "kept" && verdict !== "dropped";
}

/** In milliseconds; undefined for good. */
function keepTime(headers: ReadonlyMap<string, string>): number | undefined {
  const seconds = headers.get(KEEP_HEADER);
  if (seconds === undefined) return undefined;
  if (!/^\d{1,10}$/.test(seconds)) throw new Failure("bad-request", "the time to keep a credential is not a number of seconds");
  return Number(seconds) * 1000;
}
