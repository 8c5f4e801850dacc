/**
 * Nuxeo Online Services. Its tokens never end by themselves and can only be made and ended on its web page.
 * Whether one is valid is found out as the Nuxeo CLI does: it is exchanged for a derived token, which is given
 * back at once (services.md §1).
 */
import type { Issuer, Inspection } from "./issuer.ts";
import { noAnswer } from "./no-answer.ts";

const EXCHANGE = "/nuxeo/authentication/token?applicationName=toolkey&deviceId=toolkey-check&permission=AMIREAD";

export const nuxeo: Issuer = {
  describes: false,

  async inspect(service, { secret, username }, http): Promise<Inspection> {
    if (username === undefined) return { outcome: "unknown" };
    const authorization = { scheme: "Basic", username, secret } as const;
    const url = new URL(EXCHANGE, service.url).href;
    const answer = await http.send({ method: "GET", url, authorization });
    const missing = noAnswer(answer);
    if (missing !== undefined) return missing;
    if (!("status" in answer)) throw new Error("an answer without a status");
    switch (answer.status) {
      case 201:
        await http.send({ method: "GET", url: `${url}&revoke=true`, authorization });
        return { outcome: "valid", facts: { subject: username } };
      case 401:
        return { outcome: "invalid", detail: "user name or token is wrong, or the token was revoked" };
      case 403:
        return { outcome: "not-permitted" };
      default:
        return { outcome: "wrong-host", detail: `status ${answer.status}` };
    }
  },
};
