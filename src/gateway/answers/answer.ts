/** How the gateway itself answers: so that Maven, npm and curl show a person why. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Refusal } from "./refusal.ts";

/**
 * Shows the reason phrase. From 3.9.11 on it reads problem+json, too, for which Debian's lacks the parser (gson), so that it would crash.
 */
const MAVEN_3 = /^Apache-Maven\/3\./;

const GIT = /^git\//;
const GIT_LFS = /^git-lfs\//;

/**
 * git shows text/plain alone, Git LFS the `message` of JSON; Maven 3 shows the reason phrase, Maven 4 `detail` of problem+json (RFC 9457);
 * npm shows `error` of any JSON, and clients of images show `errors` (OCI distribution specification, "Error Codes").
 *
 * @param challenge whether to ask for credentials, for clients that send none until they are asked
 */
export function refuse(response: ServerResponse, refusal: Refusal, challenge = false): void {
  const { status, why } = refusal;
  const text = refusalText(refusal);
  const agent = response.req.headers["user-agent"] ?? "";
  const problem = { type: "about:blank", title: `toolkey: ${why}`, status, detail: text };
  const body = Buffer.from(
    GIT.test(agent)
      ? `${text.replaceAll(" - ", "\nhint: ")}\n`
      : `${JSON.stringify({ ...problem, error: text, message: text, errors: [errorOfRegistry(status, text)] })}\n`,
  );
  response.writeHead(status, reasonPhrase(text), {
    "content-type": GIT.test(agent)
      ? "text/plain"
      : GIT_LFS.test(agent)
        ? "application/vnd.git-lfs+json"
        : MAVEN_3.test(agent)
          ? "application/json"
          : "application/problem+json",
    "content-length": body.length,
    "cache-control": "no-store",
    ...(challenge ? { "www-authenticate": 'Basic realm="toolkey"' } : {}),
    // A body that the client still sends is not read.
    ...(hasBody(response.req) && !response.req.complete ? { connection: "close" } : {}),
  });
  response.end(response.req.method === "HEAD" ? undefined : body);
}

function errorOfRegistry(status: number, message: string): { readonly code: string; readonly message: string } {
  return { code: status === 401 ? "UNAUTHORIZED" : "DENIED", message };
}

/** To a client of images that looks whether there is a registry: it has said who it is (OCI distribution specification, end-1). */
export function answerLook(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json", "docker-distribution-api-version": "registry/2.0" });
  response.end(response.req.method === "HEAD" ? undefined : "{}");
}

/** Whether a body comes with a request: one without is not complete before its answer, for Node. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
}

/** One line: what went wrong, and the command that mends it. */
export function refusalText({ why, hint }: Refusal): string {
  return `toolkey: ${why}${hint === undefined ? "" : ` - ${hint}`}`;
}

/** As RFC 9112 §4 has it, and not longer than clients read. */
export function reasonPhrase(text: string): string {
  return text.replaceAll(/[^ -~]/g, "?").slice(0, 400);
}
