/** What is kept of a sign-in: a login with which tokens are made, or the token of one tool. */
import { ADMINISTRATION, type Assessment } from "../../core/wire/administration.ts";
import { milliseconds } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";
import { parseTarget } from "../../core/target.ts";
import type { Token, TokenView } from "../../core/tokens/token.ts";
import { authtypeFor } from "../../issuers/service.ts";
import { mergeFacts } from "../../issuers/token-text.ts";
import { add } from "../changes.ts";
import type { Checking } from "../checking.ts";
import type { ReachedService } from "../service-access.ts";
import type { Issuing } from "../token-life/issuing.ts";
import { newSecret, type Minted } from "../token-life/minted.ts";
import type { TokenRecords } from "../token-records.ts";

/** For people. */
export interface KeptSignIn {
  readonly token: TokenView;
  /** Others that it has suspended. */
  readonly others: readonly TokenView[];
  readonly assessment: Assessment;
  /** What went otherwise than expected. */
  readonly notes: readonly string[];
}

export class Keeping {
  readonly #records: TokenRecords;
  readonly #checking: Checking;
  readonly #issuing: Issuing;
  readonly #onLogin: () => void;

  /** @param world `onLogin`: what could not be done for want of a login can be done now */
  constructor(world: { records: TokenRecords; checking: Checking; issuing: Issuing; onLogin: () => void }) {
    this.#records = world.records;
    this.#checking = world.checking;
    this.#issuing = world.issuing;
    this.#onLogin = world.onLogin;
  }

  /**
   * Keeps what a sign-in gave, for a tool or for toolkey itself; what is not kept is ended at its service.
   *
   * @param assertWanted throws where nobody waits for it any more
   * @throws Failure
   */
  async keep(reached: ReachedService, tool: string, made: Minted, assertWanted: () => void): Promise<KeptSignIn> {
    const { title, page } = reached.service;
    const left = `what the page gave could not be ended at ${title}: end it there${page === undefined ? "" : `, at ${page}`}`;
    return this.#keptOrEnded(reached, made, left, async () => {
      assertWanted();
      const isOnlyForLogin = tool === ADMINISTRATION && reached.issuer.signInPage?.isOnlyForLogin === true;
      if (isOnlyForLogin) return this.#login(reached, made, assertWanted);
      return this.#store(reached, tool, made, { assertWanted, notes: [] });
    });
  }

  /** Keeps what ends soon by itself as it is, for a tool or as toolkey's login. @throws Failure */
  async keepItself(reached: ReachedService, tool: string, made: Minted): Promise<KeptSignIn> {
    const left = `what ${reached.service.title} gave could not be ended there; it ends by itself`;
    return this.#keptOrEnded(reached, made, left, () => this.#store(reached, tool, made, { assertWanted: () => undefined, notes: [] }));
  }

  /** @param left what to say where it could neither be kept nor ended */
  async #keptOrEnded(reached: ReachedService, made: Minted, left: string, keep: () => Promise<KeptSignIn>): Promise<KeptSignIn> {
    try {
      return await keep();
    } catch (error) {
      const isEnded = await this.endAt(reached, made);
      if (isEnded || !(error instanceof Failure)) throw error;
      throw new Failure(error.code, error.message, { hint: [...error.hints, left] });
    }
  }

  async #login(reached: ReachedService, made: Minted, assertWanted: () => void): Promise<KeptSignIn> {
    const own = await this.#issuing.login(reached, made, assertWanted).catch((error: unknown) => {
      if (error instanceof Failure && error.code === "denied") return error;
      throw error;
    });
    if (own instanceof Failure) {
      assertWanted();
      const notes = [`${own.message}; so the token of the sign-in itself is kept`];
      return this.#store(reached, ADMINISTRATION, made, { assertWanted, notes });
    }
    const isEnded = await this.endAt(reached, made);
    this.#onLogin();
    return {
      ...(await this.#view([own])),
      assessment: { outcome: "valid", detail: "" },
      notes: isEnded ? [] : [`the token of the sign-in itself could not be ended at ${reached.service.title}; it ends by itself`],
    };
  }

  /** Ends what is not kept, by its value also where a person is asked before otherwise: nobody has it. False if it may still be valid. */
  async endAt({ issuer, service, http }: ReachedService, { secret, refreshToken }: Minted): Promise<boolean> {
    const { revoke, revokeByValue } = issuer;
    const isByValue = revokeByValue?.takes(secret.reveal()) === true;
    const credential = { secret, refreshToken };
    const ended = isByValue ? await revokeByValue.revoke(service, credential, http) : await revoke?.(service, credential, undefined, http);
    return ended !== undefined && ["revoked", "already-revoked", "accepted"].includes(ended.outcome);
  }

  async #store(
    { service }: ReachedService,
    tool: string,
    made: Minted,
    { assertWanted, notes }: { readonly assertWanted: () => void; readonly notes: readonly string[] },
  ): Promise<KeptSignIn> {
    const use = service.tools[tool];
    const target = tool === ADMINISTRATION ? parseTarget(service.url) : use?.targets[0];
    if (target === undefined) throw new Error("a tool without a place");
    const isNamed = use?.presents === "Basic";
    const username = isNamed ? (use.username ?? made.username) : made.username;
    const { assessment, facts } = await this.#checking.accept(service.name, { secret: made.secret, username });
    const fresh = newSecret(made, milliseconds(this.#records.now()));
    const { changed } = await this.#records.change((tokens, context) => {
      assertWanted();
      return add(
        tokens,
        {
          ...fresh,
          facts: mergeFacts(facts, fresh.facts),
          tool,
          service: service.name,
          target,
          username,
          authtype: authtypeFor(tool, use),
        },
        context,
      );
    });
    if (tool === ADMINISTRATION) this.#onLogin();
    return { ...(await this.#view(changed)), assessment, notes };
  }

  async #view(changed: readonly Token[]): Promise<Pick<KeptSignIn, "token" | "others">> {
    const [token, ...others] = await this.#records.views(changed);
    if (token === undefined) throw new Error("a token without a view");
    return { token, others };
  }
}
