/** URLs in answers that lead through the gateway, for a tool whose places say where else at their host it is to ask. */
import { describe, expect, it } from "vitest";
import { parseTarget } from "../../src/core/target.ts";
import { ADDRESSINGS } from "../../src/gateway/requests/addressing.ts";
import { rewriting } from "../../src/gateway/answers/rewriting.ts";
import { leadCrates } from "../../src/protocols/cargo/index-config.ts";

const GATEWAY = "http://127.0.0.1:7777";
const PLACES = ["https://r.example/acme/index", "https://r.example/other/index", "https://evil.example/index"];
const [ACME = "", OTHER = ""] = PLACES;

describe("where the index of a registry says that crates are", () => {
  const upstream = { httpProxy: undefined, httpsProxy: undefined, noProxy: undefined, caFiles: [] };
  const routes = PLACES.map((target) => ({ target: parseTarget(target), isAuthorized: true, publishes: false }));
  const permit = { addressing: "url", holder: "command", publishes: false, routes, upstream } as never;
  const ledTo = (dl: string, contentType = "application/json", index = ACME): unknown => {
    const place = parseTarget(index);
    const passage = {
      origin: "https://r.example", path: `${new URL(index).pathname}/config.json`, place, username: undefined, changes: false,
      rewritten: leadCrates, besidePlace: true, publishes: false, upstream: undefined,
    };
    const found = rewriting(passage, undefined, { permit, gateway: GATEWAY, besidePlace: true, place });
    expect(found?.contentType.test(contentType)).toBe(true);
    return (JSON.parse(found?.change(JSON.stringify({ dl }), contentType) ?? "{}") as Record<string, unknown>)["dl"];
  };

  it("leads through the gateway to what has the registry's own token, by whatever its host calls the file", () => {
    for (const type of ["application/json", "text/plain", "undefined"])
      expect(ledTo("https://r.example/acme/api/v1/crates", type)).toBe(`${GATEWAY}/https/r.example/acme/api/v1/crates`);
  });

  it.each(["https://r.example/other/api/v1/crates", "https://evil.example/index/x", "https://evil.example/x", "https://cdn.example/x", "https://r.example/../../https/evil.example/x"])("but not to %s", (dl) => {
    expect(ledTo(dl)).toBe(dl);
  });

  it("which is named where another one is as near", () => {
    const crates = "https://r.example/files/x";
    const choose = (led: unknown) => {
      const path = String(led).slice(GATEWAY.length);
      const demand = { method: "GET", path, segments: path.slice(1).split("/"), query: "", phantom: undefined };
      return ADDRESSINGS.url(demand, permit, () => undefined, true);
    };
    expect(ledTo(crates)).toBe(`${GATEWAY}/https/r.example/files/x`);
    expect(ledTo(crates, "text/plain", OTHER)).toBe(`${GATEWAY}/at:1/https/r.example/files/x`);
    for (const index of [ACME, OTHER]) expect(choose(ledTo(crates, "text/plain", index))).toMatchObject({ route: { target: parseTarget(index) }, url: { origin: "https://r.example", path: "/files/x" } });
    // Nor can who asks choose one that is not as near, is elsewhere, or is not there.
    for (const path of ["/at:0/https/r.example/other/files/x", "/at:0/https/r.example/other/index/x", "/at:0/https/evil.example/x", "/at:2/https/r.example/files/x", "/at:9/https/r.example/files/x", "/at:/https/r.example/files/x", "/at:01x/https/r.example/files/x"])
      expect(choose(`${GATEWAY}${path}`), path).toBeUndefined();
  });

  it("nor to the gateway as it is", () => {
    expect(ledTo(`${GATEWAY}/https/evil.example/index`)).toBeUndefined();
  });
});
