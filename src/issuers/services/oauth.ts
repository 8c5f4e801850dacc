/** Any OAuth server that says where its endpoints are (RFC 8414). Facts: docs/services/oauth.md */
import type { Issuer } from "../issuer.ts";
import { NPM_TOOLS } from "../npm-tools.ts";
import { discover } from "../oauth/endpoints.ts";
import { oauthMembers } from "../oauth/oauth.ts";

export const oauth: Issuer = {
  ...oauthMembers(({ url }, http) => discover(url, http)),
  name: "oauth",
  client: "needed",
  bearer: [...NPM_TOOLS, "http"],
  username: "oauth2",
  describes: false,
  renewed: "left",
};
