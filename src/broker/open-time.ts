import { instant, type Clock, type Instant } from "../core/clock.ts";

/** How long an open vault stays so, in milliseconds. */
export interface LockTimes {
  /** Since it was last used. */
  readonly idle: number;
  /** Since it was opened. */
  readonly absolute: number;
}

/** How long before a vault closes however much it is used that is announced, in milliseconds: time to finish, or to open it again. */
const ANNOUNCED_MS = 5 * 60_000;

/** Until when an opened vault stays open. */
export class OpenTime {
  readonly #clock: Clock;
  readonly #times: LockTimes;
  #since: number;
  #lastUse: number;
  #uses = 0;

  constructor(clock: Clock, times: LockTimes) {
    this.#clock = clock;
    this.#times = times;
    this.#since = clock.now();
    this.#lastUse = this.#since;
  }

  /** Counts as use now. */
  use(): void {
    this.#lastUse = this.#clock.now();
  }

  /** Counts as use until the returned function is called. What is over already is not put off: no timer runs while the machine sleeps. */
  using(): () => void {
    if (this.isOver) return () => undefined;
    this.#uses += 1;
    return () => {
      this.#uses -= 1;
      this.use();
    };
  }

  get isOver(): boolean {
    this.#heedClock();
    return this.#clock.now() >= this.end.at;
  }

  /** As it is if nothing uses the vault from now on. */
  get end(): { readonly at: number; readonly why: "idle" | "absolute" } {
    const idle = (this.#uses > 0 ? this.#clock.now() : this.#lastUse) + this.#times.idle;
    return idle < this.#latest ? { at: idle, why: "idle" } : { at: this.#latest, why: "absolute" };
  }

  /** From when on the end is soon that no use puts off. */
  get announcedAt(): number {
    return this.#latest - ANNOUNCED_MS;
  }

  /** That end, if it is soon. */
  get closingSoon(): Instant | undefined {
    return this.#clock.now() >= this.announcedAt ? instant(this.#latest) : undefined;
  }

  /** A clock that was set back must not keep the vault open for longer: what has passed stays passed. */
  #heedClock(): void {
    const back = this.#lastUse - this.#clock.now();
    if (back <= 0) return;
    this.#since -= back;
    this.#lastUse -= back;
  }

  get #latest(): number {
    return this.#since + this.#times.absolute;
  }
}
