/** When tokens are looked after without anybody asking: after the vault opened, and from time to time. */
import { Issuing } from "../broker/token-life/issuing.ts";
import { isDue } from "../broker/token-life/renewal-time.ts";
import type { KeptAnswers } from "../broker/token-life/kept-answers.ts";
import { reconcile } from "../broker/token-life/reconciling.ts";
import { Revoking } from "../broker/token-life/revoking.ts";
import { askAgain, type Refused } from "../broker/answering/second-opinion.ts";
import { caFileOfRequest, type ServiceAccess } from "../broker/service-access.ts";
import type { Session } from "../broker/session.ts";
import type { TokenRecords } from "../broker/token-records.ts";
import { ADMINISTRATION } from "../core/wire/administration.ts";
import { milliseconds } from "../core/clock.ts";
import { Failure } from "../core/failure.ts";
import { errorFields, type Logger } from "./log.ts";

const EVERY_MS = 5 * 60_000;
/** A renewed token's predecessor is ended after the requests that still have it. */
const SOON_MS = 10_000;

export interface TokenLife {
  readonly issuing: Issuing;
  readonly revoking: Revoking;
  /** Looks after tokens at once, beside the request under way: the vault was opened, or there is a new login. */
  readonly lookAfter: () => void;
  /** A client's service refused these tokens: what it says of them itself decides. */
  readonly afterRefusal: (refused: readonly Refused[]) => void;
}

export function tokenLife(world: {
  records: TokenRecords;
  access: ServiceAccess;
  session: Session;
  log: Logger;
  keptAnswers: KeptAnswers;
}): TokenLife {
  const { records, access, session, log, keptAnswers } = world;
  const unasked = records.unasked();
  const unaskedAccess = access.unasked();
  const lookNow = async (why: "opened" | "soon" | "routine"): Promise<void> => {
    // A closed vault is left closed: looking after tokens does not count as use.
    if ((await session.peek()) === undefined) return;
    try {
      // A login is new, or another session: only then may be allowed what was refused.
      const insist = why === "opened";
      const done = await reconcile({ records: unasked, access: unaskedAccess, issuing, revoking: unaskedRevoking, insist });
      // Renewing does count, so that a login that can't be renewed must not be tried for ever.
      if (why === "opened") await renewLogins();
      if (why === "opened" || done.intended + done.pending > 0) log.info({ why, ...done }, "looked after tokens");
    } catch (error) {
      log[error instanceof Failure ? "warn" : "error"](errorFields(error), "looking after tokens failed");
    }
  };
  let last = Promise.resolve();
  const look = (why: "opened" | "soon" | "routine"): void => {
    last = last.then(() => lookNow(why));
  };
  let timer: NodeJS.Timeout | undefined;
  const soon = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      look("soon");
    }, SOON_MS).unref();
  };
  const revoking = new Revoking({ records, access, soon });
  const unaskedRevoking = revoking.unasked();
  const issuing = new Issuing({
    records,
    access,
    revoking,
    keptAnswers,
    onFailure: (what, error) => log.warn({ what, ...errorFields(error) }, "not done by itself"),
  });
  // toolkey's own, which no tool asks for.
  const renewLogins = async (): Promise<void> => {
    const now = milliseconds(unasked.now());
    const due = await unasked.read((tokens) => tokens.all().filter((token) => token.tool === ADMINISTRATION && isDue(token, now)));
    for (const login of due) await issuing.renew(login);
  };
  const ask = async (refused: Refused): Promise<void> => {
    try {
      log.info({ tokens: [refused.token.id] }, await askAgain({ records: unasked, access: unaskedAccess }, refused));
    } catch (error) {
      log.warn(errorFields(error), "its service was not asked about a refused token");
    }
  };
  setInterval(() => look("routine"), EVERY_MS).unref();
  return {
    issuing,
    revoking,
    // Whose certificates a person named for one request are not trusted for what others ask.
    lookAfter: () => caFileOfRequest.without(() => void setImmediate(() => look("opened"))),
    afterRefusal: (refused) => {
      for (const each of refused) void ask(each);
    },
  };
}
