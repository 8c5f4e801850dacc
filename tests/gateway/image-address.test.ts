import { describe, expect, it } from "vitest";
import { parseTarget } from "../../src/core/target.ts";
import { imageAddress, imageAtGateway, isLook } from "../../src/gateway/requests/image-address.ts";
import { readPath } from "../../src/gateway/requests/request-head.ts";
import { redirected } from "../../src/gateway/answers/redirected.ts";

const route = (url: string) => ({ target: parseTarget(url), isAuthorized: true, publishes: true });
const ROUTES = [route("https://r.example"), route("https://r.example/team"), route("http://localhost:5000")];

function asked(url: string, method = "POST", routes = ROUTES) {
  const read = readPath(url);
  if ("why" in read) throw new Error(read.why);
  const found = imageAddress({ method, ...read }, routes);
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

  it.each([
    ["GET", "mount=sha256:ab&from=r.example%2Fteam%2Fb", ""],
    ["GET", "%66rom=r.example%2Fteam%2Fb&n=1", "?n=1"],
    ["POST", "mount=sha256:ab&%66rom=r.example%2Fother%2Fb", ""],
    ["POST", "mount=sha256:ab&from=r.example%2Fteam", ""],
    ["POST", "mount=sha256:ab&from=r.example%2Fteam%2F..%2Fb", ""],
    ["POST", "mount=sha256:ab&from=r.example%2Fteam%2Fb:push+repository:c", ""],
    ["POST", "mount=sha256:ab&from=r.example%2Fteam%2Fb&from=r.example%2Fother", ""],
    ["POST", "mount=sha256:ab&from=r.example%2Fteam%2Fb", "?mount=sha256%3Aab&from=team%2Fb"],
  ])("takes over only a layer that the token is good for, and only where one is sent: %s ?%s", (method, query, left) => {
    expect(asked(`/v2/r.example/team/a/blobs/uploads/?${query}`, method, [route("https://r.example/team")])?.to).toBe(`https://r.example/v2/team/a/blobs/uploads/${left}`);
  });

  it.each(["/v2/r.example/a,b/manifests/1", "/v2/r.example/a:pull/manifests/1", "/v2/r.example/A/manifests/1", "/v2/r.example/a%20b/manifests/1"])("%s is no name of an image", (url) => {
    expect(asked(url, "GET")).toBeUndefined();
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
    const led = (link: string) => redirected({ link, etag: "1" }, "https://r.example/v2/app/tags/list", { lead, redirect: lead });
    expect(led('</v2/app/tags/list?last=1&n=2>; rel="next", <help>; rel="help"')).toEqual({
      link: '<http://gateway/v2/r.example/app/tags/list?last=1&n=2>; rel="next", <http://gateway/v2/r.example/app/tags/help>; rel="help"',
      etag: "1",
    });
    // Of another host a client would ask the gateway for the path alone.
    expect(led('<https://other.example/v2/app/tags/list?last=1>; rel="next"')).toEqual({ etag: "1" });
    expect(led('</v2/app/tags/list?last=1>; rel="next", <//other.example/x>; rel="help"')).toEqual({ etag: "1" });
  });
});
