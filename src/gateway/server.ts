/** The listening side of the gateway: HTTP/1.1 on 127.0.0.1, bounded in time and size. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { systemErrorCode } from "../core/failure.ts";
import { GATEWAY_HOST } from "../core/gateway/url.ts";

const MAX_CONNECTIONS = 1024;
const MAX_HEADER_BYTES = 32 * 1024;
/** For the head of a request, from its first byte on, in milliseconds. */
const HEAD_MS = 10_000;
/** How often that is looked at. */
const LOOK_MS = 2_000;
/** A connection on which nothing happens: longer than clients keep one, so that they close first. */
const IDLE_MS = 65_000;
/** A request or an answer that does not go on. Behind it may be a repository that fetches from another one first. */
const STALLED_MS = 300_000;

export interface GatewayServer {
  readonly port: number;
  /** Ends all connections. */
  close(): Promise<void>;
}

/**
 * @param port 0 for any that is free
 * @param isWelcome looked at for each connection, which is closed if it is not
 * @throws what listening throws, `EADDRINUSE` above all
 */
export async function listenOnLoopback(
  port: number,
  {
    answer,
    isWelcome,
    connections = MAX_CONNECTIONS,
  }: {
    readonly answer: (request: IncomingMessage, response: ServerResponse) => void;
    readonly isWelcome: (socket: Socket) => Promise<boolean>;
    /** At the same time. */
    readonly connections?: number;
  },
): Promise<GatewayServer> {
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEAD_MS,
    requestTimeout: 0,
    keepAliveTimeout: IDLE_MS,
    connectionsCheckingInterval: LOOK_MS,
    noDelay: true,
  });
  server.maxConnections = connections;
  server.maxRequestsPerSocket = 0;
  server.setTimeout(STALLED_MS, (socket: Socket) => socket.destroy());
  server.on("connection", (socket) => void isWelcome(socket).then((welcome) => welcome || socket.destroy()));
  server.on("request", answer);
  // The phantom is looked at before the body is asked for: whoever is refused sends none.
  server.on("checkContinue", answer);
  server.on("checkExpectation", (_request, response: ServerResponse) => void response.writeHead(417).end());
  // Who asks for an upgrade is answered as if not: with a listener for that, Node would read no further.
  server.on("connect", (_request: IncomingMessage, socket: Socket) => close(socket, "405 Method Not Allowed"));
  server.on("clientError", (error, socket) => close(socket as Socket, statusOf(systemErrorCode(error))));
  server.listen(port, GATEWAY_HOST);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, "close");
    },
  };
}

function statusOf(code: string | undefined): string {
  if (code === "HPE_HEADER_OVERFLOW") return "431 Request Header Fields Too Large";
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return "408 Request Timeout";
  return "400 Bad Request";
}

function close(socket: Socket, status: string): void {
  socket.on("error", () => undefined);
  if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  else socket.destroy();
}
