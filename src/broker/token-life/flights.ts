/** What concurrent requests share, and what is not tried again at once after it failed. */

/** After something failed that nobody asked for, it is not tried again for so long, in milliseconds. */
const PAUSE_AFTER_FAILURE_MS = 5 * 60_000;

export class Flights {
  readonly #onFailure: (what: string, failure: unknown) => void;
  readonly #now: () => number;
  readonly #flights = new Map<string, Promise<unknown>>();
  readonly #pausedUntil = new Map<string, number>();

  /** @param now milliseconds since the epoch */
  constructor(world: { onFailure: (what: string, failure: unknown) => void; now: () => number }) {
    this.#onFailure = world.onFailure;
    this.#now = world.now;
  }

  /** Does something, or takes part in what is under way for it. */
  async once<T>(what: string, action: () => Promise<T>): Promise<T> {
    const known = this.#flights.get(what) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const flight = action().finally(() => this.#flights.delete(what));
    this.#flights.set(what, flight);
    return flight;
  }

  /** For what nobody asked for. False if it failed, or did a moment ago; the failure is reported, not thrown. */
  async quietly(what: string, action: () => Promise<unknown>): Promise<boolean> {
    const now = this.#now();
    const left = (this.#pausedUntil.get(what) ?? 0) - now;
    // If it is longer than a pause is, the clock was set back.
    if (left > 0 && left <= PAUSE_AFTER_FAILURE_MS) return false;
    try {
      await this.once(what, action);
      return true;
    } catch (error) {
      this.#pausedUntil.set(what, now + PAUSE_AFTER_FAILURE_MS);
      this.#onFailure(what, error);
      return false;
    }
  }

  /** What failed may be tried again with the next request. */
  tryAgain(): void {
    this.#pausedUntil.clear();
  }
}
