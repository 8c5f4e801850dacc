/** The issuers: each is a file here, and a line below. */
import type { Issuer } from "./issuer.ts";
import { gitea } from "./gitea.ts";
import { jfrogConnect } from "./jfrog-connect.ts";
import { jfrog } from "./jfrog.ts";
import { nordic } from "./nordic.ts";
import { npmRegistry } from "./npm-registry.ts";
import { nuxeoPackages } from "./nuxeo-packages.ts";
import { nuxeo } from "./nuxeo.ts";

export const ISSUERS: readonly Issuer[] = [
  nuxeo,
  nuxeoPackages,
  jfrogConnect,
  nordic,
  jfrog,
  npmRegistry,
  gitea,
];
