/**
 * Nuxeo Online Services. Its tokens never end by themselves and can only be made and ended on its web page.
 * Whether one is valid is found out as the Nuxeo CLI does: it is exchanged for a derived token, which is given
 * back at once (services.md §1). Facts: docs/services/nuxeo.md
 */
import type { Issuer } from "../issuer.ts";
import type { Inspection } from "../outcomes.ts";
import { isAnswered, noAnswer } from "../no-answer.ts";
import { NPM_TOOLS } from "../npm-tools.ts";

const CONNECT = "https://connect.nuxeo.com";

const EXCHANGE = "/nuxeo/authentication/token?applicationName=toolkey&deviceId=toolkey-check&permission=AMIREAD";

export const nuxeo: Issuer = {
  name: "nuxeo",
  services: [
    {
      name: "nuxeo",
      title: "Nuxeo Online Services",
      url: CONNECT,
      tools: {
        git: { url: `${CONNECT}/nuxeo/git` },
        maven: { url: `${CONNECT}/nuxeo/site/studio/maven`, server: "nuxeo-studio" },
        nuxeoctl: { url: CONNECT },
        http: { url: `${CONNECT}/nuxeo/site/studio/v2` },
      },
    },
  ],
  page: "/nuxeo/site/connect/tokens",
  bearer: NPM_TOOLS,
  // "token authentication" and "OAuth 2" of Nuxeo's REST API.
  tokenEndpoints: [
    "authentication/token", "nuxeo/api/v1/token", "api/v1/token", "oauth2/token", "oauth2/authorize", "oauth2/provider", "oauth2/client",
    "site/connect/tokens",
  ],
  noRegistry: ["nuxeo/api", "nuxeo/site", "nuxeo/authentication", "nuxeo/oauth2"],
  describes: false,

  async inspect(service, { secret, username }, http): Promise<Inspection> {
    if (username === undefined) return { outcome: "unknown" };
    const authorization = { scheme: "Basic", username, secret } as const;
    const url = new URL(EXCHANGE, service.url).href;
    const answer = await http.send({ method: "GET", url, authorization });
    if (!isAnswered(answer)) return noAnswer(answer);
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
