/** How GitHub's REST API is asked, and how its answers are read. Facts: docs/services/github.md */
import * as z from "zod/mini";
import type { Secret } from "../../../core/secret.ts";
import { messageIn } from "../../excerpt.ts";
import type { Http, HttpAnswer, HttpRequest } from "../../http.ts";
import type { ServiceAt } from "../../declared.ts";
import type { Inspection, NoAnswer, Revocation } from "../../outcomes.ts";
import { isAnswered, noAnswer, tooMany, type Answered } from "../../no-answer.ts";

/** With a token in the password's place any user name does; installation tokens are documented with this one. */
export const USERNAME = "x-access-token";

/** Headers that tell what an answer doesn't. Of no more requests left, which comes with status 403 as well; and of the token. */
const TELLS = ["x-ratelimit-remaining", "x-oauth-scopes", "github-authentication-token-expiration", "date"] as const;

const count = z.object({ total_count: z.number() });

/** The hosts of enterprises whose data stay in one region. */
export const ENTERPRISE = /^[a-z0-9-]+\.ghe\.com$/;

/** Whether it is GitHub's own, and no Enterprise Server. */
export function isOnline({ url }: ServiceAt): boolean {
  const { hostname } = new URL(url);
  return hostname === "github.com" || ENTERPRISE.test(hostname);
}

/** Where the API is. */
export function apiOf(service: ServiceAt): string {
  return isOnline(service) ? `https://api.${new URL(service.url).host}` : `${service.url}/api/v3`;
}

/** What is asked for, below the API. */
export interface Asked extends Pick<HttpRequest, "method" | "json" | "secrets"> {
  readonly path: string;
  /** Whoever asks; nobody, if it is left out. */
  readonly token?: Secret;
}

export function ask(service: ServiceAt, { path, token, ...request }: Asked, http: Http): Promise<HttpAnswer> {
  const authorization = token && ({ scheme: "Bearer", secret: token } as const);
  return http.send({ ...request, url: `${apiOf(service)}/${path}`, authorization, tells: TELLS });
}

/** Why there is none to go by: as anywhere, and for too many requests, of which GitHub tells with status 403, too. */
export function read(answer: HttpAnswer): Answered | NoAnswer {
  if (!isAnswered(answer)) return noAnswer(answer);
  return answer.status === 403 && isLimit(answer) ? tooMany(answer) : answer;
}

function isLimit(answer: Answered): boolean {
  if (answer.retryAfter !== undefined || answer.headers?.["x-ratelimit-remaining"] === "0") return true;
  return /rate limit/i.test(messageIn(answer) ?? "");
}

/** Whether it is a token of an installation of an app, which is nobody's. */
export function isInstallation(token: Secret): boolean {
  return token.reveal().startsWith("ghs_");
}

/** A token of an installation can't ask whose it is: that there is none is what it is told, with 403. */
export async function inspectInstallation(service: ServiceAt, token: Secret, http: Http): Promise<Inspection> {
  const answer = read(await ask(service, { method: "GET", path: "installation/repositories?per_page=1", token }, http));
  if ("outcome" in answer) return answer;
  if (answer.status === 401) return { outcome: "invalid", detail: messageIn(answer) ?? "wrong, revoked, or over" };
  if (answer.status === 403) return { outcome: "not-permitted" };
  const isList = answer.kind === "json" && answer.status === 200 && count.safeParse(answer.body).success;
  return isList ? { outcome: "valid", facts: {} } : otherThan(answer);
}

/** What is no GitHub. */
export function otherThan({ status }: Answered): NoAnswer {
  return { outcome: "wrong-host", detail: status === 200 ? "this is no GitHub" : `status ${status}` };
}

/** A token of an installation is ended by itself alone. */
export async function revokeInstallation(service: ServiceAt, token: Secret, http: Http): Promise<Revocation> {
  const answer = read(await ask(service, { method: "DELETE", path: "installation/token", token }, http));
  if ("outcome" in answer) return answer;
  if (answer.status === 204) return { outcome: "revoked" };
  if (answer.status === 404) return { outcome: "not-found" };
  const detail = messageIn(answer) ?? `status ${answer.status}`;
  return answer.status === 401 || answer.status === 403 ? { outcome: "refused", detail } : { outcome: "failing", detail };
}
