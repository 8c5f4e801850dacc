/** Where services make, list or show tokens and users. Pure. */
import { ISSUERS } from "./issuers.ts";

/** Those of services that no issuer here speaks to. Sources: the REST APIs of GitLab, Bitbucket and Azure DevOps. */
const OF_OTHERS: readonly string[] = [
  // GitLab
  "api/v4/personal_access_tokens",
  "api/v4/*/*/access_tokens",
  "api/v4/users/*/personal_access_tokens",
  "api/v4/*/*/deploy_tokens",
  "api/v4/deploy_tokens",
  "impersonation_tokens",
  "api/v4/user/keys",
  "oauth/token",
  "jwt/auth",
  "api/v4/user/runners",
  "api/v4/runners",
  // Bitbucket
  "rest/access-tokens",
  "site/oauth2",
  // Azure DevOps
  "_apis/tokens",
  "_apis/token",
  "_apis/tokenadmin",
  "_apis/accesstokens",
];

/**
 * Segments that follow each other anywhere in a path, in lower case; `*` is any one but `-`. Services may be below any path, and a
 * project may call any of them a registry.
 */
export const TOKEN_ENDPOINTS: readonly string[] = [...ISSUERS.flatMap(({ tokenEndpoints = [] }) => tokenEndpoints), ...OF_OTHERS];

/** Where no service of these kinds has a registry of npm, whatever a project says; `!npm` is any segment but that. */
export const NO_REGISTRY: readonly string[] = ISSUERS.flatMap(({ noRegistry = [] }) => noRegistry);

/**
 * What a segment is called where tokens are made, at services that nobody knows. For scripts, which may call anything; a tool
 * with a protocol of its own has packages by such names.
 */
export const TOKEN_WORDS =
  /^([a-z0-9]+[-_])*(tokens?|api[-_]?keys?|credentials?|authenticate|authentication|authorizations?|login|logon|signin|oauth2?|oidc|jwt)$/;
