/** Passes a request on and its answer back, both as they come, in bounded memory. */
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http";
import type { Dispatcher } from "undici";
import { systemErrorCode } from "../core/failure.ts";
import { giveBack } from "../platform/gathered-socket.ts";
import { reasonPhrase, refusalText } from "./answer.ts";
import type { Counted } from "./journal.ts";
import { answerHeaders, isCompressed, isText, requestHeaders, Search, tellingForms, tells, type Headers } from "./held-back.ts";
import type { Credential } from "./credentials.ts";
import type { Refusal } from "./refusal.ts";
import type { Passage } from "./routing.ts";

/** A request on its way. */
export interface Relayed {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly passage: Passage;
  readonly credential: Credential | undefined;
  readonly dispatcher: Dispatcher;
  readonly counted: Counted;
  /** What the client is to be told instead of this status of the upstream, of which it gets the body unless it is told to drop it. */
  readonly reason: (status: number) => Refusal | undefined;
  /** What becomes of a Location; undefined if the client is not to have it. */
  readonly redirect: (location: URL) => string | undefined;
  /** Reads the whole answer, of this many bytes at most, and changes it. */
  readonly rewrite: ((text: string) => string) | undefined;
}

/** Metadata of a package is not larger; of one that is, the client would read URLs that lead past the gateway. */
const MAX_REWRITTEN = 48 * 1024 * 1024;
/** Of all that are under way. */
const MAX_REWRITTEN_AT_ONCE = 4 * MAX_REWRITTEN;

const NOTHING = Buffer.alloc(0);

/** From how much of an answer that waits for a slower client on the upstream has to wait, too, in bytes; what comes until then may be one chunk more. */
const MAX_WAITING = 64 * 1024;

/**
 * @returns how it ended; a refusal was not answered yet. `held-back`: the answer had the token in it, and was cut off. `broken`:
 * cut off in the middle, by either side.
 */
export function relay(relayed: Relayed): Promise<"done" | "broken" | "held-back" | Refusal> {
  const { request, response, passage, credential, dispatcher } = relayed;
  return new Promise((resolve) => {
    const hasBody = request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined;
    if (hasBody) request.on("data", (chunk: Buffer) => relayed.counted.sent(chunk.length)).pause();
    const headers = requestHeaders(request.rawHeaders).filter((_text, index, all) => relayed.rewrite === undefined || all[index - (index % 2)]?.toLowerCase() !== "accept-encoding");
    if (credential !== undefined) headers.push("authorization", credential.authorization.reveal());
    const options = { origin: passage.origin, path: passage.path, method: (request.method ?? "GET") as Dispatcher.HttpMethod, headers, body: hasBody ? request : null };
    const again = (): unknown => dispatcher.dispatch(options, handler);
    const mayAsk = !hasBody && (request.method === "GET" || request.method === "HEAD");
    const handler = new Answer(relayed, resolve, mayAsk ? again : undefined);
    dispatcher.dispatch(options, handler);
    response.once("close", () => handler.abandon());
  });
}

class Answer implements Dispatcher.DispatchHandler {
  static #bytesAtOnce = 0;
  readonly #relayed: Relayed;
  readonly #settle: (end: "done" | "broken" | "held-back" | Refusal) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #search: Search | undefined;
  #rewritten: { chunks: Buffer[]; bytes: number; status: number; headers: Record<string, string | string[]> } | undefined;
  /** Whether the head of the answer waits for what comes with it. */
  #isHeadDue = false;
  /** Answered by us; what the upstream still sends is not read. */
  #isReplaced = false;
  #isSettled = false;
  /** Asks the upstream once more. */
  #again: (() => unknown) | undefined;

  constructor(relayed: Relayed, settle: (end: "done" | "broken" | "held-back" | Refusal) => void, again: (() => unknown) | undefined) {
    this.#relayed = relayed;
    this.#settle = settle;
    this.#again = again;
  }

  /** The client is gone. */
  abandon(): void {
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
    const { request, response, credential, reason: reasonFor, rewrite } = this.#relayed;
    const replacement = reasonFor(status);
    if (status === 401) {
      // Its body is for whoever has the token.
      this.#replace(controller, replacement ?? { status: 401, why: "the upstream wants a token" });
      return;
    }
    const forms = credential === undefined ? [] : tellingForms(credential.secret, credential.authorization);
    const kept = answerHeaders(this.#redirected(headers), forms);
    if (forms.length > 0 && isText(headers)) this.#search = new Search(forms);
    if (rewrite !== undefined && request.method !== "HEAD" && status === 200 && /json/i.test(String(headers["content-type"])) && !isCompressed(headers)) {
      this.#rewritten = { chunks: [], bytes: 0, status, headers: kept };
      return;
    }
    const reason = replacement === undefined ? statusText : refusalText(replacement);
    response.writeHead(status, tells(reason, forms) ? STATUS_CODES[status] : reasonPhrase(reason), kept);
    // Most often the body has come with it, and both go out at once.
    this.#isHeadDue = true;
    setImmediate(() => this.#sendHead());
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isReplaced || this.#isSettled) return;
    const { response, counted } = this.#relayed;
    counted.received(chunk.length);
    const passed = this.#search === undefined ? chunk : this.#search.pass(chunk);
    if (passed === undefined) {
      this.#end("held-back");
      controller.abort(new Error("held back"));
      this.#sendHead();
      response.destroy();
      return;
    }
    if (this.#rewritten !== undefined) {
      this.#rewritten.bytes += passed.length;
      Answer.#bytesAtOnce += passed.length;
      this.#rewritten.chunks.push(Buffer.from(passed));
      giveBack(chunk);
      if (this.#rewritten.bytes > MAX_REWRITTEN) this.#replace(controller, { status: 502, why: "the metadata of this package is larger than the gateway reads" });
      else if (Answer.#bytesAtOnce > MAX_REWRITTEN_AT_ONCE) this.#replace(controller, { status: 502, why: "the metadata that is asked for at once is larger than the gateway reads" });
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
    controller.pause();
    response.once("drain", () => controller.resume());
  }

  onResponseEnd(): void {
    if (this.#isReplaced) return;
    this.#isHeadDue = false;
    const { response, rewrite } = this.#relayed;
    const rest = this.#search?.rest() ?? NOTHING;
    if (this.#rewritten !== undefined && rewrite !== undefined) {
      const { chunks, status, headers } = this.#rewritten;
      const body = Buffer.from(rewrite(Buffer.concat([...chunks, rest]).toString("utf8")));
      delete headers["content-length"];
      response.writeHead(status, { ...headers, "content-length": body.length });
      response.end(body);
    } else response.end(rest);
    this.#end("done");
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#isSettled || this.#isReplaced) return;
    const { response } = this.#relayed;
    if (response.headersSent) {
      this.#sendHead();
      response.destroy();
      this.#end("broken");
    } else if (this.#again !== undefined && wasClosed(error)) {
      // It had kept the connection for so long, and closed it when we asked.
      const again = this.#again;
      this.#again = undefined;
      again();
    } else this.#end(unreached(error));
  }

  #sendHead(): void {
    // Not flushHeaders(), which writes them in UTF-8: their bytes would be others.
    if (this.#isHeadDue) this.#relayed.response.write(NOTHING);
    this.#isHeadDue = false;
  }

  #replace(controller: Dispatcher.DispatchController, refusal: Refusal): void {
    this.#isReplaced = true;
    this.#end(refusal);
    controller.abort(new Error("answered already"));
  }

  #redirected(headers: Headers): Headers {
    const { passage, redirect } = this.#relayed;
    const { location, ...others } = headers;
    const base = `${passage.origin}${passage.path}`;
    // Clients differ in which of several they follow, and what is no URL is passed on to no one.
    if (typeof location !== "string" || !URL.canParse(location, base)) return others;
    const leads = redirect(new URL(location, base));
    return leads === undefined ? others : { ...others, location: leads };
  }

  #end(end: "done" | "broken" | "held-back" | Refusal): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    Answer.#bytesAtOnce -= this.#rewritten?.bytes ?? 0;
    this.#rewritten = undefined;
    this.#settle(end);
  }
}

function wasClosed(error: Error): boolean {
  const code = systemErrorCode(error);
  return code === "UND_ERR_SOCKET" || code === "ECONNRESET" || code === "EPIPE";
}

function unreached(error: Error): Refusal {
  const code = systemErrorCode(error) ?? systemErrorCode(error.cause);
  if (code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_CONNECT_TIMEOUT" || code === "ETIMEDOUT") return { status: 504, why: "the upstream does not answer" };
  // An alert is what the upstream says of us.
  if (!/_ALERT_/.test(code ?? "") && /CERT|SELF_SIGNED|SIGNATURE|ISSUER|TLS|SSL|ALTNAME/.test(code ?? "")) {
    return { status: 502, why: `the certificate of the upstream is not trusted (${code ?? ""})`, hint: "set NODE_EXTRA_CA_CERTS to the file of your certificates, or cacert of the service in config.toml" };
  }
  return { status: 502, why: `the upstream can't be reached (${code ?? error.name})` };
}
