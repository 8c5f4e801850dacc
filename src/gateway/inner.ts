/** Requests from inside of a session for phantoms of its tools: read, handed to the daemon, answered. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Failure } from "../core/failure.ts";
import { innerPath } from "../core/gateway/inner.ts";
import type { Refusal } from "./answers/refusal.ts";
import type { Owner } from "./phantoms/holder.ts";
import type { Demand } from "./requests/request-head.ts";
import type { Phantom } from "./phantoms/phantoms.ts";

/** Answers one: JSON to JSON. @throws Failure, which whoever asks is told */
export type AnswerInner = (session: Phantom, operation: string, body: string) => Promise<string>;

/** More than any permit takes, in bytes: projects with thousands of archives have long ones. */
const MAX_BODY = 512 * 1024;

/** What a request with a session's phantom asks for. */
export function innerOperation({ path, method }: Demand, { is }: Owner): { readonly name: string } | Refusal {
  if (is !== "holder") return { status: 403, why: "the phantom belongs to a session, and this process is not of it" };
  const [, name] = /^\/-\/([a-z]+)$/.exec(path) ?? [];
  if (name !== undefined && method === "POST") return { name };
  return { status: 404, why: "the phantom of a session leads nowhere; tools in it get their own" };
}

/** With a session all in it ends: whoever ends it once more, a little late, was refused nothing. */
export function endsInner({ path }: Demand): boolean {
  return path === innerPath("end");
}

export async function answerInner(
  { request, response, session, operation }: { request: IncomingMessage; response: ServerResponse; session: Phantom; operation: string },
  answer: AnswerInner,
): Promise<void> {
  let [status, text] = [200, ""];
  try {
    text = await answer(session, operation, await readBody(request));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { code, message, hints } = error;
    [status, text] = [403, JSON.stringify({ code, message, hints })];
  }
  const body = Buffer.from(text);
  response.writeHead(status, { "content-type": "application/json", "content-length": body.length, "cache-control": "no-store" });
  response.end(body);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > MAX_BODY) throw new Failure("bad-request", "the request is too long");
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}
