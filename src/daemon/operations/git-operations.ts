/** What the daemon does for the tool `git`: get, store and erase of the git-credential protocol. */
import type { Broker } from "../../broker/broker.ts";
import type { Judged } from "../../broker/answering/refusals.ts";
import type { ServiceAccess } from "../../broker/service-access.ts";
import type { Caller } from "../../core/caller.ts";
import { instant } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";
import { formatTarget } from "../../core/target.ts";
import { miss, ok } from "../../core/wire.ts";
import {
  canPresent,
  credentialSecret,
  credentialPlace,
  parseCredential,
  renderToken,
  stateTokenId,
  type Credential,
} from "../../protocols/git/credential.ts";
import { askerBehind, placeOf } from "./git-place.ts";
import { mend, whyNot } from "../granting/near-miss.ts";
import type { Outcome } from "./outcome.ts";
import { noteOn } from "../granting/refusal-notes.ts";

const TOOL = "git";

/** One request of git. */
export interface GitRequest {
  /** get, store or erase; anything else is answered with silence, as gitcredentials(7) asks. */
  readonly operation: string;
  readonly payload: string;
  /** How long a stored credential is to be kept, in milliseconds; undefined for good. */
  readonly keepMs: number | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly caller: Caller;
}

/**
 * Answers git. Without a vault there is nothing to give, and git goes on to its next helper.
 *
 * @throws Failure `bad-request` for a malformed credential, `locked`, `damaged`, `unavailable`
 */
export async function answerGit(broker: Broker, access: ServiceAccess, request: GitRequest): Promise<Outcome> {
  const operation = Object.hasOwn(OPERATIONS, request.operation) ? OPERATIONS[request.operation] : undefined;
  if (operation === undefined) return { answer: miss() };
  assertWhole(request);
  const credential = parseCredential(request.payload);
  try {
    return await operation(broker, credential, { ...request, access });
  } catch (error) {
    // But what was to be kept is not, and somebody should know.
    if (error instanceof Failure && error.code === "no-vault" && request.operation !== "store") return { answer: miss() };
    throw error;
  }
}

type GitOperation = (
  broker: Broker,
  credential: Credential,
  request: GitRequest & { readonly access: ServiceAccess },
) => Promise<Outcome>;

const NOT_KEPT = "the credential is not kept: '.' or '..' in the path of a URL leads nobody knows where";

const OPERATIONS: Readonly<Record<string, GitOperation>> = {
  async get(broker, credential, { now, caller }) {
    const named = credentialPlace(credential);
    const { target, pathUnknown } = placeOf(named, caller);
    const { token, passedOver } = await broker.resolve({ tool: TOOL, target, pathUnknown, username: credential.username }, (candidate) =>
      canPresent(candidate, credential),
    );
    const notes = passedOver.map((over) => whyNot(over, target));
    const hints = passedOver.flatMap((over) => mend(over, target, instant(now)));
    const answer = token === undefined ? miss(notes, hints) : ok(renderToken(token, credential), notes, hints);
    const tokens = token === undefined ? passedOver.map((over) => over.token.id) : [token.id];
    return { answer, place: formatTarget(named.target), ...(tokens.length === 0 ? {} : { tokens }) };
  },

  async store(broker, credential, { keepMs, access, caller }) {
    const kept = credentialSecret(credential);
    if (kept === undefined) return { answer: miss() };
    const named = credentialPlace(credential);
    const { target } = named;
    // It would be kept for the whole host. One of ours is kept already.
    if (named.hasDots) return { answer: miss(stateTokenId(credential) === undefined ? [NOT_KEPT] : []), place: formatTarget(target) };
    const accepted = {
      tool: TOOL,
      service: access.services.nameOf(target),
      target,
      username: credential.username,
      ...kept,
      facts: { expiresAt: credential.passwordExpiry },
      refreshToken: credential.oauthRefreshToken,
    } as const;
    const place = placeOf(named, caller);
    const { id, isNew } = await broker.approve(accepted, keepMs, place.pathUnknown ? undefined : place.target);
    return { answer: ok(""), place: formatTarget(target), ...(isNew ? { tokens: [id] } : {}) };
  },

  async erase(broker, credential, { caller }) {
    const named = credentialPlace(credential);
    const secret = credential.credential ?? credential.password;
    const id = stateTokenId(credential);
    // git's transport erases without a secret where a proxy wants a login (407) that git didn't have: no token was sent.
    if (secret === undefined && id === undefined && askerBehind(caller)?.kind === "transport") return { answer: ok(""), place: formatTarget(named.target) };
    const { target, pathUnknown } = placeOf(named, caller);
    const judged = await broker.refuse({ tool: TOOL, target, pathUnknown, username: credential.username, secret, id });
    const told = judged.map((each) => noteOn(each, target));
    return {
      answer: ok("", told.map(({ note }) => note), told.flatMap(({ hints }) => hints)),
      place: formatTarget(named.target),
      tokens: judged.map(({ token }) => token.id),
      refused: judged.filter(isRefused).map((each) => ({ ...each, place: pathUnknown ? undefined : target })),
    };
  },
};

/** What was not refused, but is to be forgotten or not, is not asked about. */
function isRefused({ verdict }: Judged): boolean {
  return verdict !== "forgotten" && verdict !== "kept";
}

// A client that is killed while it sends looks like one that is done, and half a secret must not be kept.
function assertWhole({ operation, payload }: GitRequest): void {
  if (operation === "get" || payload === "" || payload.endsWith("\n")) return;
  throw new Failure("bad-request", "the credential ends in the middle of a line");
}
