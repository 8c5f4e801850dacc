/**
 * A token for the identity of a CI job: the id token that vouches for it goes to the service, and what comes back into the vault. No
 * intention is written down before (token-life/intentions.ts): what is made so has no description, and could not be found by one. It ends
 * soon, by itself.
 */
import { unpresentable } from "../../core/tokens/presentable.ts";
import { Failure } from "../../core/failure.ts";
import type { Secret } from "../../core/secret.ts";
import { askRunner, isAskable, type RunnerAddress } from "../../issuers/job-identity.ts";
import type { NoAnswer } from "../../issuers/outcomes.ts";
import type { Service } from "../../issuers/service.ts";
import type { ServiceAccess } from "../service-access.ts";
import type { KeptSignIn, Keeping } from "./keeping.ts";

/** Where the id token comes from: it is there, or the runner makes one. */
export type IdentitySource = { readonly idToken: Secret } | RunnerAddress;

const NOTHING_STORED = "nothing was stored";
const AGAIN = "try again";
const AGAIN_IF_MADE = `${AGAIN}; a token that was made there all the same ends by itself`;

export class Exchanging {
  readonly #access: ServiceAccess;
  readonly #keeping: Keeping;

  constructor(world: { access: ServiceAccess; keeping: Keeping }) {
    this.#access = world.access;
    this.#keeping = world.keeping;
  }

  /**
   * @param tool whose token it becomes
   * @param provider what the service calls whoever vouches
   * @throws Failure `usage` where there is no such way, `denied` if the service or the runner refuses, `unavailable` without an answer
   */
  async exchange(service: Service, tool: string, provider: string, source: IdentitySource): Promise<KeptSignIn> {
    const reached = this.#access.reach(service.name);
    const exchange = reached?.issuer.exchange;
    if (reached === undefined || exchange === undefined) {
      throw new Failure("usage", `${service.title} takes no identity of a CI job`, {
        hint: [NOTHING_STORED, `with a token that you have: toolkey add ${service.name} --tool TOOL --secret-file FILE`],
      });
    }
    const idToken = "idToken" in source ? source.idToken : await this.#fromRunner(source);
    if (unpresentable({ secret: idToken }) !== undefined) {
      throw new Failure("usage", "the id token holds a control character", { hint: NOTHING_STORED });
    }
    const made = await exchange(service, { idToken, provider }, reached.http);
    switch (made.outcome) {
      case "minted":
        return this.#keeping.keepItself(reached, tool, made);
      case "refused":
      case "stale":
        throw new Failure("denied", `${service.title} gives nothing to this job: ${"detail" in made ? made.detail : made.outcome}`, {
          hint: [NOTHING_STORED, "what it needs there: an OIDC integration of that name, with an identity mapping that fits this job"],
        });
      default:
        throw noResponse(service.title, made, made.outcome === "offline" ? AGAIN : AGAIN_IF_MADE);
    }
  }

  async #fromRunner(address: RunnerAddress): Promise<Secret> {
    if (!isAskable(address.url)) {
      throw new Failure("usage", "the address at which the runner makes id tokens is not one of https", { hint: NOTHING_STORED });
    }
    if (unpresentable({ secret: address.bearer }) !== undefined) {
      throw new Failure("usage", "what the runner is to be asked with holds a control character", { hint: NOTHING_STORED });
    }
    const told = await askRunner(address, this.#access.elsewhere());
    if (told.outcome === "told") return told.idToken;
    const { host } = new URL(address.url);
    if (told.outcome !== "refused") throw noResponse(`the runner (${host})`, told, AGAIN);
    throw new Failure("denied", `the runner (${host}) makes no id token for this job: ${told.detail}`, {
      hint: [NOTHING_STORED, "the job needs the permission for it: id-token: write"],
    });
  }
}

function noResponse(who: string, { detail }: NoAnswer, next: string): Failure {
  return new Failure("unavailable", `${who} gave no usable response: ${detail}`, { hint: [NOTHING_STORED, next] });
}
