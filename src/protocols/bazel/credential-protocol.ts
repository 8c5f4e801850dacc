/**
 * How Bazel asks a credential helper: `get`, with a URI as JSON on standard input; headers and until when they are good, as JSON.
 * Source: EngFlow/credential-helper-spec, `spec.md`.
 */
import { Failure } from "../../core/failure.ts";
import { hasDots, targetFromParts } from "../../core/target.ts";
import { authorization } from "../authorization.ts";
import type { CredentialProtocol, NamedPlace } from "../credential-protocol.ts";
import { readHelperInput, readObject } from "../helper-input.ts";

/** What goes by gRPC has the same tokens: its calls are requests of HTTP. */
const SCHEMES: Readonly<Record<string, string>> = { https: "https", grpcs: "https", http: "http", grpc: "http" };

export const bazelCredentials: CredentialProtocol = {
  mindsProject: true,
  // Of a miss it shows nothing, and keeps it for half an hour.
  failsForProject: true,
  replies: () => ({
    // No credentials are needed.
    miss: { text: "{}\n", exitCode: 0 },
    // Bazel shows what is on standard error.
    failure: () => ({ text: "", exitCode: 1 }),
  }),

  read(operation, payload) {
    if (operation !== "get") throw new Failure("bad-request", `a credential helper of Bazel's has no operation '${operation}'`);
    const uri = uriIn(readHelperInput(payload).input);
    return {
      operation,
      place: () => placeOf(uri),
      username: undefined,
      canPresent: () => true,
      render(token, presents) {
        const { expiresAt } = token.facts;
        const headers = { Authorization: [authorization({ token, presents }).reveal()] };
        return `${JSON.stringify({ ...(expiresAt === undefined ? {} : { expires: expiresAt }), headers })}\n`;
      },
    };
  },
};

function uriIn(input: string): string {
  const { uri } = readObject(input, "what Bazel asks is not JSON");
  if (typeof uri !== "string") throw new Failure("bad-request", "Bazel names no uri");
  return uri;
}

/** Path and all, since tokens may be for a part of a host. A query is not part of a place. */
function placeOf(uri: string): NamedPlace {
  const [, scheme = "", host = "", path = ""] = /^([a-z][a-z0-9+.-]*):\/\/(?:[^/?#]*@)?([^/?#]+)([^?#]*)/i.exec(uri) ?? [];
  const known = SCHEMES[scheme.toLowerCase()];
  if (known === undefined) throw new Failure("bad-request", "Bazel names a uri that is none of a host");
  if (!isReadAlike(uri, known)) throw new Failure("bad-request", "Bazel names a uri that can be read in more than one way");
  if (hasDots(path)) return { target: targetFromParts({ scheme: known, host }), hasDots: true };
  return { target: targetFromParts({ scheme: known, host, path: decoded(path) }), hasDots: false };
}

/** Whether every parser takes the same host out of it: browsers' rules change nothing there but case and a default port. */
function isReadAlike(uri: string, scheme: string): boolean {
  if (/[^!-~]|\\/.test(uri)) return false;
  const authority = /:\/\/([^/?#]*)/.exec(uri)?.[1] ?? "";
  const written = authority.slice(0, authority.lastIndexOf("@") + 1);
  const host = authority.slice(written.length).toLowerCase();
  const url = `${scheme}://${authority}`;
  if (!URL.canParse(url)) return false;
  const { username, password, host: read } = new URL(url);
  const login = `${username}${password === "" ? "" : `:${password}`}`;
  const isHost = host === read || host === `${read}:${scheme === "https" ? 443 : 80}`;
  return isHost && written === (login === "" ? "" : `${login}@`);
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
