/** Nuxeo's packages, at a Nexus with tokens of its own, which are made and ended on its web page. Facts: docs/services/nuxeo.md */
import type { Issuer } from "../issuer.ts";
import { eachNpmTool } from "../npm-tools.ts";

const URL = "https://packages.nuxeo.com";
const REPOSITORIES = { url: `${URL}/repository` };

export const nuxeoPackages: Issuer = {
  name: "nuxeo-packages",
  services: [
    { name: "nuxeo-packages", title: "Nuxeo packages (Nexus)", url: URL, tools: { ...eachNpmTool(REPOSITORIES), maven: REPOSITORIES } },
  ],
  page: "/#user/usertoken",
  bearer: [],
  // Nexus: "User token REST API", and what its page calls.
  tokenEndpoints: [
    "service/rest/*/security", "service/rest/internal", "service/rest/wonderland", "service/extdirect", "service/rapture", "service/siesta",
    "service/local/authentication", "service/local/users",
  ],
  noRegistry: ["service/rest", "service/local"],
  describes: false,
};
