/** A token for the identity of a CI job, by JFrog's OIDC integration (7.73 and newer). Facts: docs/services/jfrog.md */
import type { ServiceAt } from "../../declared.ts";
import type { Http } from "../../http.ts";
import { isAnswered, noAnswer } from "../../no-answer.ts";
import type { JobIdentity, Minting } from "../../outcomes.ts";
import { messageOf, mintedIn } from "./answers.ts";

/** RFC 8693, which JFrog speaks as JSON. */
const GRANT = "urn:ietf:params:oauth:grant-type:token-exchange";
const ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token";

export async function exchange(service: ServiceAt, { idToken, provider }: JobIdentity, http: Http): Promise<Minting> {
  const answer = await http.send({
    method: "POST",
    url: `${service.url}/access/api/v1/oidc/token`,
    json: { grant_type: GRANT, subject_token_type: ID_TOKEN, subject_token: idToken.reveal(), provider_name: provider },
    secrets: [idToken],
  });
  const minted = mintedIn(answer);
  if (minted !== undefined) return minted;
  if (!isAnswered(answer)) return noAnswer(answer);
  if (answer.status < 300) return { outcome: "failing", detail: "the answer holds no token" };
  return { outcome: "refused", detail: messageOf(answer) ?? `status ${answer.status}` };
}
