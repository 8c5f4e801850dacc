/**
 * What a process that was killed left half done: intentions without an outcome, and ends that a service was
 * not told of.
 */
import { milliseconds } from "../../core/clock.ts";
import type { RemoteToken, Token } from "../../core/tokens/token.ts";
import { abandon } from "./service-changes.ts";
import type { Issuing } from "./issuing.ts";
import type { Revoking } from "./revoking.ts";
import { credentialOf, inspect, remoteIds, type ReachedService, type ServiceAccess } from "../service-access.ts";
import type { TokenRecords } from "../token-records.ts";

/**
 * How far from its intention a token may have been made, in milliseconds, where those of the service have no
 * description. Its clock may be wrong by that much.
 */
const MADE_WITHIN_MS = 10 * 60_000;

/** What there was to do, in numbers of tokens. */
export interface Reconciled {
  /** Intentions that were found, and those of them that are settled now. */
  readonly intended: number;
  readonly settled: number;
  /** Ends that services were told of, or asked for again, and those that are over now. */
  readonly pending: number;
  readonly ended: number;
}

/** Revokes tokens that were made but never reached the vault, and tells services of pending revocations. */
export async function reconcile(world: {
  records: TokenRecords;
  access: ServiceAccess;
  issuing: Issuing;
  revoking: Revoking;
  /** Also where a service said no before. */
  insist: boolean;
}): Promise<Reconciled> {
  const { records, access, issuing, revoking, insist } = world;
  const underWay = await issuing.takeOver();
  const intended = await records.read((tokens) =>
    tokens
      .all()
      .filter(({ id, state }) => state === "intended" && !issuing.intentions.isOngoing(id) && !underWay.has(id)),
  );
  let settled = 0;
  for (const token of intended) {
    const reached = access.reach(token.service);
    // A token that is being made now could be taken for one that was made then.
    if (reached?.issuer.describes === false && issuing.intentions.isBusy) continue;
    if (reached !== undefined && !(await isSettled(token, reached, world))) continue;
    await records.change((tokens) => ({ tokens: abandon(tokens, token.id), changed: [token] }));
    settled += 1;
    if (reached !== undefined) await renewSpent(token, reached, world);
  }
  const reports = await revoking.tellPending(insist);
  const ended = reports.filter(({ end }) => end === "ended").length;
  return { intended: intended.length, settled, pending: reports.length, ended };
}

/** A refresh revokes the token that is renewed: where its answer was lost, the tool would be left with an invalid one. */
async function renewSpent(
  intended: Token,
  reached: ReachedService,
  { records, issuing }: { records: TokenRecords; issuing: Issuing },
): Promise<void> {
  const refreshable = await records.read((tokens) =>
    tokens
      .of(intended.tool, intended.target)
      .filter((token) => token.service === intended.service && token.state === "active" && token.refreshToken !== undefined),
  );
  for (const token of refreshable) {
    if ((await inspect(reached, credentialOf(token))).outcome === "invalid") await issuing.renew(token);
  }
}

/**
 * Whether no token of this intention is valid at its service any more. What has its description is revoked. Where tokens
 * have none, one that is new there may as well be another machine's: a person decides.
 */
async function isSettled(
  intended: Token,
  { service, issuer, http }: ReachedService,
  { access, records }: { access: ServiceAccess; records: TokenRecords },
): Promise<boolean> {
  if (issuer.list === undefined || issuer.revoke === undefined) return true;
  const credential = (await access.login(service.name)) ?? (await siblingOf(intended, records));
  if (credential === undefined) return false;
  const listing = await issuer.list(service, credential, intended.facts.description, http);
  if (listing.outcome !== "listed") return false;
  const known = await records.read((tokens) => remoteIds(tokens.all()));
  const unknown = listing.tokens.filter(({ tokenId }) => !known.has(tokenId));
  if (!issuer.describes) return !unknown.some((remote) => maybeOf(intended, remote));
  for (const lost of unknown.filter(({ description }) => description === intended.facts.description)) {
    const ended = await issuer.revoke(service, credential, lost.tokenId, http);
    if (ended.outcome !== "revoked" && ended.outcome !== "already-revoked") return false;
  }
  return true;
}

function maybeOf(intended: Token, remote: RemoteToken): boolean {
  if (intended.knownBefore?.includes(remote.tokenId) === true) return false;
  return remote.issuedAt === undefined || Math.abs(milliseconds(remote.issuedAt) - milliseconds(intended.createdAt)) <= MADE_WITHIN_MS;
}

/** A token that is renewed without a login is renewed by itself, and may see its successor. */
async function siblingOf(intended: Token, records: TokenRecords): Promise<ReturnType<typeof credentialOf> | undefined> {
  const sibling = await records.read((tokens) =>
    tokens
      .all()
      .find((token) => token.service === intended.service && token.tool === intended.tool && token.state === "active"),
  );
  return sibling && credentialOf(sibling);
}
