import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Failure } from "../../src/core/failure.ts";
import { covers, formatTarget, holdsPassword, origin, parseTarget, sameTarget, storedTarget, targetFromParts, type Target } from "../../src/core/target.ts";
import { failureOf } from "../fixtures/failures.ts";

/** Paths that some servers take for another place. */
const DOTS = [
  "..", ".", "a/../b", "a/./b", "a/..", "../a", "a/%2e%2e/b", "a/%2E%2e/b", "a/.%2e/b", "a/%2e", "a/%252e%252e/b", "a/%25252E./b",
  "a/..;/b", "a/..;x=1/b", "a/%2e%2e%3b/b", "a/..%2fb", "a%2f..%2fb", "a%252f..%252fb", "a/..\\b", "a%5c..%5cb",
] as const;

describe("what a person types becomes a target", () => {
  it.each<[text: string, target: Target, formatted: string]>([
    ["https://git.example", { scheme: "https", host: "git.example", port: 443, path: [] }, "https://git.example"],
    ["https://git.example/", { scheme: "https", host: "git.example", port: 443, path: [] }, "https://git.example"],
    ["git.example/a", { scheme: "https", host: "git.example", port: 443, path: ["a"] }, "https://git.example/a"],
    ["git.example:8443", { scheme: "https", host: "git.example", port: 8443, path: [] }, "https://git.example:8443"],
    ["localhost", { scheme: "https", host: "localhost", port: 443, path: [] }, "https://localhost"],
    ["HTTPS://Git.EXAMPLE/Path", { scheme: "https", host: "git.example", port: 443, path: ["Path"] }, "https://git.example/Path"],
    ["https://git.example:443/a", { scheme: "https", host: "git.example", port: 443, path: ["a"] }, "https://git.example/a"],
    ["http://git.example", { scheme: "http", host: "git.example", port: 80, path: [] }, "http://git.example"],
    ["http://git.example:443", { scheme: "http", host: "git.example", port: 443, path: [] }, "http://git.example:443"],
    ["https://git.example:80", { scheme: "https", host: "git.example", port: 80, path: [] }, "https://git.example:80"],
    ["smtp://mail.example", { scheme: "smtp", host: "mail.example", port: 25, path: [] }, "smtp://mail.example"],
    ["odd+scheme-1.0://h", { scheme: "odd+scheme-1.0", host: "h", port: undefined, path: [] }, "odd+scheme-1.0://h"],
    ["constructor://h", { scheme: "constructor", host: "h", port: undefined, path: [] }, "constructor://h"],
    ["https://[::1]/a", { scheme: "https", host: "[::1]", port: 443, path: ["a"] }, "https://[::1]/a"],
    ["https://[2001:DB8::1]:8443", { scheme: "https", host: "[2001:db8::1]", port: 8443, path: [] }, "https://[2001:db8::1]:8443"],
    ["https://127.0.0.1:8443", { scheme: "https", host: "127.0.0.1", port: 8443, path: [] }, "https://127.0.0.1:8443"],
    ["https://BÜCHER.example", { scheme: "https", host: "xn--bcher-kva.example", port: 443, path: [] }, "https://xn--bcher-kva.example"],
    ["https://xn--bcher-kva.example", { scheme: "https", host: "xn--bcher-kva.example", port: 443, path: [] }, "https://xn--bcher-kva.example"],
    ["https://h/a//b/", { scheme: "https", host: "h", port: 443, path: ["a", "b"] }, "https://h/a/b"],
    ["https://h/...", { scheme: "https", host: "h", port: 443, path: ["..."] }, "https://h/..."],
    ["https://h/.a/b../c.", { scheme: "https", host: "h", port: 443, path: [".a", "b..", "c."] }, "https://h/.a/b../c."],
    ["https://h/a;v=1", { scheme: "https", host: "h", port: 443, path: ["a;v=1"] }, "https://h/a%3Bv%3D1"],
    ["https://h/a%20b/%25", { scheme: "https", host: "h", port: 443, path: ["a b", "%"] }, "https://h/a%20b/%25"],
    ["https://h/a b", { scheme: "https", host: "h", port: 443, path: ["a b"] }, "https://h/a%20b"],
    ["https://h/é", { scheme: "https", host: "h", port: 443, path: ["é"] }, "https://h/%C3%A9"],
    ["cert:///home/me/client.pem", { scheme: "cert", host: "", port: undefined, path: ["home", "me", "client.pem"] }, "cert:///home/me/client.pem"],
  ])("%s", (text, target, formatted) => {
    expect(parseTarget(text)).toEqual(target);
    expect(formatTarget(parseTarget(text))).toBe(formatted);
  });
});

describe("what is no target is refused", () => {
  it.each<[what: string, text: string]>([
    ["nothing", ""],
    ["a scheme alone", "https://"],
    ["a port that is none", "https://h:99999"],
    ["port 0", "https://h:0"],
    ["a port that is no number", "https://h:abc"],
    ["two ports", "https://h:1:2"],
    ["IPv6 without brackets", "https://2001:db8::1"],
    ["a bracket left open", "https://[::1"],
    ["words in brackets", "https://[host]"],
    ["a space in the host", "https://a b"],
    ["a backslash in the host", String.raw`https://good.example\evil.example`],
    ["a percent-encoded host", "https://ex%61mple.example"],
    ["a line break in the host", "https://a\nb"],
    ["NUL in the host", "https://a\0b"],
    ["an encoded slash in the path", "https://h/a%2Fb"],
    ["a bad percent-encoding", "https://h/%zz"],
    ...DOTS.map((path): [string, string] => [`dots: ${path}`, `https://h/${path}`]),
    ["half a character in the path", "https://h/\ud800"],
    ["half a character in the host", "https://\ud800"],
    ["a host that is no IPv4 address", "https://256.1.1.1"],
    ["a query", "https://h/a?b=c"],
    ["a fragment", "https://h/a#b"],
    ["a query after the host", "https://h?b"],
  ])("%s", (_what, text) => {
    expect(failureOf(() => parseTarget(text)).code).toBe("usage");
  });

  it.each<[what: string, text: string]>([
    ["a user name and a secret", "https://alice:S3CRET@h/a"],
    ["a secret alone", "https://S3CRET@h"],
    ["them without a scheme", "alice:S3CRET@h/a"],
    ["a secret with an @", "https://alice:S3CRET@x@h/a"],
    ["a slash too few", "https:/alice:S3CRET@h/a"],
    ["a slash too many and a bad path", "https:///alice:S3CRET@h/%zz"],
    ["no slashes", "https:alice:S3CRET@h"],
    ["backslashes", String.raw`https:\\alice:S3CRET@h`],
    ["a secret with a slash", "https://alice:S3CRET/x@h/%zz"],
    ["a secret with a question mark", "https://alice:S3CRET?x@h"],
    ["a secret in a query", "https://h/a?token=S3CRET"],
    ["a secret in a fragment", "https://h/a#S3CRET"],
  ])("without its words where these hold %s", (_what, text) => {
    const { code, message, hints } = failureOf(() => parseTarget(text));
    expect(code).toBe("usage");
    expect([message, ...hints].join("\n")).not.toContain("S3CRET");
  });
});

describe("the parts that git writes become a target", () => {
  it.each<[parts: Parameters<typeof targetFromParts>[0], formatted: string]>([
    [{ scheme: "https", host: "Git.Example" }, "https://git.example"],
    [{ scheme: "HTTPS", host: "git.example:443", path: "" }, "https://git.example"],
    [{ scheme: "https", host: "[::1]:8443", path: "a/b.git" }, "https://[::1]:8443/a/b.git"],
    [{ scheme: "https", host: "h", path: "a%20b" }, "https://h/a%2520b"],
    [{ scheme: "cert", host: "", path: "/etc/client.pem" }, "cert:///etc/client.pem"],
  ])("%j", (parts, formatted) => {
    expect(formatTarget(targetFromParts(parts))).toBe(formatted);
  });

  it.each<[what: string, parts: Parameters<typeof targetFromParts>[0]]>([
    ["no host and no path", { scheme: "https", host: "" }],
    ["a scheme that is none", { scheme: "ht tp", host: "h" }],
    ["an empty scheme", { scheme: "", host: "h" }],
    ["a user in the host", { scheme: "https", host: "alice@h" }],
    ["a path in the host", { scheme: "https", host: "h/a" }],
    ["a line break in the host", { scheme: "https", host: "h\nhost=evil" }],
    ["half a character in the path", { scheme: "https", host: "h", path: "\udc00" }],
    ...DOTS.map((path): [string, Parameters<typeof targetFromParts>[0]] => [`dots: ${path}`, { scheme: "https", host: "h", path }]),
  ])("but not %s", (_what, parts) => {
    expect(failureOf(() => targetFromParts(parts)).code).toBe("bad-request");
  });
});

describe("what an older version wrote", () => {
  it("is read as it is, so that no vault is lost to a rule", () => {
    const target: Target = { scheme: "https", host: "h", port: 443, path: ["%2e%2e", "a;b", "..;x"] };
    expect(storedTarget(formatTarget(target))).toEqual(target);
  });
});

describe("which requests a token's target covers", () => {
  it.each<[target: string, request: string, covered: boolean]>([
    ["https://h", "https://h/any/path", true],
    ["https://h/nuxeo/git", "https://h/nuxeo/git", true],
    ["https://h/nuxeo/git", "https://h/nuxeo/git/acme.git", true],
    ["https://h/nuxeo/git", "https://h/nuxeo/github", false],
    ["https://h/nuxeo/git", "https://h/nuxeo", false],
    ["https://h/nuxeo/git", "https://h", false],
    ["https://h/nuxeo/git", "https://h/Nuxeo/git/acme.git", false],
    ["https://h/acme/widget", "https://h/acme/widget.git/info/refs", true],
    ["https://h/acme/widget.git", "https://h/acme/widget", true],
    ["https://h/acme/widget", "https://h/acme/widget.gi", false],
    ["https://h/acme/widget", "https://h/acme/widgets.git", false],
    ["https://h/acme/widget", "https://h/acme.git/widget", false],
    ["https://h/acme/widget.git", "https://h/acme/widget.git.git", true],
    ["https://h/team/acme", "https://h/team/acme.git", true],
    ["https://h/acme", "https://h/acme.git", false],
    ["https://h", "https://h/.git", true],
    ["https://h/a", "https://h//a//b", true],
    ["https://h", "https://h:443", true],
    ["https://h", "https://h:8443", false],
    ["https://h", "http://h", false],
    ["https://h", "https://H", true],
    ["https://h", "https://sub.h", false],
    ["https://[::1]", "https://[::1]:443/a", true],
  ])("%s for %s: %s", (target, request, covered) => {
    expect(covers(parseTarget(target), parseTarget(request))).toBe(covered);
  });
});

const hosts = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address}]`),
  fc.string({ unit: "binary", minLength: 1, maxLength: 12 }),
  fc.constantFrom("a.example", "b.example"),
);
const paths = fc
  .array(fc.oneof(fc.constantFrom("a", "b", "git", "github", "..", "."), fc.string({ unit: "binary", maxLength: 6 })), { maxLength: 5 })
  .map((segments) => segments.join("/"));

const targets = fc
  .record({
    scheme: fc.constantFrom("https", "http", "HTTPS", "ssh", "constructor"),
    host: fc.tuple(hosts, fc.option(fc.integer({ min: 1, max: 65_535 }))),
    path: paths,
  })
  .map(({ scheme, host: [name, port], path }) => {
    try {
      return targetFromParts({ scheme, host: port === null ? name : `${name}:${port}`, path });
    } catch (error) {
      if (error instanceof Failure) return undefined;
      throw error;
    }
  })
  .filter((target) => target !== undefined);

describe("every target", () => {
  it("is read again from its text as it was", () => {
    fc.assert(
      fc.property(targets, (target) => {
        expect(parseTarget(formatTarget(target))).toEqual(target);
      }),
      { numRuns: 500 },
    );
  });

  it("covers itself and what is below it, and nothing that a segment was lengthened of", () => {
    fc.assert(
      fc.property(targets, fc.stringMatching(/^[a-z]{1,5}$/), (target, word) => {
        const below: Target = { ...target, path: [...target.path, word] };
        const beside: Target = { ...target, path: [...target.path.slice(0, -1), `${target.path.at(-1) ?? ""}${word}`] };
        expect([covers(target, target), sameTarget(target, target), covers(target, below), covers(below, target)]).toEqual([
          true,
          true,
          true,
          false,
        ]);
        expect(covers(target, beside)).toBe(target.path.length === 0);
        expect(sameTarget(target, beside)).toBe(false);
      }),
    );
  });

  it("covers only requests of its own origin", () => {
    fc.assert(
      fc.property(targets, targets, (target, request) => {
        if (covers(target, request)) expect(origin(request)).toBe(origin(target));
        expect(sameTarget(target, request)).toBe(formatTarget(target) === formatTarget(request));
      }),
    );
  });

  it("comes from text, or the text is refused with a failure that is for people", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.webUrl()), (text) => {
        try {
          parseTarget(text);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
        }
      }),
    );
  });
});

describe("a password in a URL", () => {
  it.each<[url: string, holds: boolean]>([
    ["https://alice:pw@h/", true],
    ["https://x:y@z:pw@h/", true],
    ["https://me@home:pw@h/", true],
    ["https://me@home:8443/p@q", false],
    ["https://me@h/a:b@c", false],
    ["https://h:8443/", false],
  ])("of %s: %s", (url, holds) => {
    expect(holdsPassword(url)).toBe(holds);
  });
});
