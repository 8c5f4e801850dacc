/** Signing in at an OAuth server: a code that is typed in on any device (RFC 8628), or a browser on this machine (RFC 8252, 7636). */
import { createHash, randomBytes } from "node:crypto";
import * as z from "zod/mini";
import { Secret } from "../../core/secret.ts";
import { excerpt } from "../excerpt.ts";
import type { Http } from "../http.ts";
import { noAnswer } from "../no-answer.ts";
import type { SignInBegin, SignInWish } from "../sign-in-page.ts";
import { safeUrl, type Endpoints } from "./endpoints.ts";
import { errorIn, requestToken, requestTokenAtOnce } from "./token-request.ts";

const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";
/** RFC 8628 §3.2: where the server says nothing. */
const DEFAULT_INTERVAL_S = 5;
/** What a person needs at most for a page to sign in at. */
const PAGE_S = 600;
/** Whatever a server says. */
const [SHORTEST_INTERVAL_S, LONGEST_INTERVAL_S] = [1, 60];
const [SHORTEST_PAGE_S, LONGEST_PAGE_S] = [30, 3600];

const seconds = z.union([z.number(), z.string().check(z.regex(/^\d{1,11}$/))]);

const deviceAnswer = z.object({
  device_code: z.string().check(z.minLength(1)),
  user_code: z.string().check(z.minLength(1), z.maxLength(100)),
  verification_uri: safeUrl,
  verification_uri_complete: z.optional(z.nullable(safeUrl)),
  expires_in: z.optional(seconds),
  interval: z.optional(seconds),
});

const DECLINED = "it was declined on the page";

/** Who asks, and for what. */
export interface Client {
  readonly clientId: string;
  readonly scope: string | undefined;
}

/** By the browser where there is one and the server has it, by a code else. */
export async function beginSignIn(endpoints: Endpoints, client: Client, wish: SignInWish, http: Http): Promise<SignInBegin> {
  if (endpoints.authorize !== undefined && (wish.hasBrowser || endpoints.device === undefined)) {
    return beginInBrowser(endpoints, endpoints.authorize, client, await wish.redirectUri(), http);
  }
  if (endpoints.device !== undefined) return beginWithCode(endpoints, endpoints.device, client, http);
  return { outcome: "refused", detail: "it has neither a page nor codes to sign in with" };
}

async function beginWithCode(endpoints: Endpoints, device: string, { clientId, scope }: Client, http: Http): Promise<SignInBegin> {
  const form = { client_id: clientId, ...(scope === undefined ? {} : { scope }) };
  const answer = await http.send({ method: "POST", url: device, form });
  const error = errorIn(answer);
  if (error !== undefined) return { outcome: "refused", detail: error.detail };
  const parsed = answer.kind === "json" && answer.status < 300 ? deviceAnswer.safeParse(answer.body) : undefined;
  if (parsed?.success !== true) {
    const detail = "status" in answer && answer.status >= 300 ? `status ${answer.status}` : "it gives no code";
    return noAnswer(answer) ?? { outcome: "refused", detail };
  }
  const told = parsed.data;
  const deviceCode = new Secret(told.device_code);
  return {
    outcome: "begun",
    page: new URL(told.verification_uri_complete ?? told.verification_uri).href,
    code: told.user_code,
    seconds: within(Number(told.expires_in ?? PAGE_S), SHORTEST_PAGE_S, LONGEST_PAGE_S),
    next: {
      by: "polling",
      everySeconds: within(Number(told.interval ?? DEFAULT_INTERVAL_S), SHORTEST_INTERVAL_S, LONGEST_INTERVAL_S),
      ask: () =>
        requestToken(
          {
            endpoint: endpoints.token,
            clientId,
            parameters: { grant_type: DEVICE_GRANT, device_code: deviceCode.reveal() },
            secrets: [deviceCode],
            scope,
          },
          http,
        ),
    },
  };
}

function within(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

function beginInBrowser(
  endpoints: Endpoints,
  authorize: string,
  { clientId, scope }: Client,
  redirectUri: string,
  http: Http,
): SignInBegin {
  const [state, verifier] = [randomBytes(16).toString("base64url"), new Secret(randomBytes(32).toString("base64url"))];
  const page = new URL(authorize);
  const asked = {
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    ...(scope === undefined ? {} : { scope }),
    state,
    code_challenge: createHash("sha256").update(verifier.reveal()).digest("base64url"),
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(asked)) page.searchParams.set(name, value);
  return {
    outcome: "begun",
    page: page.href,
    seconds: PAGE_S,
    next: {
      by: "redirection",
      state,
      async exchange(query) {
        const [error, iss] = [query.get("error"), query.get("iss")];
        if (error !== null) {
          const said = excerpt(query.get("error_description")) ?? excerpt(error) ?? "the page says no";
          return { outcome: "refused", detail: error === "access_denied" ? DECLINED : said };
        }
        // RFC 9207: an answer of another server is none.
        const isOthers = iss === null ? endpoints.namesItself === true : iss !== endpoints.issuer;
        if (isOthers) return { outcome: "refused", detail: "another server has answered" };
        const code = new Secret(query.get("code") ?? "");
        if (code.isEmpty) return { outcome: "refused", detail: "the page gave no code" };
        const parameters = {
          grant_type: "authorization_code",
          code: code.reveal(),
          redirect_uri: redirectUri,
          code_verifier: verifier.reveal(),
        };
        return requestTokenAtOnce({ endpoint: endpoints.token, clientId, parameters, secrets: [code, verifier], scope }, http);
      },
    },
  };
}
