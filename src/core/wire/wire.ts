/**
 * The framing between clients and the daemon (docs/wire.md). A request is what git's own C client
 * writes, with our header lines before the payload:
 *
 *     action=get            git's client: always these two lines first
 *     timeout=900
 *     toolkey=1             ours: wire version
 *     tool=git
 *     operation=get
 *                           blank line, then the payload verbatim
 *
 * An answer is a status line, notes for the person, a blank line, and the payload verbatim.
 * A request without `toolkey=` comes from a bare `git credential-cache` client.
 */
import { Failure, failureCode, type FailureCode } from "../failure.ts";
import { plain } from "../text/plain-text.ts";

export const WIRE_VERSION = "1";

/** Of a path, as the kernel takes one (PATH_MAX). */
export const MAX_PATH_LENGTH = 4096;

/** The largest request, in bytes. */
export const MAX_REQUEST_BYTES = 1024 * 1024;

/** How long a request may take to arrive, in milliseconds. */
export const MAX_REQUEST_MS = 10_000;

/** The longest path of a Unix socket, in bytes: `sun_path` of the BSDs, less its final NUL. */
export const MAX_SOCKET_PATH_BYTES = 103;

export type Request =
  | {
      readonly kind: "toolkey";
      readonly tool: string;
      readonly operation: string;
      /** The build of the client; the shell launcher sends none. */
      readonly build: string | undefined;
      /** All header lines by name, the above among them. */
      readonly headers: ReadonlyMap<string, string>;
      readonly payload: string;
    }
  | {
      /** A bare git-credential-cache client: `action` is get, store, erase or exit. */
      readonly kind: "bare";
      readonly action: string;
      /** How long a stored credential is to be kept, in seconds. */
      readonly timeoutSeconds: number;
      readonly payload: string;
    };

/**
 * Splits a request into header lines and payload.
 *
 * @throws Failure `bad-request` for anything that no client of ours or git's writes, `version` for
 * another wire version.
 */
export function parseRequest(bytes: Uint8Array): Request {
  const text = decode(bytes);
  const [action, afterAction] = line(text, 0);
  const [timeout, afterTimeout] = line(text, afterAction);
  const timeoutSeconds = /^timeout=(\d{1,10})$/.exec(timeout)?.[1];
  if (!action.startsWith("action=") || timeoutSeconds === undefined) {
    throw new Failure("bad-request", "the request does not begin with action= and timeout=");
  }
  const [version] = line(text, afterTimeout);
  if (!version.startsWith("toolkey=")) {
    return {
      kind: "bare",
      action: action.slice("action=".length),
      timeoutSeconds: Number(timeoutSeconds),
      payload: text.slice(afterTimeout),
    };
  }
  if (version !== `toolkey=${WIRE_VERSION}`) {
    throw new Failure("version", "the client speaks another version of the wire");
  }
  const { headers, payload } = splitHeaders(text, afterTimeout);
  const tool = headers.get("tool");
  const operation = headers.get("operation");
  if (tool === undefined || operation === undefined) {
    throw new Failure("bad-request", "the request names no tool or no operation");
  }
  return { kind: "toolkey", tool, operation, build: headers.get("build"), headers, payload };
}

/** Writes a request as `git credential-cache get` would, so that the daemon knows one framing only. */
export function renderRequest(request: {
  tool: string;
  operation: string;
  build?: string;
  headers?: Readonly<Record<string, string>>;
  payload: string;
}): string {
  const lines = [
    "action=get",
    "timeout=900",
    `toolkey=${WIRE_VERSION}`,
    `tool=${request.tool}`,
    `operation=${request.operation}`,
  ];
  if (request.build !== undefined) lines.push(`build=${request.build}`);
  for (const [name, value] of Object.entries(request.headers ?? {})) lines.push(`${name}=${value}`);
  return `${lines.map(oneLine).join("\n")}\n\n${request.payload}`;
}

/** What the daemon answers: there it is, nothing found, or a failure. */
export type Answer =
  | { readonly status: "ok"; readonly notes: readonly string[]; readonly hints: readonly string[]; readonly payload: string }
  | { readonly status: "miss"; readonly notes: readonly string[]; readonly hints: readonly string[] }
  | { readonly status: "error"; readonly failure: Failure };

export function ok(payload: string, notes: readonly string[] = [], hints: readonly string[] = []): Answer {
  return { status: "ok", notes, hints, payload };
}

export function miss(notes: readonly string[] = [], hints: readonly string[] = []): Answer {
  return { status: "miss", notes, hints };
}

/** How long a bare client that asks first keeps what it stores: nothing, since it stores nothing. */
const ASKS_FIRST = 0;

/**
 * The answer to a bare client, which prints all that it gets as attributes: the payload alone. Whoever says that another
 * one asks next gets nothing that comes with a note.
 */
export function renderBareAnswer(answer: Answer, request: { readonly action: string; readonly timeoutSeconds: number }): string {
  if (answer.status !== "ok") return "";
  const leavesNotes = request.action === "get" && request.timeoutSeconds === ASKS_FIRST;
  return leavesNotes && answer.notes.length + answer.hints.length > 0 ? "" : answer.payload;
}

/** What the program of a tool's prints on standard output, and how it ends. */
export interface Reply {
  readonly text: string;
  readonly exitCode: number;
}

/** @param reply what a shell script prints in place of what was asked for, where that is a miss or a failure */
export function renderAnswer(answer: Answer, reply?: Reply): string {
  const instead = answer.status === "ok" || reply === undefined ? [] : [`exit=${reply.exitCode}`];
  if (answer.status === "error") {
    const { code, message, hints } = answer.failure;
    return frame(["error", `code=${code}`, ...instead, `note=${message}`, ...hints.map((hint) => `hint=${hint}`)], reply?.text ?? "");
  }
  const lines = [answer.status, ...instead, ...answer.notes.map((note) => `note=${note}`), ...answer.hints.map((hint) => `hint=${hint}`)];
  return frame(lines, answer.status === "ok" ? answer.payload : (reply?.text ?? ""));
}

/**
 * Reads an answer. Undefined means that whoever listened is not a toolkey daemon: it closed without
 * an answer, or gave one in another form (git's own cache daemon does).
 */
export function parseAnswer(text: string): Answer | undefined {
  const [status, next] = line(text, 0);
  if (status !== "ok" && status !== "miss" && status !== "error") return undefined;
  const notes: string[] = [];
  const hints: string[] = [];
  let code: FailureCode = "unavailable";
  let at = next;
  for (;;) {
    if (at >= text.length) return undefined;
    const [header, following] = line(text, at);
    at = following;
    if (header === "") break;
    if (header.startsWith("note=")) notes.push(header.slice(5));
    else if (header.startsWith("hint=")) hints.push(header.slice(5));
    else if (header.startsWith("code=")) code = failureCode(header.slice(5));
  }
  switch (status) {
    case "ok":
      return { status, notes, hints, payload: text.slice(at) };
    case "miss":
      return { status, notes, hints };
    case "error":
      return { status, failure: new Failure(code, notes.join("; "), { hint: hints }) };
    default:
      return status satisfies never;
  }
}

/** Header lines up to the blank line, then the payload. */
function splitHeaders(text: string, start: number): { headers: Map<string, string>; payload: string } {
  const headers = new Map<string, string>();
  let at = start;
  for (;;) {
    if (at >= text.length) throw new Failure("bad-request", "the request's header lines do not end");
    const [header, next] = line(text, at);
    at = next;
    if (header === "") return { headers, payload: text.slice(at) };
    const equals = header.indexOf("=");
    if (equals < 1) throw new Failure("bad-request", "a header line has no name or no '='");
    headers.set(header.slice(0, equals), header.slice(equals + 1));
  }
}

/** The line that begins at `start`, and where the next one begins. */
function line(text: string, start: number): [line: string, next: number] {
  const end = text.indexOf("\n", start);
  return end === -1 ? [text.slice(start), text.length] : [text.slice(start, end), end + 1];
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    throw new Failure("bad-request", "the request is not UTF-8 text", { cause: error });
  }
}

// A note may quote what a client sent or a service said, and shell scripts print it as it is.
function frame(lines: readonly string[], payload: string): string {
  return `${lines.map(plain).join("\n")}\n\n${payload}`;
}

// What a header quotes must not be able to add lines of its own.
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, " ");
}
