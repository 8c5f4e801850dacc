/** From the bytes of a request to the text of its answer, and the event that tells of it. */
import { caFileOfRequest } from "../../broker/service-access.ts";
import type { Caller } from "../../core/caller.ts";
import type { Clock } from "../../core/clock.ts";
import { ADMINISTRATION } from "../../core/wire/administration.ts";
import { BUILD, makesWayFor } from "../../core/build.ts";
import type { Events, Requested } from "../../core/event.ts";
import { Failure } from "../../core/failure.ts";
import { ok, parseRequest, renderAnswer, renderBareAnswer, type Answer, type Request } from "../../core/wire/wire.ts";
import { CAN_TELL_OWNERS } from "../../platform/processes/connection-owner.ts";
import { administer, type Administered } from "./administration.ts";
import { KEEP_HEADER, replyInstead } from "./credentials.ts";
import { operationOf } from "./tool-operations.ts";
import type { CallerVariables } from "../caller-variables.ts";
import { failedBy } from "../log.ts";
import type { Inside } from "../granting/inside.ts";
import type { Outcome } from "./outcome.ts";
import type { OwnDirectory } from "../starting/own-directory.ts";
import type { TokenLife } from "../token-life.ts";

/** A place, or the path of a program, is as long as whoever asks likes; the log takes this much of it, in characters. */
const MAX_PLACE_LENGTH = 300;

const GIT = "git";
const PLAN = "plan";
const END_PHANTOM = "endPhantom";

/** Operations of the command line that must not open the vault. */
const WITHOUT_SERVICES: ReadonlySet<string> = new Set(["init", "lock", "status", "stop", "unlock"]);

/** What requests act on. */
export interface Dispatched extends Omit<Administered, "caller"> {
  readonly clock: Clock;
  readonly events: Events;
  readonly inside: Inside;
  readonly afterRefusal: TokenLife["afterRefusal"];
  readonly ownDirectory: OwnDirectory;
  readonly callerVariables: CallerVariables;
}

/** Answers a request. Never throws: what goes wrong is an answer, too. */
export async function dispatch(bytes: Buffer | Failure, caller: Caller, world: Dispatched): Promise<string> {
  const began = world.clock.now();
  let request: Request | undefined;
  let outcome: Outcome;
  let error: unknown;
  try {
    if (bytes instanceof Failure) throw bytes;
    request = parseRequest(bytes);
    const parsed = request;
    await world.configuration.refresh(world.session);
    const answer = (): Promise<Outcome> => answerRequest(parsed, world, caller);
    outcome = await (isAttendance(parsed)
      ? answer()
      : world.callerVariables.during(parsed, async () => (await world.inside.commandAround(caller)) !== undefined, answer));
    if (outcome.refused !== undefined) world.afterRefusal(outcome.refused);
  } catch (caught) {
    error = caught;
    outcome = { answer: { status: "error", failure: asFailure(caught, world) } };
  }
  if (request !== undefined) outcome = { ...outcome, answer: withNotices(outcome.answer, request, world) };
  world.events.append(tellOf(request, outcome, { error, caller, milliseconds: world.clock.now() - began }));
  if (request?.kind === "bare") return renderBareAnswer(outcome.answer, request);
  return renderAnswer(outcome.answer, request && (await replyInstead(request, outcome.answer)));
}

async function answerRequest(request: Request, world: Dispatched, caller: Caller): Promise<Outcome> {
  if (world.ownDirectory.isGone()) {
    world.stop();
    throw new Failure("version", "the data directory of this daemon was moved or replaced; it stops");
  }
  world.ownDirectory.assertMeant(request);
  const [tool, operation] = request.kind === "bare" ? [GIT, request.action] : [request.tool, request.operation];
  if (tool !== ADMINISTRATION || !WITHOUT_SERVICES.has(operation)) await world.configuration.know(world.session);
  // Whoever tells that his command is over may be gone by now. What is over is seen without him.
  if (tool === ADMINISTRATION && operation === END_PHANTOM && CAN_TELL_OWNERS && caller.process === undefined) {
    await world.gateway.ifOpen()?.sweep();
    return { answer: ok("{}") };
  }
  const refusal = await world.inside.refusal(caller, { tool, operation, payload: request.payload });
  if (refusal !== undefined) return { answer: refusal };
  // `git credential-cache exit` asks the daemon to forget, which locking does.
  if (request.kind === "bare" && request.action === "exit") {
    await world.session.lock();
    return { answer: ok("") };
  }
  if (request.kind === "toolkey" && request.build !== undefined && makesWayFor(request.build, BUILD)) {
    world.stop();
    throw new Failure("version", "this daemon is of another build than the client, and makes way for its own");
  }
  const { payload } = request;
  const headers = request.kind === "bare" ? new Map([[KEEP_HEADER, String(request.timeoutSeconds)]]) : request.headers;
  if (tool !== ADMINISTRATION || operation === PLAN)
    return (await operationOf(tool, operation))(world, { tool, operation, payload, headers, caller });
  const caFile = headers.get("cacert");
  const answer = (): Promise<Outcome> => administer(operation, payload, { ...world, caller });
  // `check` is answered inside, too; `--cacert` is not believed there.
  return caFile === undefined || (await world.inside.commandAround(caller)) !== undefined ? answer() : caFileOfRequest.run(caFile, answer);
}

/** With what is to be said of the configuration, where a person reads it: git would say it with every request. */
function withNotices(answer: Answer, request: Request, { configuration }: Dispatched): Answer {
  if (request.kind === "bare" || (request.tool !== ADMINISTRATION && request.operation !== PLAN)) return answer;
  const { notes, hints } = configuration.notices();
  if (notes.length === 0) return answer;
  if (answer.status !== "error") return { ...answer, notes: [...answer.notes, ...notes], hints: [...answer.hints, ...hints] };
  const { code, message, hints: own } = answer.failure;
  return { status: "error", failure: new Failure(code, message, { hint: [...own, ...notes, ...hints], cause: answer.failure }) };
}

/** They last, and nothing is reached for them: what their session has would be kept with all that is done meanwhile. */
const ATTENDING: ReadonlySet<string> = new Set(["attend", "signInNews"]);

function isAttendance(request: Request): boolean {
  return request.kind === "toolkey" && request.tool === ADMINISTRATION && ATTENDING.has(request.operation);
}

function asFailure(error: unknown, world: Dispatched): Failure {
  if (error instanceof Failure) return error;
  return new Failure("unavailable", "the daemon failed at this request", {
    hint: `this is a bug in toolkey; ${world.ownStatus().log} says where`,
  });
}

function tellOf(request: Request | undefined, outcome: Outcome, more: { error: unknown; caller: Caller; milliseconds: number }): Requested {
  return {
    kind: "request",
    tool: request === undefined ? undefined : request.kind === "bare" ? GIT : known(request.tool),
    operation: request === undefined ? undefined : known(request.kind === "bare" ? request.action : request.operation),
    bare: request?.kind === "bare" ? true : undefined,
    status: outcome.answer.status,
    place: outcome.place?.slice(0, MAX_PLACE_LENGTH),
    tokens: outcome.tokens,
    pid: more.caller.pid,
    program: more.caller.executable?.slice(0, MAX_PLACE_LENGTH),
    ms: more.milliseconds,
    failed: failedBy(more.error),
  };
}

// A request's own words are content, and content stays out of the log unless it is a plain name.
function known(word: string): string {
  return /^[a-z][a-zA-Z-]{0,31}$/.test(word) ? word : "(not a name)";
}
