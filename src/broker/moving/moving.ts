import { hostname } from "node:os";
import { ADMINISTRATION, type Operations } from "../../core/wire/administration.ts";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import type { Arrived, Departing } from "../../core/views/moving.ts";
import { NO_SECRET, Secret } from "../../core/secret.ts";
import { covers, origin, parseTarget, sameTarget } from "../../core/target.ts";
import { viewToken, type Token, type TokenFacts } from "../../core/tokens/token.ts";
import { readTokenText } from "../../issuers/reading.ts";
import type { Services } from "../../issuers/registry.ts";
import { mergeFacts } from "../../issuers/token-text.ts";
import { regularFile } from "../../platform/files/regular-file.ts";
import { TOOL_NAMES } from "../../protocols/tool-facts.ts";
import { openExport, sealExport, type ExportContent, type ExportedToken } from "../../vault/export-file.ts";
import { TokenMap } from "../../vault/token-map.ts";
import { existing } from "../changes.ts";
import { credentialOf, inspect, type ReachedService, type ServiceAccess } from "../service-access.ts";
import type { TokenRecords } from "../token-records.ts";
import { insteadOf, replacing, staysWhy } from "./advice.ts";
import { merge, type Ids, type Merging } from "./merge.ts";

/** Far more than a vault has. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;
/** Tokens that services are asked about at once. */
const ASKED_AT_ONCE = 8;

/** What goes to another machine, or into a backup, and what comes from there. */
export class Moving {
  readonly #records: TokenRecords;
  readonly #access: ServiceAccess;

  constructor(world: { records: TokenRecords; access: ServiceAccess }) {
    this.#records = world.records;
    this.#access = world.access;
  }

  /** The tokens as they go out, encrypted; without `by` only which they are. @throws Failure `not-found`, and as `sealExport` */
  async exportTokens({ ids, by }: Operations["exportTokens"]["request"]): Promise<Operations["exportTokens"]["answer"]> {
    const leaving = await this.#records.read((tokens, usage) => {
      const wanted = new Set(ids.map((id) => existing(tokens, id)));
      // In the order of the vault, in which they come there.
      return tokens.all().flatMap((token) => (wanted.has(token) ? [{ token, use: usage.of(token.id) }] : []));
    });
    const departing: Departing[] = [];
    const exported: ExportedToken[] = [];
    for (const { token, use } of leaving) {
      const stays = staysWhy(token);
      const hint = stays && insteadOf(token, stays, this.#access.reach(token.service));
      departing.push({ token: viewToken(token, use), stays, hint });
      exported.push({ token: stays === undefined ? token : without(token), stays, approvedAt: use?.approvedAt });
    }
    if (by === undefined) return { tokens: departing };
    const sealed = await sealExport({ from: hostname(), exportedAt: this.#records.now(), tokens: exported }, by);
    return { tokens: departing, file: Buffer.from(sealed).toString("base64") };
  }

  /** All of the tokens of such a file, or none. @throws Failure `not-found`, `unavailable`, as `openExport`, and as `Vault.change` */
  async importTokens({ file, passphrase, identity }: Operations["importTokens"]["request"]): Promise<Operations["importTokens"]["answer"]> {
    const by = { passphrase: secretOf(passphrase), identity: secretOf(identity) };
    const { from, exportedAt, tokens: all } = await openExport(await readFile(file), by, file);
    for (const { token } of all) assertTool(token, file);
    const unknownServices = new Set<string>();
    const filed = all.map((one) => ({ ...one, stays: whyNot(one), token: this.#atHome(one.token, unknownServices) }));
    const coming: typeof filed = [];
    for (let at = 0; at < filed.length; at += ASKED_AT_ONCE) {
      const asked = filed.slice(at, at + ASKED_AT_ONCE).map((one) => this.#confirmed(one));
      coming.push(...(await Promise.all(asked)));
    }
    const mergings = await this.#merge(coming.filter(({ stays }) => stays === undefined).map(({ token }) => token));
    await this.#noteThatTheyWorked(coming, mergings);
    const arrived: Arrived[] = [];
    for (const { token, stays } of coming) {
      const merging = mergings.get(token);
      arrived.push(merging === undefined ? this.#staying(token, stays) : await this.#view(token, merging, from));
    }
    return { from, exportedAt, tokens: arrived, unknownServices: [...unknownServices] };
  }

  async #merge(coming: readonly Token[]): Promise<ReadonlyMap<Token, Merging>> {
    const mergings = new Map<Token, Merging>();
    await this.#records.change((before, context) => {
      mergings.clear();
      const places = new Map<string, TokenMap>();
      const changed = new Map<string, Token>();
      const ids: Ids = {
        isTaken: (id) => changed.has(id) || before.get(id) !== undefined,
        newId: (tool) => context.newId(tool, before.with(...changed.values())),
      };
      for (const token of coming) {
        // Each place by itself: with all of a large vault, each token would take as long as all others.
        const place = `${token.tool} ${origin(token.target)}`;
        const own = places.get(place) ?? new TokenMap(before.of(token.tool, token.target));
        const merging = merge(own, token, context, { before: before.of(token.tool, token.target), ids });
        mergings.set(token, merging);
        places.set(place, merging.tokens);
        for (const other of merging.tokens.all()) if (own.get(other.id) !== other) changed.set(other.id, other);
      }
      const [first, ...others] = changed.values();
      return first && { tokens: before.with(first, ...others), changed: [first, ...others] };
    });
    return mergings;
  }

  /** One that has worked there has worked: a refusal is judged by that. */
  async #noteThatTheyWorked(coming: ExportContent["tokens"], mergings: ReadonlyMap<Token, Merging>): Promise<void> {
    for (const { token, approvedAt } of coming) {
      const { id, outcome } = mergings.get(token) ?? {};
      if (id === undefined || approvedAt === undefined || (outcome !== "added" && outcome !== "aside")) continue;
      await this.#records.note((usage) => usage.approved(id, approvedAt, undefined));
    }
  }

  #staying(token: Token, stays: ExportedToken["stays"]): Arrived {
    const hint = stays && insteadOf(token, stays, this.#access.reach(token.service));
    return { token: viewToken(token, undefined), was: token.id, outcome: "stays", stays, renews: false, hint };
  }

  async #view(token: Token, { id, outcome }: Merging, from: string): Promise<Arrived> {
    const here = await this.#records.read((tokens, usage) => {
      const found = id === undefined ? undefined : tokens.get(id);
      return found && { token: found, view: viewToken(found, usage.of(found.id)) };
    });
    if (here === undefined) return { token: viewToken(token, undefined), was: token.id, outcome: "over", renews: false };
    const reached = this.#access.reach(here.token.service);
    const isLoggedIn = reached !== undefined && (await this.#access.login(reached.service.name)) !== undefined;
    // What was here when its own backup came back lives nowhere else for that.
    const isCopy = here.token.state === "active" && (outcome === "added" || from !== hostname());
    const next = isCopy ? replacing(here.token, reached, isLoggedIn) : { renews: false };
    return { token: here.view, was: token.id, outcome, ...next };
  }

  /**
   * With what its service says of it, asked with the token itself. The file's word for that would have a login here end the token of an
   * id, or make one with a scope, that anybody can write into a file: so without the service's word there is no id, no scope and no end
   * to be renewed at.
   */
  async #confirmed<One extends ExportedToken>(one: One): Promise<One> {
    const { token } = one;
    const reached = this.#access.reach(token.service);
    const isLiving = one.stays === undefined && token.state !== "revoked";
    const seen = isLiving && reached !== undefined && isKeptThere(reached) ? await inspect(reached, credentialOf(token)) : undefined;
    const { expiresAt, ...facts } = harmless(token);
    if (reached === undefined || !isKeptThere(reached)) return { ...one, token: { ...token, facts: { ...facts, expiresAt } } };
    if (seen?.outcome !== "valid" && seen?.outcome !== "not-permitted") return { ...one, token: { ...token, facts } };
    // Its service has accepted the text, and so what that says of itself; one that may do little is told no more.
    const { facts: own, claimedId } = readTokenText(token.secret.reveal());
    const tokenId = claimedId === token.facts.tokenId ? claimedId : undefined;
    const told = mergeFacts({ ...own, tokenId }, seen.outcome === "valid" ? seen.facts : {});
    return { ...one, token: { ...token, facts: mergeFacts(facts, told) } };
  }

  /** As it is filed here: with a service that has its place, whatever the file says, and without what no file of ours has. */
  #atHome(token: Token, unknown: Set<string>): Token {
    const { services } = this.#access;
    const service = isOf(services, token) ? token.service : services.nameOf(token.target);
    if (service !== token.service && serviceNamed(services, token.service) === undefined) unknown.add(token.service);
    const { state, secret, refreshToken, command } = token;
    // What is still to be ended at its service may need the refresh token for that.
    const kept = { refreshToken: state === "revoking" ? refreshToken : undefined, secret: state === "revoked" ? NO_SECRET : secret };
    return { ...token, ...kept, service, command: state === "revoking" || state === "revoked" ? undefined : command };
  }
}

const toolNames: ReadonlySet<string> = new Set(TOOL_NAMES);

/** A name that is none of a tool would become part of an id, which people type and shells complete. @throws Failure `damaged` */
function assertTool({ tool }: Token, file: string): void {
  if (tool === ADMINISTRATION || toolNames.has(tool)) return;
  throw new Failure("damaged", `${file} has a token of a tool that this toolkey does not know`, {
    hint: ["nothing was changed", "if a newer toolkey exported it: install that here, too"],
  });
}

/** Whether toolkey makes or ends tokens there. */
function isKeptThere({ issuer }: ReachedService): boolean {
  return issuer.mint !== undefined || issuer.revoke !== undefined || issuer.refresh !== undefined;
}

/** What is only shown to people. */
function harmless({ facts: { description, kind, issuedAt, expiresAt } }: Token): TokenFacts {
  return { description, kind, issuedAt, expiresAt };
}

/** What one token is known by, where its secret stays. */
function without(token: Token): Token {
  const command = token.command && { ...token.command, variables: {} };
  return { ...token, command, secret: NO_SECRET, refreshToken: undefined, knownBefore: undefined };
}

/** What is in no file of ours is in none of them: a command would be run, and without a secret there is no token. */
function whyNot({ token, stays }: ExportedToken): ExportedToken["stays"] {
  if (stays !== undefined || token.state === "revoked" || token.state === "revoking") return stays;
  if (token.state === "intended") return "being-made";
  return token.command === undefined ? (token.secret.isEmpty ? "renews" : undefined) : "fetched";
}

function isOf(services: Services, { tool, service, target }: Token): boolean {
  const known = serviceNamed(services, service);
  if (known === undefined) return false;
  if (tool === ADMINISTRATION) return sameTarget(parseTarget(known.url), target);
  return known.tools[tool]?.targets.some((own) => covers(own, target)) === true;
}

/** Undefined also for what can be no name of one. */
function serviceNamed(services: Services, name: string): ReturnType<Services["named"]> {
  try {
    return services.named(name);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

async function readFile(path: string): Promise<Uint8Array> {
  try {
    const bytes = await regularFile(path, MAX_FILE_BYTES);
    if (bytes !== undefined) return bytes;
    throw new Failure("unavailable", `cannot read ${path}: it is not a file`);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined || error instanceof Failure) throw error;
    if (code === "ENOENT" || code === "ENOTDIR") throw new Failure("not-found", `there is no file ${path}`, { cause: error });
    throw new Failure("unavailable", `cannot read ${path}: ${code}`, { cause: error });
  }
}

function secretOf(text: string | undefined): Secret | undefined {
  return text === undefined ? undefined : new Secret(text);
}
