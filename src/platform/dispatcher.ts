/** How HTTP goes out: verified TLS, proxies and certificates as an environment says. */
import { readFile } from "node:fs/promises";
import { createSecureContext, rootCertificates } from "node:tls";
import type { Dispatcher } from "undici";
import { Failure, systemErrorCode } from "../core/failure.ts";

const CONNECT_MS = 10_000;

export interface Outgoing {
  readonly httpProxy: string | undefined;
  readonly httpsProxy: string | undefined;
  readonly noProxy: string | undefined;
  /** PEM files of certificates that are trusted besides Node's own. */
  readonly caFiles: readonly string[];
  /** How long the head of an answer may take, and each pause in its body, in milliseconds. */
  readonly answerMs: number;
  readonly pauseMs: number;
  /** Whether connections are kept for the next request. */
  readonly keepsAlive: boolean;
}

/** @throws Failure `unavailable` if certificates can't be read */
export async function makeDispatcher(outgoing: Outgoing): Promise<Dispatcher> {
  const extra = await Promise.all(outgoing.caFiles.map(readCertificates));
  // Said outright, since NODE_TLS_REJECT_UNAUTHORIZED could say otherwise.
  // Made once: with certificates of its own, making one takes longer than a whole handshake.
  const tls = { rejectUnauthorized: true, secureContext: createSecureContext(extra.length === 0 ? {} : { ca: [...rootCertificates, ...extra] }) };
  // Loaded when it is first needed: it would take a third of the daemon's start.
  const { EnvHttpProxyAgent } = await import("undici");
  return new EnvHttpProxyAgent({
    httpProxy: outgoing.httpProxy ?? "",
    httpsProxy: outgoing.httpsProxy ?? "",
    noProxy: outgoing.noProxy ?? "",
    connect: { timeout: CONNECT_MS, ...tls },
    requestTls: tls,
    proxyTls: tls,
    headersTimeout: outgoing.answerMs,
    bodyTimeout: outgoing.pauseMs,
    pipelining: outgoing.keepsAlive ? 1 : 0,
  });
}

/** The proxies that an environment names, as curl reads it. */
export function proxiesOf(environment: Readonly<Record<string, string | undefined>>): Pick<Outgoing, "httpProxy" | "httpsProxy" | "noProxy"> {
  return {
    httpProxy: environment["http_proxy"] ?? environment["HTTP_PROXY"],
    httpsProxy: environment["https_proxy"] ?? environment["HTTPS_PROXY"],
    noProxy: environment["no_proxy"] ?? environment["NO_PROXY"],
  };
}

async function readCertificates(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new Failure("unavailable", `cannot read the certificates in ${file}: ${systemErrorCode(error) ?? "unknown error"}`, {
      hint: "check the service's cacert in config.toml, or NODE_EXTRA_CA_CERTS",
      cause: error,
    });
  }
}
