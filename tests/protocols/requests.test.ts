/** What each tool asks for at a registry or repository, and what it never does. */
import { describe, expect, it } from "vitest";
import { mavenEffect } from "../../src/protocols/maven/requests.ts";
import { registryEffect } from "../../src/protocols/npm/requests.ts";

/** `METHOD /path`, by segments decoded as the gateway has them. */
function effect(of: typeof mavenEffect, request: string): string | undefined {
  const [method = "", path = ""] = request.split(" ");
  return of(method, path.slice(1).split("/").map(decodeURIComponent));
}

describe("Maven", () => {
  it.each([
    "GET /org/acme/thing/1.0/thing-1.0.pom", "HEAD /org/acme/thing/1.0/thing-1.0.jar", "GET /acme/thing/1.0/thing-1.0-sources.jar", "GET /acme/thing/1.0/thing-1.0.jar.sha1", "GET /acme/thing/1.0/thing-1.0.pom.asc.sha512",
    "GET /acme/thing/1.0-SNAPSHOT/maven-metadata.xml", "GET /acme/thing/1.0-SNAPSHOT/thing-1.0-20261128.101500-1.jar", "GET /acme/thing/1.0-SNAPSHOT/thing-1.0-SNAPSHOT.jar", "GET /acme/thing/maven-metadata.xml", "GET /org/apache/maven/plugins/maven-metadata.xml.sha1",
    "GET /archetype-catalog.xml", "GET /.meta/prefixes.txt", "GET /.index/nexus-maven-repository-index.gz", "GET /com/acme/auth/token/1.0/token-1.0.jar", "GET /acme/thing/1/thing-1.tar.gz", "GET /a/b.c_d/1+2/b.c_d-1+2.jar",
  ])("reads %s", (request) => expect(effect(mavenEffect, request)).toBe("reads"));

  it.each(["PUT /acme/thing/1.0/thing-1.0.jar", "PUT /acme/thing/maven-metadata.xml.md5"])("changes by %s", (request) => expect(effect(mavenEffect, request)).toBe("changes"));

  it.each([
    "GET /", "GET /libs", "GET /acme/thing/1.0/", "GET /acme/thing/1.0/other-1.0.jar", "GET /acme/thing/1.0/thing-2.0.jar", "GET /thing/1.0/thing-1.0.jar", "GET /acme/thing/1.0/thing-1.0", "GET /acme/thing/1.0/thing-1.0.jar;x=1",
    "GET /api/docker/r/v2/token", "GET /api/security/apiKey", "GET /api/gems/r/api/v1/api_key.yaml", "GET /api/conan/r/v1/users/authenticate", "GET /authentication/token", "GET /oauth2/provider/x/token", "GET /-/npm/v1/tokens", "GET /v2/token",
    "POST /acme/thing/1.0/thing-1.0.jar", "DELETE /acme/thing/1.0/thing-1.0.jar", "PATCH /acme/thing/1.0/thing-1.0.jar", "PUT /api/security/apiKey", "GET /maven-metadata.txt",
  ])("never asks %s", (request) => expect(effect(mavenEffect, request)).toBeUndefined());
});

describe("npm, pnpm and Yarn", () => {
  it.each([
    "GET /thing", "GET /@acme%2fthing", "GET /@acme/thing", "HEAD /thing", "GET /thing/1.2.3", "GET /@acme%2fthing/1.2.3-rc.1+b", "GET /pnpm/latest", "GET /JSONStream", "GET /thing/-/thing-1.0.0.tgz", "GET /@acme/thing/-/thing-1.0.0.tgz", "GET /@acme/thing/-/@acme/thing-1.0.0.tgz",
    "GET /download/@gh/thing/1.0.0/0a1b2c", "GET /-/ping", "GET /-/whoami", "GET /-/v1/search", "GET /-/npm/v1/keys", "GET /-/npm/v1/attestations/@acme%2fthing@1.0.0", "GET /-/package/thing/dist-tags", "GET /-/package/@acme%2fthing/collaborators",
    "POST /-/npm/v1/security/advisories/bulk", "POST /-/npm/v1/security/audits/quick", "GET /token", "GET /auth/-/auth-1.0.0.tgz",
  ])("read %s", (request) => expect(effect(registryEffect, request)).toBe("reads"));

  it.each([
    "PUT /thing", "PUT /@acme%2fthing", "PUT /thing/-rev/7-a", "DELETE /@acme%2fthing/-rev/7-a", "DELETE /thing/-/thing-1.0.0.tgz/-rev/7", "DELETE /@acme%2fthing/-/thing-1.0.0.tgz/-rev/7", "DELETE /@acme/thing/-/@acme/thing-1.0.0.tgz/-rev/7", "PUT /-/package/thing/dist-tags/next", "DELETE /-/package/@acme%2fthing/dist-tags/next",
  ])("change by %s", (request) => expect(effect(registryEffect, request)).toBe("changes"));

  it.each([
    "GET /", "GET /-/npm/v1/tokens", "POST /-/npm/v1/tokens", "GET /-/npm/v1/tokens/x.tgz", "GET /-/npm/v1/user", "PUT /-/user/org.couchdb.user:x", "POST /-/v1/login", "GET /-/org/acme/user", "GET /-/all/x", "GET /-/whoami/x", "GET /-/NPM/v1/keys",
    "GET /api/security/apiKey", "GET /api/npm/npm/auth/acme", "GET /v2/token", "GET /authentication/token", "GET /oauth2/provider/x/token", "GET /api/v1/api_key", "GET /_session", "GET /.x", "GET /thing;x", "GET /thing/1.0.0;x", "GET /thing/x", "GET /@acme",
    "POST /thing", "PATCH /thing", "DELETE /thing", "PUT /thing/1.0.0", "PUT /-/whoami", "POST /-/package/thing/access", "DELETE /thing/-/x/-rev/7", "PUT /-/package/thing/dist-tags",
  ])("never ask %s", (request) => expect(effect(registryEffect, request)).toBeUndefined());
});
