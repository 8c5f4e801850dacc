/** What happens in the daemon, told once: the log and what `toolkey log` shows are views of it. Nothing in an event is secret. */
import type { Token } from "./tokens/token.ts";

export type Event = Requested | TokenChanged | Passed | Carried | Refused | Ended;

/** Somebody has asked the daemon. */
export interface Requested {
  readonly kind: "request";
  readonly tool: string | undefined;
  readonly operation: string | undefined;
  /** Of a client that knows nothing of toolkey. */
  readonly bare?: true | undefined;
  readonly status: "ok" | "miss" | "error";
  readonly place: string | undefined;
  /** The ids of those that it was about. */
  readonly tokens: readonly string[] | undefined;
  readonly pid?: number | undefined;
  readonly program?: string | undefined;
  readonly ms: number;
  /** Undefined if it was answered. */
  readonly failed?: { readonly isBug: boolean; readonly fields: Readonly<Record<string, unknown>> } | undefined;
}

/** The life of a token; `renewed`: it has a new secret. `dropped`: nothing of it is left. */
export interface TokenChanged {
  readonly kind: "token";
  readonly change: "stored" | "created" | "renewed" | "restored" | "dropped" | Exclude<Token["state"], "active">;
  readonly token: string;
  readonly tool: string;
  readonly service: string;
}

/** Whose requests go through the gateway: a command, or a whole session. */
export interface Holder {
  readonly id: string;
  readonly tool: string;
  readonly purpose: string;
}

/** The gateway passes a request on, with a token or without. `by`: inside of a session, the executable that asked. */
export interface Passed {
  readonly kind: "passed";
  readonly phantom: Holder;
  readonly host: string;
  readonly token: string | undefined;
  readonly by: string | undefined;
}

/** Such a request is over; bytes of bodies. */
export interface Carried extends Omit<Passed, "kind"> {
  readonly kind: "carried";
  readonly received: number;
  readonly sent: number;
}

/** The gateway refuses one. */
export interface Refused {
  readonly kind: "refused";
  readonly phantom: Holder;
  readonly why: string;
  /** Method and path, without the query, which may hold anything. */
  readonly what: string;
  readonly by: string | undefined;
}

/** A phantom is good for nothing any more, or the daemon ends. */
export interface Ended {
  readonly kind: "ended";
  readonly phantom: Holder;
}

/** The one stream of them. */
export class Events {
  readonly #views: ((event: Event) => void)[] = [];

  /** Tells a view of each event from now on. */
  show(view: (event: Event) => void): void {
    this.#views.push(view);
  }

  append(event: Event): void {
    for (const view of this.#views) view(event);
  }
}

/** What has become of a token; undefined if it is nothing of its life. `before`: as it was, if it was there. */
export function changeOf(before: Token | undefined, token: Token, isLeft: boolean): TokenChanged["change"] | undefined {
  if (!isLeft) return "dropped";
  if (before === undefined) return token.state === "active" ? "stored" : token.state;
  if (before.state !== token.state) {
    if (token.state !== "active") return token.state;
    return before.state === "intended" ? "created" : "restored";
  }
  return token.secret.equals(before.secret) || token.state !== "active" ? undefined : "renewed";
}
