/** Asks the gateway with the session's phantom. */
import { Agent, request as httpRequest } from "node:http";
import { connect, type NetConnectOpts, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { Failure, systemErrorCode, type FailureCode } from "../../core/failure.ts";
import { innerPath, type InnerOperation, type InnerOperations } from "../../core/gateway/inner.ts";
import type { SessionFacts } from "../../core/wire/session-file.ts";

/** The daemon may just be started again: `toolkey run` sees to it. */
const TRIES = 40;
const PAUSE_MS = 250;

/** All goes by one connection: the gateway looks up once whose it is. */
const agent = new Agent({ keepAlive: true });

/** Connects already, so that the gateway looks up whose the connection is while nothing is asked yet. */
export function reachGateway({ gateway }: SessionFacts): void {
  const { hostname, port } = new URL(gateway);
  let early: Socket | undefined = connect(Number(port), hostname).on("error", () => undefined);
  agent.createConnection = (options) => {
    // Of one that has failed nothing more is heard.
    const taken = early?.destroyed === false ? early : connect(options as NetConnectOpts);
    early = undefined;
    return taken;
  };
}

/** @throws Failure `denied` and others with which the daemon answered, `unavailable` if nobody listens */
export async function askGateway<Name extends InnerOperation>(
  session: SessionFacts,
  operation: Name,
  asked: InnerOperations[Name]["request"],
): Promise<InnerOperations[Name]["answer"]> {
  for (let left = TRIES; ; left -= 1) {
    try {
      const { status, text } = await post(`${session.gateway}${innerPath(operation)}`, session.phantom, JSON.stringify(asked));
      if (status === 200) return JSON.parse(text) as InnerOperations[Name]["answer"];
      throw failureIn(text);
    } catch (error) {
      if (error instanceof Failure) throw error;
      const code = systemErrorCode(error);
      if (left > 1 && /^(ECONNREFUSED|ECONNRESET|EPIPE)$/.test(code ?? "")) await wait(PAUSE_MS);
      else {
        const what = code === undefined ? "the gateway's answer can't be read" : `the gateway does not answer: ${code}`;
        throw new Failure("unavailable", what, { hint: "toolkey status", cause: error });
      }
    }
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function post(url: string, phantom: string, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = httpRequest(
      url,
      {
        method: "POST",
        agent,
        headers: { authorization: `Bearer ${phantom}`, "content-type": "application/json", "content-length": Buffer.byteLength(body) },
      },
      (response) => {
        const pieces: Buffer[] = [];
        response.on("data", (piece: Buffer) => pieces.push(piece));
        response.on("error", reject);
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(pieces).toString() }));
      },
    );
    asking.on("error", reject);
    asking.end(body);
  });
}

/** Of an operation that failed, or of a request that the gateway refused. */
function failureIn(text: string): Failure {
  const answer = JSON.parse(text) as { code?: FailureCode; message?: string; hints?: string[]; error?: string };
  return new Failure(answer.code ?? "denied", (answer.message ?? answer.error ?? "").replace(/^toolkey: /, ""), {
    hint: answer.hints ?? [],
  });
}
