/** How HTTP goes out: verified TLS, by a proxy or not, with certificates that are trusted. */
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createSecureContext, rootCertificates, TLSSocket, type SecureContext } from "node:tls";
import type { buildConnector, Dispatcher } from "undici";
import { readCertificates } from "./certificates.ts";
import { gatherable, GatheredSocket } from "./gathered-socket.ts";

const CONNECT_MS = 10_000;

/**
 * With this variable Node trusts the file by default, accepted or not: then its default is not used. Clients start the daemon without it;
 * a person may not.
 */
const HAS_MORE_THAN_NODES_OWN = (process.env["NODE_EXTRA_CA_CERTS"] ?? "") !== "";

/** Which certificates are trusted besides Node's own. */
export interface CertificateTrust {
  /** Another one when others are trusted. */
  readonly version: number;
  /** PEM files that count for every place. */
  readonly everywhere: readonly string[];
  /** Those of a PEM file, in PEM. @throws Failure `unavailable` if it can't be read */
  trustedIn(file: string): Promise<readonly string[]>;
}

/** @param file a person names it for what they ask: all in it are trusted */
export function trustingAllIn(file: string, trust: CertificateTrust): CertificateTrust {
  const all = async (): Promise<string[]> => (await readCertificates(file)).map(({ pem }) => pem);
  return { version: trust.version, everywhere: trust.everywhere, trustedIn: (other) => (other === file ? all() : trust.trustedIn(other)) };
}

interface Tls {
  readonly rejectUnauthorized: true;
  readonly secureContext: SecureContext;
}

export interface Outgoing {
  /** Asked for all that goes by it; undefined if none is. */
  readonly proxy: URL | undefined;
  /** PEM files of certificates, of which those are trusted that a `CertificateTrust` has. */
  readonly caFiles: readonly string[];
  /** How long the head of an answer may take, and each pause in its body, in milliseconds. */
  readonly answerMs: number;
  readonly pauseMs: number;
  /** Whether connections are kept for the next request. */
  readonly keepsAlive: boolean;
}

/** @throws Failure `unavailable` if certificates can't be read */
export async function makeDispatcher(outgoing: Outgoing, trust: CertificateTrust): Promise<Dispatcher> {
  const extra = (await Promise.all(outgoing.caFiles.map((file) => trust.trustedIn(file)))).flat();
  const isNodesOwn = extra.length === 0 && !HAS_MORE_THAN_NODES_OWN;
  // Said outright, since NODE_TLS_REJECT_UNAUTHORIZED could say otherwise.
  // Made once: with certificates of its own, making one takes longer than a whole handshake.
  const tls: Tls = {
    rejectUnauthorized: true,
    secureContext: createSecureContext(isNodesOwn ? {} : { ca: [...rootCertificates, ...extra] }),
  };
  // Loaded when it is first needed: it would take a third of the daemon's start.
  const { Agent, ProxyAgent, buildConnector } = await import("undici");
  const options = { headersTimeout: outgoing.answerMs, bodyTimeout: outgoing.pauseMs, pipelining: outgoing.keepsAlive ? 1 : 0 };
  if (outgoing.proxy === undefined) return new Agent({ ...options, connect: gathering(buildConnector, tls) });
  return new ProxyAgent({ ...options, uri: outgoing.proxy.href, requestTls: tls, proxyTls: tls });
}

/** Connects to hosts that no proxy is asked for. */
function gathering(connectorFor: typeof buildConnector, tls: Tls): buildConnector.connector {
  const sessions = new Map<string, Buffer>();
  return (options, done) => {
    let gathered: GatheredSocket | undefined;
    const host = options.hostname;
    const open = connectorFor({
      timeout: CONNECT_MS,
      ...tls,
      session: sessions.get(host),
      ...gatherable(() => gathered),
    } as buildConnector.BuildOptions);
    // The name that is verified is that of the URL, whatever header names another one.
    open({ ...options, servername: "" }, (error, socket) => {
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
