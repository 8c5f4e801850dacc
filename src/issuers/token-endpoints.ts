/** Where services make, list or show tokens and users, by kind of service. Pure. */

/**
 * Segments that follow each other anywhere in a path, in lower case; `*` is any one but `-`. Services may be below any path, and a
 * project may call any of them a registry.
 *
 * Sources: the registry API of npm (docs of libnpmaccess, npm-profile); the REST API of Artifactory ("npm registry", "Security",
 * "Access tokens") and what its registries of Docker, Conan and gems have for log-in; Nexus ("User token REST API", and what its
 * page calls); Nuxeo ("token authentication", "OAuth 2"); the REST APIs of GitHub, GitLab, Gitea, Bitbucket and Azure DevOps.
 */
export const TOKEN_ENDPOINTS: Readonly<Record<string, readonly string[]>> = {
  "npm-registry": ["-/npm/v1/tokens", "-/npm/v1/user", "-/npm/v1/oidc", "-/npm/v1/hooks", "-/user", "-/org", "-/team", "-/v1/login", "-/v1/done", "-/verdaccio"],
  // `api/npm/REPOSITORY/auth` without what follows is the package of this name.
  jfrog: [
    "api/npm/auth", "api/npm/*/auth/*", "api/security", "access/api", "api/v1/tokens", "api/system/security", "api/system/configuration", "api/oauth2", "ui/api", "artifactory/ui",
    "v2/token", "users/authenticate", "users/check_credentials", "api/v1/api_key", "v1/auth/token",
  ],
  nexus: ["service/rest/*/security", "service/rest/internal", "service/rest/wonderland", "service/extdirect", "service/rapture", "service/siesta", "service/local/authentication", "service/local/users"],
  nuxeo: ["authentication/token", "nuxeo/api/v1/token", "api/v1/token", "oauth2/token", "oauth2/authorize", "oauth2/provider", "oauth2/client", "site/connect/tokens"],
  github: [
    "app/installations/*/access_tokens", "app-manifests", "applications/*/token", "login/oauth", "login/device", "runners/registration-token", "runners/remove-token",
    "runners/generate-jitconfig", "user/keys", "repos/*/*/keys", "personal-access-tokens",
  ],
  gitlab: ["api/v4/personal_access_tokens", "api/v4/*/*/access_tokens", "api/v4/users/*/personal_access_tokens", "api/v4/*/*/deploy_tokens", "api/v4/deploy_tokens", "impersonation_tokens", "api/v4/user/keys", "oauth/token", "jwt/auth", "api/v4/user/runners", "api/v4/runners"],
  gitea: ["api/v1/users/*/tokens", "api/v1/user/applications", "login/oauth", "registration-token"],
  bitbucket: ["rest/access-tokens", "site/oauth2"],
  azure: ["_apis/tokens", "_apis/token", "_apis/tokenadmin", "_apis/accesstokens"],
};

/** Where no service of these kinds has a registry of npm, whatever a project says; `!npm` is any segment but that. */
export const NO_REGISTRY: readonly string[] = ["artifactory/api/!npm", "service/rest", "service/local", "nuxeo/api", "nuxeo/site", "nuxeo/authentication", "nuxeo/oauth2"];

/**
 * What a segment is called where tokens are made, at services that nobody knows. For scripts, which may call anything; a tool
 * with a protocol of its own has packages by such names.
 */
export const TOKEN_WORDS = /^([a-z0-9]+[-_])*(tokens?|api[-_]?keys?|credentials?|authenticate|authentication|authorizations?|login|logon|signin|oauth2?|oidc|jwt)$/;
