/** By which proxy a place is reached. */
import { describe, expect, it } from "vitest";
import { proxyFor, type Proxies } from "../../src/platform/network/proxies.ts";

describe("the proxy", () => {
  it.each<[string, Proxies, string | undefined]>([
    ["https://a.example", { httpsProxy: "http://p:3128" }, "p:3128"],
    ["https://a.example", { httpProxy: "http://p:3128" }, "p:3128"],
    ["http://a.example", { httpsProxy: "http://p:3128" }, undefined],
    ["https://a.example", { httpsProxy: "http://u:p@p:3128", noProxy: "b.example, .c.example" }, "p:3128"],
    ["https://a.example", { httpsProxy: "http://p:3128", noProxy: "example" }, undefined],
    ["https://a.example", { httpsProxy: "http://p:3128", noProxy: "*" }, undefined],
    ["https://a.example:8443", { httpsProxy: "http://p:3128", noProxy: "a.example:443" }, "p:3128"],
    ["http://nexus.example:8081", { httpProxy: "http://p:3128", noProxy: "*nexus.example" }, undefined],
    ["http://nexus.example:8081", { httpProxy: "http://p:3128", noProxy: "x,*" }, undefined],
    ["http://nexus.example:8081", { httpProxy: "http://p:3128", noProxy: "*.example:8081" }, undefined],
    ["https://a.example", { httpsProxy: "p:3128" }, "p:3128"],
    ["https://a.example", { httpsProxy: "proxy.corp:3128" }, "proxy.corp:3128"],
    ["https://a.example", { httpsProxy: "10.0.0.1:3128" }, "10.0.0.1:3128"],
    ["https://a.example", { httpsProxy: "socks5://p:1080" }, "p:1080"],
    ["https://a.example", { httpsProxy: "", httpProxy: "" }, undefined],
    ["https://A.Example", { httpsProxy: "http://p:3128", noProxy: "a.EXAMPLE" }, undefined],
    ["https://a.example", { httpsProxy: "http://p:3128", noProxy: "a.example." }, undefined],
    ["https://[::1]:8443", { httpsProxy: "http://p:3128", noProxy: "::1" }, undefined],
    ["https://[fd00::5]", { httpsProxy: "http://p:3128", noProxy: "[fd00::5]:443" }, undefined],
    ["https://[fd00::5]", { httpsProxy: "http://p:3128", noProxy: "fd00::6" }, "p:3128"],
  ])("of %s with %j is %s", (url, proxies, expected) => expect(proxyFor(new URL(url), proxies)?.host).toBe(expected));

  it.each(["ftp://p:21", "http://", "://", "http://a b"])("is not taken for none if it is no URL of one: %s", (httpsProxy) => {
    expect(() => proxyFor(new URL("https://a.example"), { httpsProxy })).toThrow("what is set as the proxy is not the URL of one");
  });
});
