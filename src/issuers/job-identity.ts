/** The identity of a CI job: an OIDC id token, which says what runs there, and which the runner makes for whoever has its address. */
import * as z from "zod/mini";
import { Secret } from "../core/secret.ts";
import { messageIn } from "./excerpt.ts";
import type { Http } from "./http.ts";
import { isAnswered, noAnswer } from "./no-answer.ts";
import type { NoAnswer } from "./outcomes.ts";

/** Where a runner makes id tokens, and with what it is asked. */
export interface RunnerAddress {
  readonly url: string;
  readonly bearer: Secret;
  /** For whom the id token is to be; as the runner has it, if undefined. */
  readonly audience?: string | undefined;
}

export type ToldIdentity =
  | { readonly outcome: "told"; readonly idToken: Secret }
  | { readonly outcome: "refused"; readonly detail: string }
  | NoAnswer;

const answered = z.object({ value: z.string().check(z.minLength(1)) });

/** Whether a runner may be asked there: nobody on the way is to read along. */
export function isAskable(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, username, password } = new URL(url);
  return protocol === "https:" && username === "" && password === "";
}

/** Asks as the runner's own toolkit does (actions/toolkit, core/src/oidc-utils.ts): GET, `audience` in the query, the token in `value`. */
export async function askRunner({ url, bearer, audience }: RunnerAddress, http: Http): Promise<ToldIdentity> {
  const asked = new URL(url);
  if (audience !== undefined) asked.searchParams.set("audience", audience);
  const answer = await http.send({ method: "GET", url: asked.href, authorization: { scheme: "Bearer", secret: bearer } });
  const told = answer.kind === "json" && answer.status < 300 ? answered.safeParse(answer.body) : undefined;
  if (told?.success === true) return { outcome: "told", idToken: new Secret(told.data.value) };
  if (!isAnswered(answer)) return noAnswer(answer);
  if (answer.status < 300) return { outcome: "failing", detail: "the answer holds no id token" };
  return { outcome: "refused", detail: messageIn(answer) ?? `status ${answer.status}` };
}
