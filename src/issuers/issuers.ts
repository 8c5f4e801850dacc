import type { Issuer } from "./issuer.ts";
import { jfrog } from "./jfrog.ts";
import { npmRegistry } from "./npm-registry.ts";
import { nuxeo } from "./nuxeo.ts";
import type { IssuerName } from "./service.ts";

/** What each kind of service can do. */
export const ISSUERS: Readonly<Record<IssuerName, Issuer>> = {
  jfrog,
  // Its tokens are JFrog's, but made and ended on its web page alone (services.md §4).
  "jfrog-connect": { describes: false },
  // Validation alone; a person's tokens are ended on its web page (services.md §3).
  nordic: { describes: true, inspect: (service, token, http) => jfrog.inspect(service, token, http) },
  "npm-registry": npmRegistry,
  nuxeo,
  "nuxeo-packages": { describes: false },
  none: { describes: false },
};
