/**
 * Who is inside of a sealed command, and what is answered there. A sealed command holds no token, and nothing that it starts
 * may come by one here, whatever it does to its environment, its parents or the daemon (docs/decisions/0018-who-is-inside.md).
 */
import { KEPT } from "../../core/gateway/permit.ts";
import { ADMINISTRATION } from "../../core/wire/administration.ts";
import type { Caller, Lineage, ProcessIdentity } from "../../core/caller.ts";
import { Failure } from "../../core/failure.ts";
import { GATEWAY_HOST, gatewayOrigin } from "../../core/gateway/url.ts";
import type { Target } from "../../core/target.ts";
import { miss, type Answer } from "../../core/wire/wire.ts";
import { CAN_TELL_OWNERS } from "../../platform/processes/connection-owner.ts";
import { isMarked, isMarkedProcess, isMarkedThroughout } from "../../platform/processes/mark.ts";
import { executableOf, lineageOf } from "../../platform/processes/process-tree.ts";
import type { CredentialProtocol } from "../../protocols/credential-protocol.ts";
import { toolNamed } from "../../protocols/tools.ts";
import type { GatewayAccess } from "./gateway-access.ts";

/** What is answered inside. All else is denied, also what is added later. */
const ANSWERED: Readonly<Record<string, ReadonlySet<string>>> = {
  [ADMINISTRATION]: new Set(["list", "status", "check", "runs"]),
};
/** Of every tool: a phantom, if the command around allows for one. */
const PLAN = "plan";

/** The first process of a container: all are below it. */
const INIT = 1;

const HINT = "outside of it toolkey answers; 'toolkey run --direct' hands a command the tokens themselves";

/** What a tool asks, as on the wire. */
interface ToolQuestion {
  readonly tool: string;
  readonly operation: string;
  readonly payload: string;
}

/** What this system tells of processes. */
export interface Telling {
  /** Whose a connection is, and who started whom. */
  readonly owners: boolean;
  /** Sealed commands by their mark: not where all that runs here has it, this daemon too. */
  readonly mark: boolean;
}

const TELLING: Telling = { owners: CAN_TELL_OWNERS, mark: isMarked("self") === false };

/** Knows by the kernel's word who is inside. */
export class Inside {
  readonly #gateway: GatewayAccess;
  readonly #trusted: () => readonly string[];
  readonly #telling: Telling;
  /** What was found out of the callers of requests that are under way. */
  readonly #around = new WeakMap<Caller, Promise<string | undefined>>();

  /** @param trusted executables whose mark is their own: what they mark is outside, as if it was not marked */
  constructor(gateway: GatewayAccess, trusted: () => readonly string[], telling = TELLING) {
    this.#gateway = gateway;
    this.#trusted = trusted;
    this.#telling = telling;
  }

  /**
   * The sealed command around a caller, for people; undefined if he is outside. Where the system tells nothing of callers, all are
   * inside while there is a sealed command.
   */
  commandAround(caller: Caller): Promise<string | undefined> {
    const known = this.#around.get(caller) ?? this.#findAround(caller);
    this.#around.set(caller, known);
    return known;
  }

  async #findAround(caller: Caller): Promise<string | undefined> {
    // The daemon starts nobody who has something to ask it but commands that fetch tokens, and what they start.
    if (process.pid !== INIT && caller.lineage.ancestors.some(({ pid }) => pid === process.pid)) return "a command that fetches a token";
    const gateway = await this.#gateway.takeUp();
    const around = this.#telling.owners ? gateway?.around(caller) : gateway?.anyCommand();
    if (around !== undefined) return (around.permit.holder === KEPT ? toolNamed(around.tool)?.kept?.title : undefined) ?? around.purpose;
    if (!this.#telling.mark) return undefined;
    // Who has ended before he was looked at has left his connection to somebody else, and that may be anyone.
    if (caller.process === undefined) return "what may be a sealed command";
    return caller.isMarked === false || isMarkTrusted(caller.process, caller.lineage, this.#trusted())
      ? undefined
      : "a sealed command";
  }

  /**
   * What a caller gets instead of an answer; undefined if he may have one.
   *
   * @param question of a tool, as on the wire
   */
  async refusal(caller: Caller, { tool, operation, payload }: ToolQuestion): Promise<Answer | undefined> {
    if (operation === PLAN || ANSWERED[tool]?.has(operation) === true) return undefined;
    const command = await this.commandAround(caller);
    if (command === undefined) return undefined;
    const protocol = await toolNamed(tool)?.credentials?.();
    if (protocol !== undefined && (await this.#isGateway(placeAskedFor(protocol, operation, payload)))) return miss();
    // It goes on to its next helper, and may ask the person.
    if (protocol !== undefined)
      return miss(
        [
          `${tool} is given nothing, and nothing is stored, inside of ${command}: what a sealed command starts can use tokens, but gets none`,
        ],
        [HINT],
      );
    return { status: "error", failure: denied(command) };
  }

  /** Clients log in there by what they were given for it, also those that look for a helper first: that is worth no words. */
  async #isGateway(place: Target | undefined): Promise<boolean> {
    if (place?.host !== GATEWAY_HOST) return false;
    const { url } = (await (await this.#gateway.takeUp())?.view()) ?? {};
    return url === gatewayOrigin(place.port ?? 0);
  }

  /** @throws Failure `denied` inside */
  async assertOutside(caller: Caller): Promise<void> {
    const command = await this.commandAround(caller);
    if (command !== undefined) throw denied(command);
  }

}

/** Whether this process must not become the daemon: it would have the proxies and certificates of whoever sealed it. */
export function isStartedInside(trusted: readonly string[]): boolean {
  if (isMarked("self") !== true || isMarkedThroughout()) return false;
  const self = lineageOf(process.pid);
  return self === undefined || !isMarkTrusted(self.process, self, trusted);
}

/** Whether the outermost marked process above one, with which the mark began, runs an executable that is trusted. */
function isMarkTrusted(process: ProcessIdentity, { ancestors, complete }: Lineage, trusted: readonly string[]): boolean {
  const line = [process, ...ancestors];
  const end = line.findIndex((each) => isMarkedProcess(each) !== true);
  const outermost = end === -1 ? line.at(-1) : line[end - 1];
  return complete && outermost !== undefined && trusted.includes(executableOf(outermost) ?? "");
}

/** The place that a `get` is about; undefined for anything else, and for what can't be read. */
function placeAskedFor(protocol: CredentialProtocol, operation: string, payload: string): Target | undefined {
  try {
    const request = protocol.read(operation, payload);
    return request?.operation === "get" ? request.place().target : undefined;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function denied(command: string): Failure {
  return new Failure("denied", `not answered inside of ${command}: what a sealed command starts can use tokens, but gets none`, {
    hint: HINT,
  });
}
