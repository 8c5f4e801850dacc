/** JFrog Connect. Its tokens are JFrog's, but made and ended on its web page alone (services.md §4). Facts: docs/services/jfrog.md */
import type { Issuer } from "../issuer.ts";

const URL = "https://api.connect.jfrog.io";

export const jfrogConnect: Issuer = {
  name: "jfrog-connect",
  services: [
    {
      name: "jfrog-connect",
      title: "JFrog Connect",
      url: URL,
      page: "https://app.connect.jfrog.io/settings/access-tokens",
      tools: { http: { url: `${URL}/api/v2` } },
    },
  ],
  bearer: ["http"],
  describes: false,
};
