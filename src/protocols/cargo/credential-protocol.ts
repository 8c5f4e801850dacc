/**
 * How Cargo 1.74 and newer ask a credential provider: JSON in lines, after a greeting with the version. Source:
 * https://doc.rust-lang.org/cargo/reference/credential-provider-protocol.html
 */
import { milliseconds } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";
import { Secret } from "../../core/secret.ts";
import type { Target } from "../../core/target.ts";
import type { Presentation, Token } from "../../core/tokens/token.ts";
import { authorization } from "../authorization.ts";
import type { CredentialProtocol, CredentialRequest, NamedPlace, StoreRequest } from "../credential-protocol.ts";
import { readHelperInput, readObject } from "../helper-input.ts";
import { asRecord } from "../text/as-record.ts";
import { targetOfIndex } from "./index-url.ts";



const NO_JSON = "what Cargo wrote is not JSON";

/** After these two Cargo asks its next provider; any other error ends it. */
const NOT_FOUND = failed("not-found");
const URL_NOT_SUPPORTED = failed("url-not-supported");
const OPERATION_NOT_SUPPORTED = failed("operation-not-supported");

export const cargoCredentials: CredentialProtocol = {
  mindsProject: true,
  replies: (_operation, payload = "") => ({
    // At a login Cargo's next provider would keep the token in plain text.
    miss: { text: isLogin(payload) ? failed("other", "toolkey: the token was not kept") : NOT_FOUND, exitCode: 0 },
    failure: ({ message }) => ({ text: failed("other", `toolkey: ${message}`), exitCode: 0 }),
  }),

  read(operation, payload) {
    if (operation !== "message") return undefined;
    const message = readObject(readHelperInput(payload).input, NO_JSON);
    const target = targetOfIndex(textOf(asRecord(message["registry"])["index-url"]) ?? "");
    if (!/^(get|login|logout)$/.test(textOf(message["kind"]) ?? "")) return { operation: "settled", text: OPERATION_NOT_SUPPORTED };
    return target === undefined ? { operation: "settled", text: URL_NOT_SUPPORTED } : requestOf(message, target);
  },
};

function requestOf(message: Readonly<Record<string, unknown>>, target: Target): CredentialRequest {
  const asked = { place: (): NamedPlace => ({ target, hasDots: false }), username: undefined };
  switch (message["kind"]) {
    case "login":
      return loginOf(message, asked);
    case "logout":
      return { operation: "erase", ...asked, secret: undefined, id: undefined, done: done({ kind: "logout" }) };
    default:
      return {
        operation: "get",
        ...asked,
        // What else it does to a registry changes something there.
        aim: message["operation"] === "read" ? "reading" : "publishing",
        canPresent: () => true,
        render: answerOf,
      };
  }
}

function loginOf(message: Readonly<Record<string, unknown>>, asked: Pick<StoreRequest, "place" | "username">): StoreRequest {
  const token = textOf(message["token"]);
  const name = textOf(asRecord(message["registry"])["name"]) ?? "the registry";
  return {
    operation: "store",
    ...asked,
    kept: token === undefined ? undefined : { secret: new Secret(token), expiresAt: undefined, refreshToken: undefined },
    isOurs: false,
    question: {
      page: textOf(message["login-url"]),
      prompt: `token for ${name}: `,
      answered: (secret) => `\n${JSON.stringify({ ...message, token: secret.reveal() })}\n`,
    },
    done: done({ kind: "login" }),
  };
}

/** Cargo keeps it while it runs: for this operation alone, since another one may have another token. */
function answerOf(token: Token, presents: Presentation): string {
  const { expiresAt } = token.facts;
  const cache =
    expiresAt === undefined ? { cache: "session" } : { cache: "expires", expiration: Math.floor(milliseconds(expiresAt) / 1000) };
  return done({ kind: "get", token: authorization({ token, presents }).reveal(), ...cache, operation_independent: false });
}

function isLogin(payload: string): boolean {
  try {
    return readObject(readHelperInput(payload).input, NO_JSON)["kind"] === "login";
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

function done(answer: object): string {
  return `${JSON.stringify({ Ok: answer })}\n`;
}

function failed(kind: string, message?: string): string {
  return `${JSON.stringify({ Err: { kind, ...(message === undefined ? {} : { message, "caused-by": [] }) } })}\n`;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
