import { describe, expect, it } from "vitest";
import { parseTarget } from "../../src/core/target.ts";
import { imageAddress, imageAtGateway, isLook } from "../../src/gateway/requests/image-address.ts";
import { readPath } from "../../src/gateway/requests/request-head.ts";
import { redirected } from "../../src/gateway/answers/redirected.ts";

const route = (url: string) => ({ target: parseTarget(url), isAuthorized: true, publishes: true });
const ROUTES = [route("https://r.example"), route("https://r.example/team"), route("http://localhost:5000")];

function asked(url: string) {
  const read = readPath(url);
  if ("why" in read) throw new Error(read.why);
  const found = imageAddress(read, ROUTES);
  return found && { to: `${found.url.origin}${found.url.path}${found.url.query}`, place: found.route.target.path.join("/"), repository: found.url.repository.join("/") };
}

describe("images at the gateway", () => {
  it.each([
    ["/v2/r.example/app/manifests/1", "https://r.example/v2/app/manifests/1", "", "app"],
    ["/v2/r.example/team/tags/blobs/uploads/", "https://r.example/v2/team/tags/blobs/uploads/", "team", "team/tags"],
    ["/v2/localhost__5000/a/b/blobs/sha256:ab?x=1", "http://localhost:5000/v2/a/b/blobs/sha256:ab?x=1", "", "a/b"],
    ["/v2/r.example/a/blobs/uploads/?mount=sha256:ab&from=r.example%2Fb", "https://r.example/v2/a/blobs/uploads/?mount=sha256%3Aab&from=b", "", "a"],
    ["/v2/r.example/a/blobs/uploads/?mount=sha256:ab&from=other.example%2Fb", "https://r.example/v2/a/blobs/uploads/", "", "a"],
  ])("%s is %s", (url, to, place, repository) => {
    expect(asked(url)).toEqual({ to, place, repository });
  });

  it.each(["/v2/other.example/app/manifests/1", "/v2/r.example__443/a/manifests/1", "/v1/r.example/a", "/v2/", "/https/r.example/v2/app/manifests/1"])("%s leads nowhere", (url) => {
    expect(asked(url)).toBeUndefined();
  });

  it("tells a look at the registry", () => {
    expect(["/v2/", "/v2", "/v2/r.example/", "/"].map((path) => isLook({ path }))).toEqual([true, true, false, false]);
  });

  it.each([
    ["https://r.example/v2/app/blobs/uploads/1?_state=x", "/v2/r.example/app/blobs/uploads/1?_state=x"],
    ["http://localhost:5000/v2/a/blobs/uploads/1", "/v2/localhost__5000/a/blobs/uploads/1"],
    ["https://storage.example/v2/app/blobs/1", undefined],
    ["https://r.example/artifactory/api/security/token", undefined],
    ["https://r.example/v2/", undefined],
  ])("where an upload goes on: %s", (location, path) => {
    expect(imageAtGateway(new URL(location), ROUTES)).toBe(path);
  });

  it("leads the next part of a list through the gateway, and nothing else that a header names", () => {
    const lead = (url: URL): string | undefined => (url.origin === "https://r.example" ? `http://gateway${imageAtGateway(url, ROUTES) ?? ""}` : undefined);
    const headers = { link: '</v2/app/tags/list?last=1&n=2>; rel="next", <https://other.example/x>; rel="help"', etag: "1" };
    expect(redirected(headers, "https://r.example/v2/app/tags/list", { lead, redirect: lead })).toEqual({
      link: '<http://gateway/v2/r.example/app/tags/list?last=1&n=2>; rel="next", <https://other.example/x>; rel="help"',
      etag: "1",
    });
  });
});
