/**
 * Bitbucket Cloud. API tokens are made and ended on Atlassian's page alone; git sends them with a fixed user name, the API wants the
 * person's e-mail address. Facts: docs/services/bitbucket.md
 */
import * as z from "zod/mini";
import type { Issuer } from "../issuer.ts";
import type { Inspection } from "../outcomes.ts";
import { isAnswered, noAnswer } from "../no-answer.ts";

const URL = "https://bitbucket.org";
const API = "https://api.bitbucket.org/2.0";
const user = z.object({ username: z.optional(z.string()), display_name: z.optional(z.string()) });

export const bitbucket: Issuer = {
  name: "bitbucket",
  services: [
    {
      name: "bitbucket",
      title: "Bitbucket Cloud",
      url: URL,
      page: "https://id.atlassian.com/manage-profile/security/api-tokens",
      tools: { git: { url: URL, username: "x-bitbucket-api-token-auth" }, http: { url: API } },
    },
  ],
  bearer: [],
  // Its cloud's, and its Data Center's.
  tokenEndpoints: ["site/oauth2", "2.0/repositories/*/*/deploy-keys", "2.0/users/*/ssh-keys", "account/settings", "rest/access-tokens"],
  forms: [
    // support.atlassian.com: API tokens; app passwords stopped on 2026-06-09
    {
      pattern: String.raw`ATBB[\w=-]{20,}`,
      title: "an app password of Bitbucket",
      ends: "2026-06-09T00:00:00Z",
      instead: "an API token with scopes, with the user name x-bitbucket-api-token-auth: https://id.atlassian.com/manage-profile/security",
    },
    { pattern: String.raw`ATATT[\w=.-]{20,}`, title: "an API token of Atlassian" },
    { pattern: String.raw`ATCTT[\w=.-]{20,}`, title: "an access token of a repository, project or workspace at Bitbucket" },
  ],
  describes: false,

  async inspect(_service, { secret, username = "" }, http): Promise<Inspection> {
    // The API knows a token by the address of its owner only.
    if (!username.includes("@")) return { outcome: "unknown" };
    const answer = await http.send({ method: "GET", url: `${API}/user`, authorization: { scheme: "Basic", username, secret } });
    const parsed = answer.kind === "json" && answer.status === 200 ? user.safeParse(answer.body) : undefined;
    if (parsed?.success === true) return { outcome: "valid", facts: { subject: parsed.data.username ?? parsed.data.display_name } };
    if (!isAnswered(answer)) return noAnswer(answer);
    if (answer.status === 401) return { outcome: "invalid", detail: "wrong, expired, or of another address" };
    // Without the scope read:user:bitbucket.
    if (answer.status === 403) return { outcome: "not-permitted" };
    return { outcome: "wrong-host", detail: `status ${answer.status}` };
  },
};
