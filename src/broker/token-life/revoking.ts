/**
 * Ending tokens at their service. A token is first ended here, so that it is served no more whatever
 * happens then; what the service could not be told yet is told again later.
 */
import { Failure } from "../../core/failure.ts";
import { neverWorked, type Token } from "../../core/tokens/token.ts";
import type { RevocationByValue } from "../../issuers/issuer.ts";
import type { Revocation } from "../../issuers/outcomes.ts";
import type { Service } from "../../issuers/service.ts";
import { existing } from "../changes.ts";
import { beginRevoking, revokeLocally } from "./service-changes.ts";
import { credentialOf, inspect, isValid, noToken, type ReachedService, type ServiceAccess } from "../service-access.ts";
import type { TokenRecords } from "../token-records.ts";

/** What became of a token's end at its service, for people. */
export interface RevocationReport {
  readonly token: Token;
  /** `ended`: the service knows. `pending`: told again later. `by-hand`: only a person can tell it. */
  readonly end: "ended" | "pending" | "by-hand";
  readonly detail: string;
  readonly hint?: string | undefined;
}

export class Revoking {
  readonly #records: TokenRecords;
  readonly #access: ServiceAccess;
  /** Tokens that their service did not let us revoke, whoever asked for it. */
  readonly #refused: Set<string>;
  /** Asks for pending ones to be tried soon, after the requests under way. */
  readonly soon: () => void;

  constructor(world: { records: TokenRecords; access: ServiceAccess; soon: () => void }, refused = new Set<string>()) {
    this.#records = world.records;
    this.#access = world.access;
    this.soon = world.soon;
    this.#refused = refused;
  }

  /** The same for what nobody asked for. */
  unasked(): Revoking {
    return new Revoking({ records: this.#records.unasked(), access: this.#access.unasked(), soon: this.soon }, this.#refused);
  }

  /**
   * Ends a token here and at its service.
   *
   * @throws Failure `not-found`, `exists` if it was revoked already, `denied` if it is just being made
   */
  async revoke(id: string): Promise<RevocationReport> {
    const known = await this.#records.read((tokens) => existing(tokens, id));
    const reached = this.#access.reach(known.service);
    if (known.state === "intended") throw notMade(known, reached);
    if (known.command !== undefined)
      return { token: await this.done(known.id), end: "ended", detail: "ended here: its command is not run for it any more" };
    const canTell = canBeTold(reached) && noToken(known, reached.service) === undefined;
    const { changed } = await this.#records.change((tokens) => beginRevoking(tokens, known.id, canTell));
    if (canTell) return this.#tell(changed[0], reached);
    return byHand(changed[0], reached, await this.#records.read((_tokens, usage) => neverWorked(known, usage.of(known.id))));
  }

  /** What a person is to know before, of a token that its service ends by its text alone. */
  async warning(id: string): Promise<string | undefined> {
    const token = await this.#records.read((tokens) => existing(tokens, id));
    const reached = this.#access.reach(token.service);
    return reached && byValue(token, reached)?.warning;
  }

  /** A person ended it at its service. @throws Failure `not-found`, `exists` */
  async done(id: string): Promise<Token> {
    return (await this.#records.change((tokens, context) => revokeLocally(tokens, id, context))).changed[0];
  }

  /**
   * Tells services of the ends that they could not be told yet.
   *
   * @param insist also where this was refused before: repeated refusals lock accounts
   */
  async tellPending(insist: boolean): Promise<readonly RevocationReport[]> {
    const pending = await this.#records.read((tokens) => tokens.all().filter((token) => token.state === "revoking"));
    const reports: RevocationReport[] = [];
    for (const token of pending.filter(({ id }) => insist || !this.#refused.has(id))) {
      const report = await this.tell(token);
      if (report !== undefined) reports.push(report);
    }
    return reports;
  }

  /** Tells the service of a token's end; undefined if only a person can. */
  async tell(token: Token): Promise<RevocationReport | undefined> {
    const reached = this.#access.reach(token.service);
    if (!canBeTold(reached) || token.secret.isEmpty) return undefined;
    return this.#tell(token, reached);
  }

  async #tell(token: Token, reached: ReachedService): Promise<RevocationReport> {
    const { service } = reached;
    const { expiresAt } = token.facts;
    const { outcome, detail } = await this.#deliver(token, reached);
    switch (outcome) {
      case "revoked":
        // Some registries take the deletion of a token that goes on working.
        return (await isValid(this.#access, token))
          ? this.#byHand(token, `${service.title} says that it is revoked, but it still works there`, "change the account's password there")
          : this.#ended(token, `revoked at ${service.title}`);
      case "accepted":
        if (await this.#isInvalid(token, reached)) return this.#ended(token, `revoked at ${service.title}`);
        return {
          token,
          end: "pending",
          detail: `${service.title} has taken it, and ends it soon`,
          hint: "toolkey no longer serves it, and looks again by itself; 'toolkey list' shows it until then",
        };
      case "on-its-page":
        return this.#byHand(token, `${service.title} lets no program revoke it: ${detail}`, `revoke it ${place(service)}`);
      case "already-revoked":
        return this.#ended(token, `was revoked at ${service.title} already`);
      case "not-found":
        // Any proxy can answer 404: it is believed only if the token is invalid.
        if (await this.#isInvalid(token, reached)) return this.#ended(token, `is gone at ${service.title}`);
        return this.#pending(token, reached, "the service does not know it (404), and yet accepts it, or does not say");
      case "id-unknown":
        if (await this.#isInvalid(token, reached)) return this.#ended(token, `is not valid at ${service.title} any more`);
        return this.#byHand(
          token,
          `${service.title} revokes tokens by their ids, and that of this one is not known`,
          `revoke it ${place(service)}`,
        );
      case "issued-elsewhere":
        return this.#byHand(token, `${service.title} did not issue it and can't revoke it: ${detail}`, "revoke it where it was made");
      case "not-revocable":
        return {
          token,
          end: "pending",
          detail: `${service.title} can't revoke it before it expires${expiresAt === undefined ? "" : `, ${expiresAt}`}: ${detail}`,
          hint: "toolkey no longer serves it; tokens that toolkey creates can always be revoked",
        };
      case "refused":
        // Also what an invalid token gets that is to revoke itself.
        if (await this.#isInvalid(token, reached)) return this.#ended(token, `is not valid at ${service.title} any more`);
        this.#refused.add(token.id);
        return {
          token,
          end: "pending",
          detail: `${service.title} does not let toolkey revoke it: ${detail}`,
          hint: `toolkey login ${service.name} with more rights, or revoke it ${place(service)}, then: toolkey revoke --done ${token.id}`,
        };
      case "offline":
      case "untrusted-certificate":
      case "wrong-host":
      case "failing":
        return this.#pending(token, reached, detail);
      default:
        return outcome satisfies never;
    }
  }

  async #isInvalid(token: Token, reached: ReachedService): Promise<boolean> {
    return (await inspect(reached, credentialOf(token))).outcome === "invalid";
  }

  async #ended(token: Token, detail: string): Promise<RevocationReport> {
    // Another request may have told the service meanwhile.
    const change = await this.#records.change((tokens, context) =>
      tokens.get(token.id)?.state === "revoking" ? revokeLocally(tokens, token.id, context) : undefined,
    );
    return { token: change?.changed[0] ?? { ...token, state: "revoked" }, end: "ended", detail };
  }

  /** What no request can end is not asked for again, and its secret not needed any more. */
  async #byHand(token: Token, detail: string, what: string): Promise<RevocationReport> {
    const change = await this.#records.change((tokens) =>
      tokens.get(token.id)?.state === "revoking" ? beginRevoking(tokens, token.id, false) : undefined,
    );
    return { token: change?.changed[0] ?? token, end: "by-hand", detail, hint: `${what}, then: toolkey revoke --done ${token.id}` };
  }

  #pending(token: Token, { service }: ReachedService, detail: string): RevocationReport {
    return {
      token,
      end: "pending",
      detail: `${service.title} could not be told: ${detail}`,
      hint: `toolkey no longer serves it, and tells the service as soon as it can; 'toolkey list' shows it`,
    };
  }

  /** With the login, and with the token itself where that is refused or there is none. */
  async #deliver(token: Token, reached: ReachedService): Promise<{ outcome: Revocation["outcome"]; detail: string }> {
    const { service, issuer, http } = reached;
    const ended = await byValue(token, reached)?.revoke(service, credentialOf(token), http);
    if (ended !== undefined) return { outcome: ended.outcome, detail: "detail" in ended ? ended.detail : "" };
    const tokenId = await tokenIdOf(token, reached);
    const own = token.secret.isEmpty ? undefined : credentialOf(token);
    // Who doesn't know the id of a token can only ask the token itself to end.
    const credentials = tokenId === undefined ? [own] : [await this.#access.login(service.name), own];
    let last: Revocation =
      tokenId === undefined ? { outcome: "id-unknown" } : { outcome: "refused", detail: "there is nothing to ask with" };
    for (const credential of credentials) {
      if (credential === undefined) continue;
      last = (await issuer.revoke?.(service, credential, tokenId, http)) ?? last;
      if (last.outcome !== "refused") break;
    }
    return { outcome: last.outcome, detail: "detail" in last ? last.detail : "" };
  }
}

function canBeTold(reached: ReachedService | undefined): reached is ReachedService {
  return reached?.issuer.revoke !== undefined || reached?.issuer.revokeByValue !== undefined;
}

/** Undefined where the service doesn't end such a token by its text. */
function byValue({ secret }: Token, { issuer: { revokeByValue } }: ReachedService): RevocationByValue | undefined {
  return revokeByValue?.takes(secret.reveal()) === true ? revokeByValue : undefined;
}

/** As its service has told it. */
async function tokenIdOf(token: Token, reached: ReachedService): Promise<string | undefined> {
  if (token.facts.tokenId !== undefined) return token.facts.tokenId;
  const seen = await inspect(reached, credentialOf(token));
  return seen.outcome === "valid" ? seen.facts.tokenId : undefined;
}

/** Whether there is anything to revoke is not known, or not yet. */
function notMade({ id, service }: Token, reached: ReachedService | undefined): Failure {
  const isFound = reached?.issuer.describes !== false;
  return new Failure("denied", `token ${id} is being created, or its service did not answer whether it was`, {
    hint: isFound
      ? "toolkey revokes what came of it by itself, as soon as its service can be asked"
      : [
          `it may be one of those that 'toolkey list --remote ${service}' shows; if so: toolkey revoke --remote ${service} TOKEN-ID`,
          `if not: toolkey revoke --done ${id}`,
        ],
  });
}

function byHand(token: Token, reached: ReachedService | undefined, isDoubtful: boolean): RevocationReport {
  const title = reached?.service.title ?? token.service;
  const other = reached && noToken(token, reached.service);
  const what = other?.end(token.username ?? "the account") ?? `revoke it ${place(reached?.service)}`;
  const mistyped = `; if it was never one of its tokens: toolkey revoke --local ${token.id}, which deletes it`;
  return {
    token,
    end: "by-hand",
    detail:
      other === undefined
        ? `it is revoked here, but is still valid at ${title}, where toolkey can't revoke it`
        : `it is forgotten here, but is ${other.what} at ${title}`,
    hint: `${what}, then: toolkey revoke --done ${token.id}${isDoubtful && other === undefined ? mistyped : ""}`,
  };
}

function place(service: Service | undefined): string {
  return service?.page === undefined ? "there" : `at ${service.page}`;
}
