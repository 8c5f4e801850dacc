/** Where a request goes, and whether with a token: all forms in which clients of npm registries and scripts ask. */
import { describe, expect, it } from "vitest";
import type { Permit, Route } from "../../src/core/gateway/permit.ts";
import { Secret } from "../../src/core/secret.ts";
import { formatTarget, parseTarget } from "../../src/core/target.ts";
import { isRefusal } from "../../src/gateway/answers/refusal.ts";
import { readHead } from "../../src/gateway/requests/request-head.ts";
import { redirectTo } from "../../src/gateway/answers/leading.ts";
import { passageOf } from "../../src/gateway/requests/routing.ts";
import { requestsOf } from "../../src/gateway/requests/tool-requests.ts";
import { TOOL_NAMES } from "../../src/protocols/tool-facts.ts";

type Described = Omit<Partial<Route>, "target"> & { readonly to: string };

const permit = (addressing: Permit["addressing"], routes: readonly Described[], publishes = false): Permit => ({
  addressing, publishes,
  holder: "command",
  routes: routes.map(({ to, ...route }) => ({ isAuthorized: false, publishes: false, ...route, target: parseTarget(to) })),
  upstream: { caFiles: [] },
});
const SERVICES: Readonly<Record<string, string>> = { nuxeo: "https://connect.nuxeo.com/nuxeo", jf: "https://acme.jfrog.io" };

const REQUESTS = new Map(await Promise.all(TOOL_NAMES.map(async (tool): Promise<[string, Awaited<ReturnType<typeof requestsOf>>]> => [tool, await requestsOf(tool)])));

/** `URL [of PLACE]`, or the status and why not. */
function outcome(of: Permit, request: string, tool = "npm"): string {
  const [method = "", url = ""] = request.includes(" ") ? request.split(" ") : ["GET", request];
  const head = readHead({ method, url, rawHeaders: ["Host", "127.0.0.1:7777"] }, 7777);
  if (isRefusal(head)) return `${head.status} ${head.why}`;
  const passage = passageOf(head, { tool, permit: of, requests: REQUESTS.get(tool) }, (name) => SERVICES[name]);
  if (isRefusal(passage)) return `${passage.status} ${passage.why}`;
  return `${passage.origin}${passage.path}${passage.place === undefined ? "" : ` of ${formatTarget(passage.place)}`}`;
}

const NOT_GRANTED = "403 the phantom is not for this address";
const CLOSED = "403 blocked: this endpoint manages tokens or users";

describe("a phantom in the path", () => {
  const PHANTOM = `tkphantom_${"a".repeat(43)}`;
  const read = (url: string): ReturnType<typeof readHead> => readHead({ method: "GET", url, rawHeaders: ["Host", "127.0.0.1:7777"] }, 7777);

  it("is cut off, and is what the request is made with", () => {
    expect(read(`/${PHANTOM}/https/go.example/a/@v/list?x=1`)).toMatchObject({ path: "/https/go.example/a/@v/list", query: "?x=1", phantom: new Secret(PHANTOM) });
  });

  it.each([PHANTOM.replace("k", "%6b"), PHANTOM.replace("_", "%5F")])("is none if it is written in another way: %s", (written) => {
    expect(read(`/${written}/https/go.example/a/@v/list`)).toMatchObject({ path: `/${written}/https/go.example/a/@v/list`, phantom: undefined });
  });
});

describe("npm: all registries at one root", () => {
  const npm = permit("npm", [
    { to: "https://registry.npmjs.org", scopes: [""] },
    { to: "https://npm.acme.com", scopes: ["@acme"], isAuthorized: true },
    { to: "https://acme.jfrog.io/artifactory/api/npm/libs", scopes: ["@jf"], isAuthorized: true, publishes: true },
    { to: "https://nexus.acme.com/repository/x y", scopes: ["@nx", "@ny"], isAuthorized: true },
    { to: "https://npm.pkg.github.com", scopes: ["@gh"], isAuthorized: true },
    { to: "https://pub.acme.com/npm", scopes: [], isAuthorized: true, publishes: true },
    { to: "https://cdn.example", tarballs: ["/a/-/a-1.tgz", "/@acme/old/-/old-1.tgz"] },
    { to: "https://mirror.acme.com/npm", isAuthorized: true, tarballs: ["/npm/@acme/in/-/in-1.tgz", "/other/@acme/out/-/out-1.tgz"] },
  ]);
  const JF = "https://acme.jfrog.io/artifactory/api/npm/libs";

  it.each([
    // Metadata.
    ["/plain", "https://registry.npmjs.org/plain"],
    ["/plain?write=true", "https://registry.npmjs.org/plain?write=true"],
    ["/@acme%2fthing", "https://npm.acme.com/@acme%2fthing of https://npm.acme.com"],
    ["/@acme%2Fthing", "https://npm.acme.com/@acme%2Fthing of https://npm.acme.com"],
    ["/@acme/thing", "https://npm.acme.com/@acme/thing of https://npm.acme.com"],
    ["/%40acme%2fthing", "https://npm.acme.com/%40acme%2fthing of https://npm.acme.com"],
    ["/@other%2fthing", "https://registry.npmjs.org/@other%2fthing"],
    ["/@acmes%2fthing", "https://registry.npmjs.org/@acmes%2fthing"],
    ["/@jf%2fthing", `${JF}/@jf%2fthing of ${JF}`],
    ["/@ny%2fthing", "https://nexus.acme.com/repository/x%20y/@ny%2fthing of https://nexus.acme.com/repository/x%20y"],
    // A lock file may name what is past the place of the token.
    ["/npm/@acme/in/-/in-1.tgz", "https://mirror.acme.com/npm/@acme/in/-/in-1.tgz of https://mirror.acme.com/npm"],
    ["/other/@acme/out/-/out-1.tgz", "https://mirror.acme.com/other/@acme/out/-/out-1.tgz"],
    // Archives, by the path that they have at their registry.
    ["/plain/-/plain-1.tgz", "https://registry.npmjs.org/plain/-/plain-1.tgz"],
    ["/@acme/thing/-/thing-1.tgz", "https://npm.acme.com/@acme/thing/-/thing-1.tgz of https://npm.acme.com"],
    ["/artifactory/api/npm/libs/@jf/thing/-/@jf/thing-1.tgz", `${JF}/@jf/thing/-/@jf/thing-1.tgz of ${JF}`],
    ["/repository/x%20y/@nx/thing/-/thing-1.tgz", "https://nexus.acme.com/repository/x%20y/@nx/thing/-/thing-1.tgz of https://nexus.acme.com/repository/x%20y"],
    ["/download/@gh/thing/1.0.0/0a1b2c", "https://npm.pkg.github.com/download/@gh/thing/1.0.0/0a1b2c of https://npm.pkg.github.com"],
    ["/a/-/a-1.tgz", "https://cdn.example/a/-/a-1.tgz"],
    ["/@acme/old/-/old-1.tgz", "https://cdn.example/@acme/old/-/old-1.tgz"],
    // Packages that are named like the path of a registry.
    ["/npm", "https://registry.npmjs.org/npm"],
    ["/npm/-/npm-1.tgz", "https://registry.npmjs.org/npm/-/npm-1.tgz"],
    ["/https", "https://registry.npmjs.org/https"],
    ["/https/-/https-1.tgz", "https://registry.npmjs.org/https/-/https-1.tgz"],
    // What is not of one package is for the registry of those without a scope; of one, for its own.
    ["/-/whoami", "https://registry.npmjs.org/-/whoami"],
    ["/-/ping", "https://registry.npmjs.org/-/ping"],
    ["/-/v1/search?text=@acme/x", "https://registry.npmjs.org/-/v1/search?text=@acme/x"],
    ["POST /-/npm/v1/security/advisories/bulk", "https://registry.npmjs.org/-/npm/v1/security/advisories/bulk"],
    ["/-/package/@acme%2fthing/dist-tags", "https://npm.acme.com/-/package/@acme%2fthing/dist-tags of https://npm.acme.com"],
    ["/-/package/@jf%2fthing/dist-tags", `${JF}/-/package/@jf%2fthing/dist-tags of ${JF}`],
    // What is published where publishConfig says.
    ["PUT /https/pub.acme.com/npm/@acme%2fthing", "https://pub.acme.com/npm/@acme%2fthing of https://pub.acme.com/npm"],
    ["PUT /@jf%2fthing", `${JF}/@jf%2fthing of ${JF}`],
    ["DELETE /@jf%2fthing/-rev/1", `${JF}/@jf%2fthing/-rev/1 of ${JF}`],
  ])("%s is %s", (request, expected) => expect(outcome(npm, request)).toBe(expected));

  it.each([
    ["PUT /@acme%2fthing", "403 this phantom does not permit PUT"],
    ["PUT /plain", "403 there is no npm token for https://registry.npmjs.org, where this goes"],
    ["POST /plain", "403 this phantom does not permit POST"],
    ["/https/pub.acme.com/other", NOT_GRANTED],
    ["/https/evil.example/npm/x", NOT_GRANTED],
    ["/other/@jf/thing/-/thing-1.tgz", NOT_GRANTED],
    ["/-/npm/v1/tokens", CLOSED],
    ["POST /-/npm/v1/tokens", CLOSED],
    ["/-/npm/v1/user", CLOSED],
    ["PUT /-/user/org.couchdb.user:alice", CLOSED],
    ["/-/user/token/abc", CLOSED],
    ["/artifactory/api/npm/libs/auth/jf", CLOSED],
    ["/https/pub.acme.com/npm/-/npm/v1/tokens", CLOSED],
    ["/@acme%2f..%2f-", "400 the path is not one that the gateway passes on"],
    ["/@acme/../-/npm/v1/tokens", "400 the path is not one that the gateway passes on"],
    ["/-/npm/%2e%2e/npm/v1/tokens", "400 the path is not one that the gateway passes on"],
  ])("%s: %s", (request, expected) => expect(outcome(npm, request)).toBe(expected));

  it("tells two hosts with one path apart by the scope", () => {
    const same = permit("npm", [{ to: "https://a/npm", scopes: [""] }, { to: "https://b/npm", scopes: ["@b"] }, { to: "https://c/npm/npm", scopes: ["@c"] }]);
    expect(["/npm/x/-/x-1.tgz", "/npm/@b/x/-/x-1.tgz", "/npm/npm/@c/x/-/x-1.tgz", "/npm/npm/-/npm-1.tgz", "/x", "/@b%2fx"].map((path) => outcome(same, path))).toEqual([
      "https://a/npm/x/-/x-1.tgz", "https://b/npm/@b/x/-/x-1.tgz", "https://c/npm/npm/@c/x/-/x-1.tgz", "https://a/npm/npm/-/npm-1.tgz", "https://a/npm/x", "https://b/npm/@b%2fx",
    ]);
  });

  it("has nothing where no registry is for the rest", () => {
    expect(outcome(permit("npm", [{ to: "https://b", scopes: ["@b"] }]), "/plain")).toBe(NOT_GRANTED);
  });

  it("leads a redirect through the gateway where it stays at its registry, and to no other one with its token", () => {
    const redirected = (url: string) => redirectTo(new URL(url), { permit: npm, gateway: "http://127.0.0.1:7777", besidePlace: false, place: undefined, from: "https://npm.acme.com" });
    expect(redirected("https://npm.acme.com/@acme/thing/-/thing-1.tgz?x=1")).toBe("http://127.0.0.1:7777/@acme/thing/-/thing-1.tgz?x=1");
    for (const elsewhere of ["https://storage.example/thing.tgz?signature=1", "https://npm.pkg.github.com/@gh/thing"]) expect(redirected(elsewhere)).toBe(elsewhere);
    for (const ours of ["http://127.0.0.1:7777/@gh%2fthing", "http://toolkey@127.0.0.1:7777/x", "http://0x7f.1:7777/https/npm.pkg.github.com/x"]) expect(redirected(ours)).toBeUndefined();
  });
});

describe("url: by the whole URL", () => {
  const pnpm = permit("url", [
    { to: "https://npm.acme.com/libs", isAuthorized: true, publishes: true },
    { to: "https://npm.acme.com:8443/libs/inner", isAuthorized: true },
    { to: "https://npm.acme.com/libs/open" },
  ]);

  it.each([
    ["/https/npm.acme.com/libs/@acme%2fthing", "https://npm.acme.com/libs/@acme%2fthing of https://npm.acme.com/libs"],
    ["/https/NPM.acme.com/libs/x", "https://npm.acme.com/libs/x of https://npm.acme.com/libs"],
    ["PUT /https/npm.acme.com/libs/@acme%2fthing", "https://npm.acme.com/libs/@acme%2fthing of https://npm.acme.com/libs"],
    ["/https/npm.acme.com/libs/open/x", "https://npm.acme.com/libs/open/x"],
    ["/https/npm.acme.com:8443/libs/inner/x", "https://npm.acme.com:8443/libs/inner/x of https://npm.acme.com:8443/libs/inner"],
    ["/https/npm.acme.com/libsy/x", NOT_GRANTED],
    ["/https/npm.acme.com/x", NOT_GRANTED],
    ["/http/npm.acme.com/libs/x", NOT_GRANTED],
    ["/https/npm.acme.com:8443/libs/x", NOT_GRANTED],
    ["/https/u@npm.acme.com/libs/x", NOT_GRANTED],
    ["/libs/x", NOT_GRANTED],
    ["/https/npm.acme.com/libs/-/npm/v1/tokens", CLOSED],
    ["PUT /https/npm.acme.com:8443/libs/inner/x", "403 this phantom does not permit PUT"],
  ])("%s is %s", (request, expected) => expect(outcome(pnpm, request, "pnpm")).toBe(expected));
});

describe("service: below the URL of a service, or any other", () => {
  const reading = permit("service", []);
  const changing = permit("service", [], true);

  it.each([
    ["/jf/artifactory/api/repositories?type=local", "https://acme.jfrog.io/artifactory/api/repositories?type=local of https://acme.jfrog.io/artifactory/api/repositories"],
    ["/jf", "https://acme.jfrog.io/ of https://acme.jfrog.io"],
    ["/nuxeo/nuxeo/api/v1/path/x", "https://connect.nuxeo.com/nuxeo/api/v1/path/x of https://connect.nuxeo.com/nuxeo/api/v1/path/x"],
    ["/https/api.example:8443/v2/x/", "https://api.example:8443/v2/x/ of https://api.example:8443/v2/x"],
    ["/unknown/x", "403 no service has this name"],
    ["POST /jf/artifactory/api/search/aql", "403 this phantom does not permit POST"],
    ["/jf/access/api/v1/tokens", CLOSED],
  ])("%s is %s", (request, expected) => expect(outcome(reading, request, "http")).toBe(expected));

  it("leads redirects through the gateway where they stay at the host, and to no other with another token", () => {
    const redirected = (to: string): string | undefined => redirectTo(new URL(to), { permit: reading, gateway: "http://127.0.0.1:7777", besidePlace: false, place: undefined, from: "https://api.example" });
    expect(redirected("https://api.example/next?page=2")).toBe("http://127.0.0.1:7777/https/api.example/next?page=2");
    for (const elsewhere of ["https://s3.example/signed?x=1", "http://api.example/next"]) expect(redirected(elsewhere)).toBe(elsewhere);
    expect(redirected("http://127.0.0.1:7777/https/s3.example/x")).toBeUndefined();
  });

  it("changes what may be changed", () => {
    expect(outcome(changing, "DELETE /jf/artifactory/x", "http")).toBe("https://acme.jfrog.io/artifactory/x of https://acme.jfrog.io/artifactory/x");
    expect(outcome(changing, "POST /jf/access/api/v1/tokens", "http")).toBe(CLOSED);
  });
});
