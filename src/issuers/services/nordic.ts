/**
 * Nordic Semiconductor's files, at a JFrog platform. Validation alone; a person's tokens are ended on its web page (services.md §3).
 * Facts: docs/services/nordic.md
 */
import type { Issuer } from "../issuer.ts";
import { jfrog } from "./jfrog/jfrog.ts";
import { eachNpmTool, NPM_TOOLS } from "../npm-tools.ts";

const URL = "https://files.nordicsemi.com";
const FILES = { url: `${URL}/artifactory` };

export const nordic: Issuer = {
  name: "nordic",
  services: [
    { name: "nordic", title: "Nordic Semiconductor files", url: URL, tools: { http: FILES, ...eachNpmTool(FILES), maven: FILES } },
  ],
  page: "/ui/user_profile",
  bearer: [...NPM_TOOLS, "http"],
  describes: true,
  inspect: (service, token, http) => jfrog.inspect(service, token, http),
};
