/** The issuers: each is a file here, and a line below. */
import type { Issuer } from "./issuer.ts";
import { bitbucket } from "./services/bitbucket.ts";
import { gitea } from "./services/gitea.ts";
import { github } from "./services/github/github.ts";
import { gitlab } from "./services/gitlab/gitlab.ts";
import { jfrogConnect } from "./services/jfrog-connect.ts";
import { jfrog } from "./services/jfrog/jfrog.ts";
import { nordic } from "./services/nordic.ts";
import { npmRegistry } from "./services/npm-registry.ts";
import { nuxeoPackages } from "./services/nuxeo-packages.ts";
import { oauth } from "./services/oauth.ts";
import { nuxeo } from "./services/nuxeo.ts";

export const ISSUERS: readonly Issuer[] = [
  nuxeo,
  nuxeoPackages,
  jfrogConnect,
  nordic,
  jfrog,
  npmRegistry,
  gitea,
  github,
  gitlab,
  bitbucket,
  oauth,
];
