/** Passes a request on and its answer back, both as they come, in bounded memory. */
import { STATUS_CODES, type IncomingMessage } from "node:http";
import type { Transform } from "node:stream";
import type { Dispatcher } from "undici";
import { giveBack } from "../platform/network/gathered-socket.ts";
import { hasBody, reasonPhrase, refusalText } from "./answers/answer.ts";
import { decoderOf } from "./answers/decoder.ts";
import { encodingOf, isArchive, isPartOfLarge } from "./answers/body.ts";
import { answerHeaders, requestHeaders, type Headers } from "./headers.ts";
import { redirected } from "./answers/redirected.ts";
import { changed, isChanged } from "./answers/rewriting.ts";
import { isRefusal, type Refusal } from "./answers/refusal.ts";
import type { Relayed } from "./relayed.ts";
import { Search, tells, tracesOf } from "./answers/token-search.ts";
import { unreached, wasClosed } from "./answers/unreached.ts";

/** Metadata of a package is not larger; of one that is, the client would read URLs that lead past the gateway. */
const MAX_REWRITTEN = 48 * 1024 * 1024;
/** Of all under way. */
const MAX_REWRITTEN_AT_ONCE = 4 * MAX_REWRITTEN;

const NOTHING = Buffer.alloc(0);

/**
 * From how much of an answer that waits for a slower client on the upstream has to wait, too, in bytes; what comes until then may be one
 * chunk more.
 */
const MAX_WAITING = 64 * 1024;

/**
 * How it ended; a refusal was not answered yet. `held-back`: the answer had the token in it, and was cut off. `broken`: cut off in the
 * middle, by either side.
 */
export type Ending = "done" | "broken" | "held-back" | Refusal;

/** Resolves when it has ended. */
export function relay(relayed: Relayed): Promise<Ending> {
  const { request, carried } = relayed;
  if (hasBody(request)) request.on("data", (chunk: Buffer) => (carried.sent += chunk.length)).pause();
  return new Promise((settle) => new Answer(relayed, settle, request.headers.range === undefined).ask());
}

class Answer implements Dispatcher.DispatchHandler {
  static #bytesAtOnce = 0;
  readonly #relayed: Relayed;
  readonly #settle: (end: Ending) => void;
  /** Whether no part is asked for, whatever the client asks for. */
  readonly #isWhole: boolean;
  /** Whether the upstream may be asked once more. */
  #mayAskAgain: boolean;
  #controller: Dispatcher.DispatchController | undefined;
  #search: Search | undefined;
  #decoder: Transform | undefined;
  #hasBegun = false;
  #rewritten: { chunks: Buffer[]; bytes: number; status: number; headers: Record<string, string | string[]> } | undefined;
  /** Whether the head of the answer waits for what comes with it. */
  #isHeadDue = false;
  /** Answered by us; what the upstream still sends is not read. */
  #isReplaced = false;
  #isSettled = false;

  constructor(relayed: Relayed, settle: (end: Ending) => void, isWhole: boolean) {
    const { request, response } = relayed;
    this.#relayed = relayed;
    this.#settle = settle;
    this.#isWhole = isWhole;
    this.#mayAskAgain = canRepeat(request);
    response.once("close", () => this.#abandon());
  }

  /** Asks the upstream for it. */
  ask(): void {
    const { request, passage, credential, dispatcher, rewrite } = this.#relayed;
    const own = passage.upstream?.headers;
    const headers = requestHeaders(own === undefined ? request.rawHeaders : [...request.rawHeaders, ...own.flat()], {
      encodings: rewrite !== undefined ? "none" : credential === undefined ? "any" : "known",
      isWhole: this.#isWhole,
    });
    if (credential !== undefined) headers.push("authorization", credential.authorization.reveal());
    dispatcher.dispatch(
      {
        origin: passage.origin,
        path: passage.path,
        method: (request.method ?? "GET") as Dispatcher.HttpMethod,
        headers,
        body: hasBody(request) ? request : null,
      },
      this,
    );
  }

  /** The client is gone. */
  #abandon(): void {
    if (this.#isSettled) return;
    this.#controller?.abort(new Error("the client is gone"));
    this.#end("broken");
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isSettled) controller.abort(new Error("the client is gone"));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: Headers, statusText = ""): void {
    if (status < 200) return;
    const { request, response, passage, credential, reason: reasonFor, rewrite } = this.#relayed;
    const replacement = reasonFor(status);
    if (status === 401) {
      // Its body is for whoever has the token.
      this.#replace(controller, replacement ?? { status: 401, why: "the upstream wants a token" });
      return;
    }
    const sought = credential === undefined ? undefined : tracesOf(credential.secret, credential.authorization);
    // Who gets the pieces could put a token together that none of them has in it.
    if (sought !== undefined && status === 206 && !isPartOfLarge(headers)) {
      this.#askForAll(controller);
      return;
    }
    const leadsOn = headers["location"] !== undefined || headers["link"] !== undefined;
    const kept = answerHeaders(leadsOn ? redirected(headers, `${passage.origin}${passage.path}`, this.#relayed) : headers, sought);
    const encoding = encodingOf(headers);
    const isRewritten = rewrite !== undefined && request.method !== "HEAD" && isChanged(rewrite, status, kept);
    const isRead = isRewritten || (sought !== undefined && !isArchive(headers));
    if (sought !== undefined) this.#search = new Search(sought, isRead);
    if (isRead && encoding !== undefined) {
      const decoder = decoderOf(encoding);
      if (decoder === undefined) {
        this.#replace(controller, { status: 502, why: "the upstream's answer is compressed in a way that the gateway does not read" });
        return;
      }
      this.#decodeBy(decoder);
      delete kept["content-encoding"];
      delete kept["content-length"];
    }
    if (isRewritten) {
      this.#rewritten = { chunks: [], bytes: 0, status, headers: kept };
      return;
    }
    const reason = replacement === undefined ? statusText : refusalText(replacement);
    response.writeHead(status, sought !== undefined && tells(reason, sought) ? STATUS_CODES[status] : reasonPhrase(reason), kept);
    // Most often the body has come with it, and both go out at once.
    this.#isHeadDue = true;
    setImmediate(() => this.#sendHead());
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isReplaced || this.#isSettled) return;
    this.#relayed.carried.received += chunk.length;
    const decoder = this.#decoder;
    if (decoder === undefined) {
      this.#take(controller, chunk);
      return;
    }
    this.#hasBegun = true;
    if (decoder.write(chunk, () => giveBack(chunk))) return;
    controller.pause();
    decoder.once("drain", () => controller.resume());
  }

  /** @param flow what the chunk comes from */
  #take(flow: Pick<Dispatcher.DispatchController, "pause" | "resume">, chunk: Buffer): void {
    const { response } = this.#relayed;
    const passed = this.#search === undefined ? chunk : this.#search.pass(chunk);
    if (passed === undefined) {
      this.#end("held-back");
      this.#controller?.abort(new Error("held back"));
      this.#sendHead();
      response.destroy();
      return;
    }
    if (this.#rewritten !== undefined) {
      this.#rewritten.bytes += passed.length;
      Answer.#bytesAtOnce += passed.length;
      this.#rewritten.chunks.push(Buffer.from(passed));
      giveBack(chunk);
      if (this.#rewritten.bytes > MAX_REWRITTEN)
        this.#replace(this.#controller, { status: 502, why: "the metadata of this package is larger than the gateway reads" });
      else if (Answer.#bytesAtOnce > MAX_REWRITTEN_AT_ONCE)
        this.#replace(this.#controller, { status: 502, why: "the metadata that is asked for at once is larger than the gateway reads" });
      return;
    }
    if (passed.buffer !== chunk.buffer) giveBack(chunk);
    if (passed.length === 0) return;
    this.#isHeadDue = false;
    // Looked at before the write: a chunk alone may be larger, and nothing of it has gone when the write returns.
    const isBehind = response.writableLength >= MAX_WAITING;
    const isTaken = response.write(passed, (error) => {
      if (!error) giveBack(passed);
    });
    if (isTaken || !isBehind) return;
    flow.pause();
    response.once("drain", () => flow.resume());
  }

  onResponseEnd(): void {
    if (this.#isReplaced) return;
    if (this.#decoder !== undefined && this.#hasBegun) this.#decoder.end();
    else this.#finish();
  }

  #finish(): void {
    if (this.#isSettled) return;
    this.#isHeadDue = false;
    const { response, rewrite } = this.#relayed;
    const rest = this.#search?.rest() ?? NOTHING;
    if (this.#rewritten !== undefined && rewrite !== undefined) {
      const { chunks, status, headers } = this.#rewritten;
      const outcome = changed(rewrite, Buffer.concat([...chunks, rest]).toString("utf8"), String(headers["content-type"]));
      if (isRefusal(outcome)) {
        this.#replace(this.#controller, outcome);
        return;
      }
      const { body } = outcome;
      delete headers["content-length"];
      response.writeHead(status, { ...headers, "content-length": body.length });
      response.end(body);
    } else response.end(rest);
    this.#end("done");
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#isSettled || this.#isReplaced) return;
    const { response } = this.#relayed;
    if (response.headersSent) this.#breakOff();
    else if (this.#mayAskAgain && wasClosed(error)) {
      // It had kept the connection for so long, and closed it when we asked.
      this.#mayAskAgain = false;
      this.ask();
    } else this.#end(unreached(error, this.#relayed.proxy));
  }

  #sendHead(): void {
    // Not flushHeaders(), which writes them in UTF-8: their bytes would be others.
    if (this.#isHeadDue) this.#relayed.response.write(NOTHING);
    this.#isHeadDue = false;
  }

  #decodeBy(decoder: Transform): void {
    this.#decoder = decoder;
    decoder.on("data", (chunk: Buffer) => {
      if (!this.#isSettled) this.#take(decoder, chunk);
    });
    decoder.once("end", () => this.#finish());
    decoder.once("error", () => {
      if (this.#isSettled) return;
      if (this.#relayed.response.headersSent) this.#breakOff();
      else this.#end({ status: 502, why: "the upstream's answer can't be decompressed" });
      this.#controller?.abort(new Error("not decompressed"));
    });
  }

  /** The client sees that something is missing. */
  #breakOff(): void {
    this.#sendHead();
    this.#relayed.response.destroy();
    this.#end("broken");
  }

  #replace(controller: Dispatcher.DispatchController | undefined, refusal: Refusal): void {
    this.#isReplaced = true;
    this.#end(refusal);
    controller?.abort(new Error("answered already"));
  }

  /** Leaves this answer to another one. */
  #askForAll(controller: Dispatcher.DispatchController): void {
    if (this.#isWhole || !canRepeat(this.#relayed.request)) {
      this.#replace(controller, { status: 502, why: "the upstream answers with a part that nobody asked for" });
      return;
    }
    this.#isReplaced = true;
    this.#isSettled = true;
    controller.abort(new Error("all of it is asked for"));
    new Answer(this.#relayed, this.#settle, true).ask();
  }

  #end(end: Ending): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    Answer.#bytesAtOnce -= this.#rewritten?.bytes ?? 0;
    this.#rewritten = undefined;
    this.#decoder?.destroy();
    this.#settle(end);
  }
}

/** Whether the upstream may be asked for the same twice. */
function canRepeat(request: IncomingMessage): boolean {
  return !hasBody(request) && (request.method === "GET" || request.method === "HEAD");
}
