/** Where services make, list or show tokens and users. Pure. */
import { ISSUERS } from "./issuers.ts";

/** Those of Azure DevOps, which no issuer here speaks to. Source: its REST API. */
const OF_OTHERS: readonly string[] = ["_apis/tokens", "_apis/token", "_apis/tokenadmin", "_apis/accesstokens"];

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
