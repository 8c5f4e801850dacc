/** What the daemon does for the tool `git`: get, store and erase of the git-credential protocol. */
import type { Broker } from "../broker/broker.ts";
import { instant } from "../core/clock.ts";
import { Failure } from "../core/failure.ts";
import { formatTarget } from "../core/target.ts";
import { miss, ok } from "../core/wire.ts";
import type { Services } from "../issuers/registry.ts";
import {
  canPresent,
  credentialSecret,
  credentialTarget,
  parseCredential,
  renderToken,
  stateTokenId,
  type Credential,
} from "../protocols/git/credential.ts";
import { mend, whyNot } from "./near-miss.ts";
import type { Outcome } from "./outcome.ts";

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
}

/**
 * Answers git. Without a vault there is nothing to give, and git goes on to its next helper.
 *
 * @throws Failure `bad-request` for a malformed credential, `locked`, `damaged`, `unavailable`
 */
export async function answerGit(broker: Broker, services: Services, request: GitRequest): Promise<Outcome> {
  const operation = Object.hasOwn(OPERATIONS, request.operation) ? OPERATIONS[request.operation] : undefined;
  if (operation === undefined) return { answer: miss() };
  assertWhole(request);
  const credential = parseCredential(request.payload);
  try {
    return await operation(broker, credential, { ...request, services });
  } catch (error) {
    // But what was to be kept is not, and somebody should know.
    if (error instanceof Failure && error.code === "no-vault" && request.operation !== "store") return { answer: miss() };
    throw error;
  }
}

type GitOperation = (
  broker: Broker,
  credential: Credential,
  request: GitRequest & { readonly services: Services },
) => Promise<Outcome>;

const OPERATIONS: Readonly<Record<string, GitOperation>> = {
  async get(broker, credential, { now }) {
    const target = credentialTarget(credential);
    const place = formatTarget(target);
    const { token, instead } = await broker.resolve({ tool: TOOL, target, username: credential.username }, (candidate) =>
      canPresent(candidate, credential),
    );
    if (token !== undefined) return { answer: ok(renderToken(token, credential)), place, tokens: [token.id] };
    if (instead === undefined) return { answer: miss(), place };
    return { answer: miss([whyNot(instead)], mend(instead, instant(now))), place, tokens: [instead.id] };
  },

  async store(broker, credential, { keepMs, services }) {
    const kept = credentialSecret(credential);
    if (kept === undefined) return { answer: miss() };
    const target = credentialTarget(credential);
    const accepted = {
      tool: TOOL,
      service: services.nameOf(target),
      target,
      username: credential.username,
      ...kept,
      kind: "opaque",
      expiresAt: credential.passwordExpiry,
      refreshToken: credential.oauthRefreshToken,
    } as const;
    const { id, isNew } = await broker.approve(accepted, keepMs);
    return { answer: ok(""), place: formatTarget(target), ...(isNew ? { tokens: [id] } : {}) };
  },

  async erase(broker, credential) {
    const target = credentialTarget(credential);
    const suspended = await broker.refuse({
      tool: TOOL,
      target,
      username: credential.username,
      secret: credential.credential ?? credential.password,
      id: stateTokenId(credential),
    });
    const notes = suspended.map((token) => `${target.host} refused the git token ${token.id}; it is suspended now`);
    const hints = suspended.flatMap((token) => [
      `a new secret for it: toolkey replace ${token.id}`,
      `if the refusal was a mistake: toolkey restore ${token.id}`,
    ]);
    return { answer: ok("", notes, hints), place: formatTarget(target), tokens: suspended.map((token) => token.id), refused: suspended };
  },
};

// A client that is killed while it sends looks like one that is done, and half a secret must not be kept.
function assertWhole({ operation, payload }: GitRequest): void {
  if (operation === "get" || payload === "" || payload.endsWith("\n")) return;
  throw new Failure("bad-request", "the credential ends in the middle of a line");
}
