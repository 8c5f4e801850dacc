/** How HTTP goes out: verified TLS, proxies and certificates as an environment says. */
import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createSecureContext, rootCertificates, TLSSocket, type SecureContext } from "node:tls";
import type { buildConnector, Dispatcher } from "undici";
import { Failure, systemErrorCode } from "../core/failure.ts";
import { gatherable, GatheredSocket } from "./gathered-socket.ts";

const CONNECT_MS = 10_000;

interface Tls {
  readonly rejectUnauthorized: true;
  readonly secureContext: SecureContext;
}

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
  const tls: Tls = { rejectUnauthorized: true, secureContext: createSecureContext(extra.length === 0 ? {} : { ca: [...rootCertificates, ...extra] }) };
  // Loaded when it is first needed: it would take a third of the daemon's start.
  const { EnvHttpProxyAgent, buildConnector } = await import("undici");
  return new EnvHttpProxyAgent({
    httpProxy: outgoing.httpProxy ?? "",
    httpsProxy: outgoing.httpsProxy ?? "",
    noProxy: outgoing.noProxy ?? "",
    connect: gathering(buildConnector, tls),
    requestTls: tls,
    proxyTls: tls,
    headersTimeout: outgoing.answerMs,
    bodyTimeout: outgoing.pauseMs,
    pipelining: outgoing.keepsAlive ? 1 : 0,
  });
}

/** Connects to hosts that no proxy is asked for. */
function gathering(connectorFor: typeof buildConnector, tls: Tls): buildConnector.connector {
  const sessions = new Map<string, Buffer>();
  return (options, done) => {
    let gathered: GatheredSocket | undefined;
    const host = options.servername ?? options.hostname;
    const open = connectorFor({ timeout: CONNECT_MS, ...tls, session: sessions.get(host), ...gatherable(() => gathered) } as buildConnector.BuildOptions);
    open(options, (error, socket) => {
      if (error !== null) return done(error, null);
      if (socket instanceof TLSSocket) {
        const remember = (session: Buffer | undefined): unknown => session && sessions.set(host, session);
        // TLS 1.2 has it by now, 1.3 says it later.
        remember(socket.getSession());
        socket.on("session", remember);
      }
      gathered = new GatheredSocket(socket);
      // All that is asked of it is to be a stream that has ref and unref.
      done(null, gathered as Duplex as Socket);
    });
  };
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
