/** Signing in to a JFrog platform in a browser, as JFrog's own CLI does (7.64 and newer). Facts: docs/services/jfrog.md */
import { randomUUID } from "node:crypto";
import type { Http } from "../../http.ts";
import type { ServiceAt } from "../../declared.ts";
import { isAnswered, noAnswer } from "../../no-answer.ts";
import type { Polled, SignInBegin } from "../../sign-in-page.ts";
import { messageOf, mintedIn } from "./answers.ts";

const EVERY_S = 3;
const PAGE_S = 300;
/** The end of the session's id, which the page asks for. */
const CODE_LENGTH = 4;

export async function beginSignIn(service: ServiceAt, _wish: unknown, http: Http): Promise<SignInBegin> {
  const session = randomUUID();
  const url = `${service.url}/access/api/v2/authentication/jfrog_client_login`;
  const answer = await http.send({ method: "POST", url: `${url}/request`, json: { session } });
  // Before 7.64 there is no such page.
  if ("status" in answer && (answer.status === 404 || answer.status === 405)) return { outcome: "not-there" };
  if (!isAnswered(answer)) return noAnswer(answer);
  if (answer.status >= 300) return { outcome: "refused", detail: messageOf(answer) ?? `status ${answer.status}` };
  const page = new URL(`${service.url}/ui/login`);
  for (const [name, value] of [["jfClientSession", session], ["jfClientName", "toolkey"], ["jfClientCode", "1"]] as const)
    page.searchParams.set(name, value);
  return {
    outcome: "begun",
    page: page.href,
    isSecret: true,
    code: session.slice(-CODE_LENGTH),
    seconds: PAGE_S,
    next: { by: "polling", everySeconds: EVERY_S, ask: () => askFor(`${url}/token/${session}`, http) },
  };
}

async function askFor(url: string, http: Http): Promise<Polled> {
  const answer = await http.send({ method: "GET", url });
  const minted = mintedIn(answer);
  if (minted !== undefined) return minted;
  if ("status" in answer && answer.status === 400) return { outcome: "not-yet" };
  const missing = noAnswer(answer);
  if (missing !== undefined) return missing;
  if ("status" in answer && answer.status < 300) return { outcome: "failing", detail: "the answer holds no token" };
  return { outcome: "refused", detail: messageOf(answer) ?? ("status" in answer ? `status ${answer.status}` : "no answer") };
}
