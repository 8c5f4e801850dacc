/**
 * How issuers speak to their services: TLS always verified, no redirects (a token must not follow one to
 * another host), bounded time and size, and retries only where they can do no harm.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Dispatcher } from "undici";
import { systemErrorCode } from "../core/failure.ts";
import type { Secret } from "../core/secret.ts";
import { makeDispatcher, type CertificateTrust, type Outgoing } from "../platform/network/dispatcher.ts";
import { proxiesOf, proxyFor } from "../platform/network/proxies.ts";
import type { Environment } from "../platform/paths.ts";
import { literalPattern } from "../protocols/text/literal-pattern.ts";
import { basicCredentials } from "../protocols/authorization.ts";

/** Added to the patience with an answer, in milliseconds. */
const CONNECT_MS = 10_000;
const MAX_ANSWER_BYTES = 1024 * 1024;
/** Tried again after a failure that may pass, and only where a second request does no harm. */
const RETRIES = 2;

/** How patient a client is, in milliseconds. */
export interface HttpPatience {
  /** With each answer. */
  readonly answerMs: number;
  /** Before it tries again, times the number of the attempt. */
  readonly pauseMs: number;
}

const PATIENCE: HttpPatience = { answerMs: 20_000, pauseMs: 250 };

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly url: string;
  /** Without it nobody asks: what is sent is enough, or is good by itself. */
  readonly authorization?: Authorization | undefined;
  /** Sent as JSON. Its secrets are revealed by whoever builds it. */
  readonly json?: unknown;
  /** The same, sent as a form. */
  readonly form?: Readonly<Record<string, string>>;
  /** The secrets in `json` or `form` besides that of `authorization`. */
  readonly secrets?: readonly Secret[];
  /** Headers of the answer that are told with it, in lower case. */
  readonly tells?: readonly string[];
}

export type Authorization =
  | { readonly scheme: "Bearer"; readonly secret: Secret }
  | { readonly scheme: "Basic"; readonly username: string; readonly secret: Secret };

interface AnswerHead {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** Those that were asked for, and came. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What came back, or why nothing did. */
export type HttpAnswer =
  | (AnswerHead & { readonly kind: "json"; readonly body: unknown })
  | (AnswerHead & { readonly kind: "html" | "other" })
  | {
      readonly kind: "offline" | "untrusted" | "broken";
      readonly detail: string;
      /** Whether the same would happen again. */
      readonly final?: true;
    };

/** Sends requests of issuers. */
export interface Http {
  send(request: HttpRequest): Promise<HttpAnswer>;
}

/** How a client goes out. */
export interface HttpSettings {
  /** Proxies, and a file of certificates. */
  readonly environment: Environment;
  /** PEM file of certificates that the service has. */
  readonly caFile: string | undefined;
  readonly certificates: CertificateTrust;
}

/** The PEM files of certificates that are trusted besides Node's own. */
export function caFilesOf({ environment, caFile, certificates }: HttpSettings): string[] {
  const files = [environment["NODE_EXTRA_CA_CERTS"], caFile, ...certificates.everywhere];
  return files.filter((file) => file !== undefined).filter((file) => file !== "");
}

export function httpClient(settings: HttpSettings, patience = PATIENCE): Http {
  const { certificates } = settings;
  // The latest one: the environment is that of who asks.
  let known: { readonly way: string; readonly dispatcher: Promise<Dispatcher> } | undefined;
  const dispatcherTo = async (url: string): Promise<Dispatcher> => {
    const out = outgoing(url, settings, patience);
    const way = JSON.stringify([out, certificates.version]);
    if (known?.way !== way) known = { way, dispatcher: makeDispatcher(out, certificates) };
    const { dispatcher } = known;
    return dispatcher.catch((error: unknown) => {
      // The file may be readable next time.
      known = undefined;
      throw error;
    });
  };
  return {
    async send(request) {
      const dispatcher = await dispatcherTo(request.url);
      const attempts = request.method === "POST" ? 1 : 1 + RETRIES;
      for (let attempt = 1; ; attempt += 1) {
        const answer = await sendOnce(request, dispatcher, patience);
        if (attempt === attempts || !mayPass(answer)) return answer;
        await wait(patience.pauseMs * attempt);
      }
    },
  };
}

// Nothing below 500: repeated refusals lock accounts.
function mayPass(answer: HttpAnswer): boolean {
  if ("status" in answer) return answer.status >= 500;
  return answer.final !== true;
}

function outgoing(to: string, settings: HttpSettings, { answerMs }: HttpPatience): Outgoing {
  const url = new URL(to);
  const { httpProxy, httpsProxy, noProxy } = proxiesOf(settings.environment);
  // Without TLS only this machine is asked (assertPrivate), and a proxy would read along.
  const proxy = url.protocol === "https:" ? proxyFor(url, { noProxy, httpsProxy: httpsProxy ?? httpProxy }) : undefined;
  return { proxy, caFiles: caFilesOf(settings), answerMs, pauseMs: answerMs, keepsAlive: false };
}

async function sendOnce(request: HttpRequest, dispatcher: Dispatcher, { answerMs }: HttpPatience): Promise<HttpAnswer> {
  const signal = AbortSignal.timeout(answerMs + CONNECT_MS);
  const { body, type } = bodyOf(request);
  try {
    const { request: send } = await import("undici");
    const answer = await send(request.url, {
      method: request.method,
      dispatcher,
      signal,
      headers: {
        accept: "application/json",
        // Some services refuse who has no name.
        "user-agent": "toolkey",
        ...(request.authorization === undefined ? {} : { authorization: header(request.authorization) }),
        ...(type === undefined ? {} : { "content-type": type }),
      },
      body,
    });
    const text = await bounded(answer.body);
    const head = headOf(answer.statusCode, answer.headers, request.tells);
    const read = readAnswer(text, head, String(answer.headers["content-type"] ?? ""));
    return read.kind === "json" && isError(read) ? { ...read, body: withoutSecrets(read.body, request) } : read;
  } catch (error) {
    return unreached(error);
  }
}

/** Some services send errors with a status of success. */
function isError({ status, body }: { readonly status: number; readonly body: unknown }): boolean {
  return status >= 400 || (typeof body === "object" && body !== null && "error" in body);
}

function bodyOf({ json, form }: HttpRequest): { readonly body: string | null; readonly type?: string } {
  if (json !== undefined) return { body: JSON.stringify(json), type: "application/json" };
  if (form !== undefined) return { body: new URLSearchParams(form).toString(), type: "application/x-www-form-urlencoded" };
  return { body: null };
}

function header(authorization: Authorization): string {
  if (authorization.scheme === "Bearer") return `Bearer ${authorization.secret.reveal()}`;
  return `Basic ${basicCredentials(authorization).reveal()}`;
}

async function bounded(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new TooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

class TooLarge extends Error {}

function headOf(status: number, headers: Readonly<Record<string, unknown>>, tells: HttpRequest["tells"]): AnswerHead {
  const told = (name: string): [name: string, value: string][] => (typeof headers[name] === "string" ? [[name, headers[name]]] : []);
  const head = { status, retryAfter: told("retry-after")[0]?.[1] };
  return tells === undefined ? head : { ...head, headers: Object.fromEntries(tells.flatMap(told)) };
}

// By what the text is, not by its content-type: services and the proxies before them often get that wrong.
function readAnswer(text: string, head: AnswerHead, type: string): Extract<HttpAnswer, { status: number }> {
  const begin = text.trimStart();
  if (begin.startsWith("<")) return { kind: "html", ...head };
  try {
    const body: unknown = JSON.parse(text);
    // What is nested too deep for it can't be handed on.
    JSON.stringify(body);
    return { kind: "json", ...head, body };
  } catch {
    // What any text could be is one only where that is said.
    const isForm = type.startsWith("application/x-www-form-urlencoded");
    return isForm ? { kind: "json", ...head, body: Object.fromEntries(new URLSearchParams(text)) } : { kind: "other", ...head };
  }
}

// A service that repeats a secret in an error must not make us print it. What it says of success is left as it
// is: a short password may be part of a token.
function withoutSecrets(body: unknown, { authorization, secrets = [] }: HttpRequest): unknown {
  const sent = [...(authorization === undefined ? [] : [authorization.secret]), ...secrets].filter((secret) => !secret.isEmpty);
  return JSON.parse(JSON.stringify(body), (_key, value: unknown) =>
    typeof value === "string" ? sent.reduce((text, secret) => text.replace(wherever(secret), String(secret)), value) : value,
  );
}

/** What is shorter is also part of words that have nothing to do with it. In characters. */
const SHORT = 8;

/** Where a secret is repeated: a short one as a word of its own, so that what is left can be read. */
function wherever(secret: Secret): RegExp {
  const text = secret.reveal();
  const pattern = literalPattern(text);
  return text.length < SHORT ? new RegExp(String.raw`(?<![\p{L}\p{N}])${pattern}(?![\p{L}\p{N}])`, "gu") : new RegExp(pattern, "g");
}

const UNTRUSTED = /^(CERT_|ERR_TLS_CERT|UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED|HOSTNAME_MISMATCH|INVALID_CA)/;
const OFFLINE = /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT|ENETDOWN)$/;

function unreached(error: unknown): HttpAnswer {
  const code = systemErrorCode(error) ?? systemErrorCode((error as { cause?: unknown }).cause);
  if (error instanceof TooLarge) return { kind: "broken", detail: "the answer is too large", final: true };
  if (code === undefined) {
    if (error instanceof Error && error.name === "TimeoutError") return { kind: "broken", detail: "no answer in time" };
    throw error;
  }
  if (UNTRUSTED.test(code)) return { kind: "untrusted", detail: code, final: true };
  // A proxy that says no would say so again, and may count.
  const proxy = /Proxy response \((\d+)\)/.exec((error as Error).message);
  if (proxy?.[1] !== undefined) return { kind: "offline", detail: `the proxy answered with status ${proxy[1]}`, final: true };
  if (OFFLINE.test(code) && !isUnderWay(error)) return { kind: "offline", detail: IN_WORDS[code] ?? code };
  return { kind: "broken", detail: IN_WORDS[code] ?? code };
}

const IN_WORDS: Readonly<Record<string, string>> = {
  UND_ERR_CONNECT_TIMEOUT: "no connection in time",
  UND_ERR_HEADERS_TIMEOUT: "no answer in time",
  UND_ERR_BODY_TIMEOUT: "no answer in time",
  UND_ERR_SOCKET: "the connection broke off",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "the connection broke off",
  ECONNRESET: "the connection broke off",
  EPIPE: "the connection broke off",
};

// A network that goes away while a request is under way fails with the same codes as one that was never there.
function isUnderWay(error: unknown): boolean {
  const { syscall } = error as NodeJS.ErrnoException;
  return syscall === "read" || syscall === "write";
}
