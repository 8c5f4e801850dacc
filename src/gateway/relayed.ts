import type { IncomingMessage, ServerResponse } from "node:http";
import type { Dispatcher } from "undici";
import type { Refusal } from "./answers/refusal.ts";
import type { UpstreamToken } from "./credentials.ts";
import type { Carried } from "../core/event.ts";
import type { Passage } from "./requests/routing.ts";

/** A request on its way. */
export interface Relayed {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly passage: Passage;
  readonly credential: UpstreamToken | undefined;
  readonly dispatcher: Dispatcher;
  /** Counted as it goes. */
  readonly carried: { -readonly [Key in "received" | "sent"]: Carried[Key] };
  /** The host and port of the proxy that is asked; undefined if there is none. */
  readonly proxy: string | undefined;
  /** What the client is to be told instead of this status of the upstream, of which it gets the body unless it is told to drop it. */
  readonly reason: (status: number) => Refusal | undefined;
  /** What becomes of a Location; undefined if the client is not to have it. */
  readonly redirect: (location: URL) => string | undefined;
  /** The same place through the gateway; undefined where the phantom does not lead there. */
  readonly lead: (url: URL) => string | undefined;
  /** Reads the whole answer, of this many bytes at most, and changes it. */
  readonly rewrite: ((text: string) => string) | undefined;
}
