import { AsyncLocalStorage } from "node:async_hooks";

/**
 * What goes with one request through all that is done for it. Node 20 and 22 keep an account of each promise while there is such
 * a store, which slows down the gateway: so there is none while no request has one.
 */
export class RequestStore<Value> {
  readonly #store = new AsyncLocalStorage<Value>();
  #underWay = 0;

  /** Undefined outside of requests. */
  get(): Value | undefined {
    return this.#store.getStore();
  }

  /** Begins what outlasts the request, and has nothing of it. */
  without(begin: () => void): void {
    this.#store.exit(begin);
  }

  async run<Result>(value: Value, answer: () => Promise<Result>): Promise<Result> {
    this.#underWay += 1;
    try {
      return await this.#store.run(value, answer);
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#store.disable();
    }
  }
}
