/** What a browser comes to on this machine while a person signs in (RFC 8252 §7.3). */
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Loopback, Return } from "../broker/signing-in/loopback.ts";
import { GATEWAY_HOST } from "../core/gateway/url.ts";
import { listenOnLoopback } from "../gateway/server.ts";
import { callerOf } from "../platform/processes/caller.ts";
import { CAN_TELL_OWNERS, otherEnds, socketsOf } from "../platform/processes/connection-owner.ts";
import { allProcesses } from "../platform/processes/process-tree.ts";
import type { Inside } from "./granting/inside.ts";

const BACK = "/back";
/** A browser has a few. */
const CONNECTIONS = 32;

/** Listens on a free port until it is closed. */
export async function openLoopback(inside: Pick<Inside, "commandAround">): Promise<Loopback> {
  const leading = new Map<string, string>();
  let waiting: { readonly state: string; readonly resolve: (come: Return) => void } | undefined;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path = "", ...rest] = (request.url ?? "").split("?");
    const query = new URLSearchParams(rest.join("?"));
    if (request.method !== "GET") return void response.writeHead(405, HEADERS).end();
    if (!isVisit(request)) return say(response, 403, "This is for a browser that is led here.");
    const isBack = path === BACK && waiting !== undefined && isSame(query.get("state") ?? "", waiting.state);
    if (!isBack && !leading.has(path)) return say(response, 404, "toolkey waits for nothing here.");
    // What is inside of a sealed command would have what the page gives, or bring what is somebody else's.
    if (!(await isOutside(request.socket, inside))) return say(response, 403, "Open the page that toolkey names in the terminal.");
    const page = leading.get(path);
    leading.delete(path);
    if (page !== undefined) return void response.writeHead(303, { ...HEADERS, location: page }).end();
    const come = waiting;
    waiting = undefined;
    come?.resolve({
      query,
      show: (isDone) =>
        isDone
          ? say(response, 200, "You are signed in. You can close this page.")
          : say(response, 400, "That did not work. The terminal in which you started toolkey says why."),
    });
  };
  const server = await listenOnLoopback(0, {
    answer: (request, response) => void answer(request, response).catch(() => response.destroy()),
    isWelcome: (socket) => Promise.resolve(isOurs(socket)),
    connections: CONNECTIONS,
  });
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

/** Not what a page of somebody else's fetches, nor by another name than ours, which somebody else has given us (DNS rebinding). */
function isVisit({ headers, socket }: IncomingMessage): boolean {
  const { host, origin, "sec-fetch-mode": mode = "navigate" } = headers;
  return host === `${GATEWAY_HOST}:${socket.localPort}` && origin === undefined && mode === "navigate";
}

/** Of another user none is kept. Where the system doesn't tell, every one is. */
function isOurs(connection: Socket): boolean {
  if (connection.remoteAddress !== GATEWAY_HOST) return false;
  return !CAN_TELL_OWNERS || otherEnds([connection]).get(connection)?.uid === process.getuid?.();
}

async function isOutside(connection: Socket, inside: Pick<Inside, "commandAround">): Promise<boolean> {
  if (!CAN_TELL_OWNERS) return true;
  const end = otherEnds([connection]).get(connection);
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
