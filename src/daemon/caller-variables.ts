import { CALLER_VARIABLES, readVariables, type Variables } from "../core/wire/caller-variables.ts";
import type { Request } from "../core/wire/wire.ts";
import type { Environment } from "../platform/paths.ts";
import { RequestStore } from "../platform/request-store.ts";

/** Of whose session a variable is. */
interface Said {
  readonly variables: Variables;
  /** Timers that a request has set outlive it. */
  isOver: boolean;
}

/**
 * The daemon's environment. What belongs to a session is that of the request under way; where nobody asks, or a client
 * that says nothing, of the latest request. A client starts the daemon without such variables: the daemon has some
 * of its own only from a service manager, for what requests leave open.
 */
export class CallerVariables {
  /** Read when it is needed, and not kept. */
  readonly environment: Environment;
  /** What counts where neither a session nor the daemon's own environment says anything. */
  unsaid: () => Variables = () => ({});
  readonly #ofRequest = new RequestStore<Said>();
  #latest: Variables = {};

  constructor(own: Environment) {
    const environment: Record<string, string | undefined> = { ...own };
    for (const name of CALLER_VARIABLES) {
      const get = (): string | undefined => this.#said()[name] ?? own[name] ?? this.#unsaid(name);
      Object.defineProperty(environment, name, { get, enumerable: true });
    }
    this.environment = environment;
  }

  /**
   * Answers a request with the variables that it says.
   *
   * @param isInside whether it comes from inside of a sealed command: its proxies and certificates would read along
   */
  async during<T>(request: Request, isInside: () => Promise<boolean>, answer: () => Promise<T>): Promise<T> {
    if (request.kind === "bare") return answer();
    const said: Said = { variables: readVariables(request.headers), isOver: false };
    if (await isInside()) return answer();
    this.#latest = said.variables;
    return this.#ofRequest.run(said, answer).finally(() => {
      said.isOver = true;
    });
  }

  /** A proxy may be said in small letters. */
  #unsaid(name: string): string | undefined {
    const small = name.toLowerCase();
    return small !== name && this.environment[small] !== undefined ? undefined : this.unsaid()[name];
  }

  #said(): Variables {
    const said = this.#ofRequest.get();
    return said === undefined || said.isOver ? this.#latest : said.variables;
  }
}
