/** What services say of tokens: before one is stored, and whenever a person asks. */
import { milliseconds } from "../core/clock.ts";
import { ADMINISTRATION, type Assessment, type CheckedToken } from "../core/wire/administration.ts";
import { Failure } from "../core/failure.ts";
import { viewToken, type RemoteToken, type Token } from "../core/tokens/token.ts";
import { formOf } from "../core/tokens/token-form.ts";
import type { ServiceCredential } from "../issuers/outcomes.ts";
import type { Service } from "../issuers/service.ts";
import { readTokenText } from "../issuers/reading.ts";
import { TOKEN_FORMS } from "../issuers/token-forms.ts";
import { mergeFacts } from "../issuers/token-text.ts";
import { fetchAgain, type Fetching } from "./fetching/fetching.ts";
import { assertPresentable } from "../vault/entering.ts";
import { existing, type NewSecret } from "./changes.ts";
import { lifetime } from "./token-life/renewal-time.ts";
import { credentialOf, inspect, remoteIds, type ServiceAccess } from "./service-access.ts";
import { renewsByItself } from "./token-life/rotating.ts";
import { withKind } from "./token-kind.ts";
import type { TokenRecords } from "./token-records.ts";

/** What ends sooner than this is about to expire, in milliseconds; of what lasts a day at most, its second half. */
const SOON_MS = 14 * 86_400_000;
const DAY_S = 86_400;

export class Checking {
  readonly #records: TokenRecords;
  readonly #access: ServiceAccess;
  readonly #fetching: Fetching;

  constructor(world: { records: TokenRecords; access: ServiceAccess; fetching: Fetching }) {
    this.#records = world.records;
    this.#access = world.access;
    this.#fetching = world.fetching;
  }

  /**
   * Asks the service about a secret that is to be stored, and reads what it tells of itself.
   *
   * @throws Failure `denied` if the service rejects it, `unavailable` if what answers is not the service, `usage` for
   * what no tool can be given
   */
  async accept(serviceName: string, credential: ServiceCredential): Promise<NewSecret & { readonly assessment: Assessment }> {
    assertPresentable(credential);
    const reached = this.#access.reach(serviceName);
    const told = readTokenText(credential.secret.reveal());
    const seen = await inspect(reached, credential);
    const title = reached?.service.title ?? serviceName;
    switch (seen.outcome) {
      case "invalid":
        throw new Failure("denied", `${title} rejects this token: ${seen.detail}`, {
          hint: ["nothing was stored or changed", "copy it again, whole; it may also have expired, or be for another service"],
        });
      case "wrong-host":
      case "untrusted-certificate":
        throw new Failure("unavailable", `${title} could not be asked about this token: ${inWords(seen.outcome)} (${seen.detail})`, {
          hint: ["nothing was stored or changed", adviceOn(seen.outcome, reached?.service)],
        });
      default:
    }
    // Its id is what its service says, or unknown: with that, others than the token itself ask.
    return {
      secret: credential.secret,
      facts: seen.outcome === "valid" ? mergeFacts(told.facts, seen.facts) : told.facts,
      assessment: { outcome: seen.outcome, detail: "detail" in seen ? seen.detail : "" },
    };
  }

  /** Asks the services of tokens about them: of those named, or of all that could be served. */
  async check(ids: readonly string[]): Promise<CheckedToken[]> {
    const tokens = await this.#records.read((all) =>
      ids.length === 0
        ? all.all().filter((token) => token.state === "active" || token.state === "suspended")
        : ids.map((id) => existing(all, id)),
    );
    return Promise.all(tokens.map((token) => this.#checkOne(token)));
  }

  /**
   * The tokens that the login at a service can see and the vault does not hold.
   *
   * @throws Failure `usage`, `denied`, `unavailable`
   */
  async untracked(service: Service): Promise<RemoteToken[]> {
    const reached = this.#access.reach(service.name);
    if (reached?.issuer.list === undefined) {
      throw new Failure("usage", `${service.title} does not list its tokens to programs`, {
        hint: service.page === undefined ? "look at its web page" : `look at ${service.page}`,
      });
    }
    const login = await this.#access.login(service.name);
    if (login === undefined) {
      throw new Failure("denied", `toolkey is not logged in at ${service.title}`, { hint: `toolkey login ${service.name}` });
    }
    const listing = await reached.issuer.list(reached.service, login, undefined, reached.http);
    if (listing.outcome !== "listed") {
      throw new Failure(
        listing.outcome === "refused" ? "denied" : "unavailable",
        `${service.title} did not list its tokens: ${listing.detail}`,
      );
    }
    // What was revoked here alone is still valid there, and nobody looks after it.
    const known = await this.#records.read((tokens) => remoteIds(tokens.all().filter(({ state }) => state !== "revoked")));
    return listing.tokens.filter(({ tokenId }) => !known.has(tokenId));
  }

  /** Ends a token that the vault does not hold. @throws Failure */
  async revokeUntracked(service: Service, tokenId: string): Promise<void> {
    // In a URL it would be another place.
    if (!/^[\w~-][\w.~-]*$/.test(tokenId))
      throw new Failure("usage", `'${tokenId}' is not a token id`, { hint: `toolkey list --remote ${service.name} shows them` });
    const reached = this.#access.reach(service.name);
    const login = await this.#access.login(service.name);
    if (reached?.issuer.revoke === undefined || login === undefined) {
      throw new Failure("denied", `toolkey can't revoke tokens at ${service.title}`, { hint: `toolkey login ${service.name}` });
    }
    const ended = await reached.issuer.revoke(reached.service, login, tokenId, reached.http);
    if (ended.outcome === "revoked" || ended.outcome === "already-revoked") return;
    throw new Failure(
      "unavailable",
      `${service.title} did not revoke ${tokenId}: ${"detail" in ended ? ended.detail : "it does not know it"}`,
      {
        hint: "nothing was changed",
      },
    );
  }

  async #checkOne(kept: Token): Promise<CheckedToken> {
    const token = kept.state === "active" ? await this.#fetching.fill(kept) : kept;
    if ("why" in token) {
      const [view] = await this.#records.views([kept]);
      if (view === undefined) throw new Error("a token without a view");
      return { token: view, verdict: "failing", detail: token.why, expiresAt: undefined, hint: fetchAgain(kept, token) };
    }
    const reached = this.#access.reach(token.service);
    const seen = await inspect(reached, credentialOf(token));
    const expiresAt = (seen.outcome === "valid" ? seen.facts.expiresAt : undefined) ?? token.facts.expiresAt;
    const left = expiresAt === undefined ? Infinity : milliseconds(expiresAt) - milliseconds(this.#records.now());
    const isValid = seen.outcome === "valid" || seen.outcome === "not-permitted";
    // The service's word is better than our clock.
    const renewsItself = reached !== undefined && renewsByItself(token, reached.issuer);
    const verdict: CheckedToken["verdict"] = isValid
      ? left < soonFor(token) && !renewsItself
        ? "about-to-expire"
        : seen.outcome
      : left <= 0
        ? "invalid"
        : seen.outcome;
    const detail =
      left > 0
        ? "detail" in seen
          ? seen.detail
          : ""
        : isValid
          ? "by the clock of this machine it has expired already"
          : `expired at ${expiresAt ?? ""}`;
    const view = await this.#records.read((_tokens, usage) => viewToken(kept, usage.of(token.id)));
    const form = formOf(token.secret.reveal(), token.target.host, TOKEN_FORMS);
    const isOwn = form !== undefined && reached?.issuer.forms?.includes(form) === true;
    const told = { verdict, detail, hint: hintFor(verdict, token, reached?.service) };
    return { token: view, ...withKind(told, { id: token.id, form, isOwn }, this.#records.now()), expiresAt, form: form?.title };
  }
}

function soonFor(token: Token): number {
  const seconds = lifetime(token) ?? Infinity;
  return seconds <= DAY_S ? (seconds * 1000) / 2 : SOON_MS;
}

function hintFor(verdict: CheckedToken["verdict"], token: Token, service: Service | undefined): string | undefined {
  const page = service?.issuer.newTokenPage?.(service, token.tool, token.facts.description ?? token.tool) ?? service?.page;
  const pasted = page === undefined ? `toolkey replace ${token.id}` : `make a new one at ${page}, then: toolkey replace ${token.id}`;
  const isSignedIn = token.refreshToken !== undefined && service?.issuer.signInPage !== undefined && service.issuer.mint === undefined;
  const another = isSignedIn ? `toolkey login ${service.name} --tool ${token.tool}` : pasted;
  const renew = service?.issuer.mint === undefined ? another : `toolkey rotate ${token.id}, or toolkey replace ${token.id}`;
  switch (verdict) {
    case "valid":
      return token.state === "suspended" ? `it is valid: toolkey restore ${token.id}` : undefined;
    case "not-permitted":
      return token.state === "suspended" ? `it is valid: toolkey restore ${token.id}` : undefined;
    case "invalid":
      return token.tool === ADMINISTRATION ? `toolkey login ${token.service}` : another;
    case "about-to-expire":
      return token.tool === ADMINISTRATION ? `toolkey login ${token.service}` : renew;
    case "wrong-host":
    case "untrusted-certificate":
    case "offline":
    case "failing":
      return adviceOn(verdict, service);
    case "unknown":
      if (token.command !== undefined) return `its command prints one; toolkey can't ask ${token.service} about it`;
      return token.secret.isEmpty
        ? `token ${token.id} is ${token.state}; there is nothing left to ask with`
        : `toolkey can't ask ${token.service}; the next command of ${token.tool} that uses it tells`;
    default:
      return verdict satisfies never;
  }
}

function adviceOn(outcome: "wrong-host" | "untrusted-certificate" | "offline" | "failing", service: Service | undefined): string {
  switch (outcome) {
    case "wrong-host":
      return `check the address ${service?.url ?? ""}: a login page, a proxy or another server answered`;
    case "untrusted-certificate":
      return "if your company has its own certificates: set NODE_EXTRA_CA_CERTS to their file, or cacert for the service in config.toml; then: toolkey config accept";
    case "offline":
      return "check the network and the proxy (HTTPS_PROXY, NO_PROXY)";
    case "failing":
      return "try again later";
    default:
      return outcome satisfies never;
  }
}

function inWords(outcome: "wrong-host" | "untrusted-certificate"): string {
  return outcome === "wrong-host" ? "another server answers there" : "its certificate is not trusted";
}
