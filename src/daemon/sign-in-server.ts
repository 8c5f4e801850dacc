/** What a browser comes to on this machine while a person signs in (RFC 8252 §7.3). */
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Loopback, Return } from "../broker/signing-in/loopback.ts";
import { GATEWAY_HOST } from "../core/gateway/url.ts";
import { listenOnLoopback } from "../gateway/server.ts";
import { callerOf } from "../platform/processes/caller.ts";
import { CAN_TELL_OWNERS, clientEnds, socketsOf } from "../platform/processes/connection-owner.ts";
import { allProcesses } from "../platform/processes/process-tree.ts";
import type { Inside } from "./granting/inside.ts";

const BACK = "/back";

/** Listens on a free port until it is closed. */
export async function openLoopback(inside: Pick<Inside, "commandAround">): Promise<Loopback> {
  const leading = new Map<string, string>();
  let waiting: { readonly state: string; readonly resolve: (come: Return) => void } | undefined;
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const { pathname, searchParams: query } = new URL(request.url ?? "/", `http://${GATEWAY_HOST}`);
    const page = leading.get(pathname);
    if (request.method !== "GET") return void response.writeHead(405).end();
    if (page !== undefined) {
      leading.delete(pathname);
      return void lead(request.socket, page, response, inside);
    }
    if (pathname !== BACK || waiting === undefined || !isSame(query.get("state") ?? "", waiting.state)) {
      return say(response, 404, "toolkey waits for nothing here.");
    }
    const { resolve } = waiting;
    waiting = undefined;
    resolve({
      query,
      show: (isDone) =>
        isDone
          ? say(response, 200, "You are signed in. You can close this page.")
          : say(response, 400, "That did not work. What went wrong is where you started toolkey."),
    });
  };
  const server = await listenOnLoopback(0, { answer, isWelcome: (socket) => Promise.resolve(isOurs(socket)) });
  const at = `http://${GATEWAY_HOST}:${server.port}`;
  return {
    uri: `${at}${BACK}`,
    leadTo(page) {
      const path = `/${randomBytes(16).toString("base64url")}`;
      leading.set(path, page);
      return `${at}${path}`;
    },
    comeBack: async (state) =>
      new Promise((resolve) => {
        waiting = { state, resolve };
      }),
    close: () => server.close(),
  };
}

/** What is inside of a sealed command would have what the page gives. */
async function lead(socket: Socket, page: string, response: ServerResponse, inside: Pick<Inside, "commandAround">): Promise<void> {
  if (await isOutside(socket, inside)) response.writeHead(303, { ...HEADERS, location: page }).end();
  else say(response, 403, "Open the page that toolkey names in the terminal.");
}

/** Of another user none is kept. Where the system doesn't tell, every one is. */
function isOurs({ remoteAddress, localPort = 0, remotePort = 0 }: Socket): boolean {
  if (remoteAddress !== GATEWAY_HOST) return false;
  return !CAN_TELL_OWNERS || clientEnds(localPort).get(remotePort)?.uid === process.getuid?.();
}

async function isOutside({ localPort = 0, remotePort = 0 }: Socket, inside: Pick<Inside, "commandAround">): Promise<boolean> {
  if (!CAN_TELL_OWNERS) return true;
  const end = clientEnds(localPort).get(remotePort);
  const pid = end && allProcesses().find((each) => socketsOf(each).has(end.inode));
  return pid !== undefined && (await inside.commandAround(callerOf({ uid: end?.uid ?? 0, pid }))) === undefined;
}

const HEADERS = { "cache-control": "no-store", "referrer-policy": "no-referrer", connection: "close" };

function say(response: ServerResponse, status: number, text: string): void {
  response
    .writeHead(status, { ...HEADERS, "content-type": "text/html; charset=utf-8", "content-security-policy": "default-src 'none'" })
    .end(`<!doctype html><meta charset="utf-8"><title>toolkey</title><h1>toolkey</h1><p>${text}</p>\n`);
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
