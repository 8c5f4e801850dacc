import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Failure } from "../../../src/core/failure.ts";
import { Secret } from "../../../src/core/secret.ts";
import { formatTarget } from "../../../src/core/target.ts";
import {
  canPresent,
  credentialSecret,
  credentialPlace,
  parseCredential,
  renderAttributes,
  renderToken,
  stateTokenId,
} from "../../../src/protocols/git/credential.ts";
import { failureOf } from "../../fixtures/failures.ts";
import { makeToken, revealed } from "../../fixtures/tokens.ts";

const NOTHING = { ephemeral: false, capabilities: [], state: [], wwwauth: [] };

/** What a credential says, with its secrets as text. */
function read(text: string): unknown {
  return revealed(parseCredential(text));
}

/** Where a credential with this host, and perhaps a path, is wanted. */
function place(attributes: string): string {
  return formatTarget(credentialPlace(parseCredential(attributes)).target);
}

describe("a credential is read", () => {
  it.each<[what: string, text: string, expected: object]>([
    ["nothing", "", {}],
    ["a blank line", "\n", {}],
    ["what git 2.39 writes", "protocol=https\nhost=h\n", { protocol: "https", host: "h" }],
    ["without a final line break", "protocol=https\nhost=h", { protocol: "https", host: "h" }],
    ["up to a blank line", "protocol=https\n\nhost=h\n", { protocol: "https" }],
    ["up to a blank line, whatever comes after it", "protocol=https\n\ngarbage", { protocol: "https" }],
    ["with all that belongs to a secret", "username=a\npassword=b\npassword_expiry_utc=1795321218\noauth_refresh_token=c\n", {
      username: "a",
      password: "secret:b",
      passwordExpiry: "2026-11-22T04:20:18Z",
      oauthRefreshToken: "secret:c",
    }],
    ["with a secret for a header", "capability[]=authtype\nauthtype=Bearer\ncredential=abc=\nephemeral=1\n", {
      authtype: "Bearer",
      credential: "secret:abc=",
      ephemeral: true,
      capabilities: ["authtype"],
    }],
    ["with an empty user name and password", "username=\npassword=\n", { username: "", password: "secret:" }],
    ["with an empty host and path", "protocol=\nhost=\npath=\n", { protocol: "", host: "", path: "" }],
    ["with a user name that has @, : and %", "username=a@b:c%20d\n", { username: "a@b:c%20d" }],
    ["with '=' and spaces in its values", "username= a=b \npassword==\n", { username: " a=b ", password: "secret:=" }],
    ["with text of all languages", "username=Ünïcödé 🔑\n", { username: "Ünïcödé 🔑" }],
    ["with attributes that nobody knows", "protocol=https\nnew-thing=1\n=x\n__proto__=y\nconstructor=z\n", { protocol: "https" }],
    ["with lists that nobody knows", "protocol=https\nnew[]=1\n__proto__[]=y\n[]=z\n", { protocol: "https" }],
    ["with names in another case, which are others", "Protocol=http\nHOST=h\n", {}],
    ["with the last of a repeated attribute", "host=a\nhost=b\npassword=a\npassword=b\n", { host: "b", password: "secret:b" }],
    ["with lists in their order", "wwwauth[]=Basic\ncapability[]=authtype\nwwwauth[]=Bearer\ncapability[]=state\nstate[]=x\n", {
      wwwauth: ["Basic", "Bearer"],
      capabilities: ["authtype", "state"],
      state: ["x"],
    }],
    ["with a list that begins anew", "wwwauth[]=a\nwwwauth[]=\nwwwauth[]=b\nstate[]=x\nstate[]=\n", { wwwauth: ["b"] }],
    ["with a name that only looks like a list's", "wwwauth=a\ncapability=b\nstate=c\n", {}],
  ])("%s", (_what, text, expected) => {
    expect(read(text)).toEqual({ ...NOTHING, ...expected });
  });

  it("with 200 challenges that hold host= in their values", () => {
    const challenges = Array.from({ length: 200 }, (_, index) => `Basic realm="host=evil-${index}", host=evil.example`);
    const text = `protocol=https\nhost=good.example\n${challenges.map((challenge) => `wwwauth[]=${challenge}\n`).join("")}path=a\n`;
    expect(read(text)).toEqual({ ...NOTHING, protocol: "https", host: "good.example", path: "a", wwwauth: challenges });
  });

  it.each<[value: string, ephemeral: boolean]>([
    ["1", true],
    ["true", true],
    ["Yes", true],
    ["on", true],
    ["0", false],
    ["false", false],
    ["no", false],
    ["", false],
  ])("with ephemeral=%s as %s", (value, ephemeral) => {
    expect(parseCredential(`ephemeral=${value}\n`).ephemeral).toBe(ephemeral);
  });

  it.each(["", "soon", "-1", "1.5", "1e9", "0x1", "99999999999999999999"])("with the expiry %j as one without end", (value) => {
    expect(parseCredential(`password_expiry_utc=${value}\n`).passwordExpiry).toBeUndefined();
  });
});

describe("a url attribute", () => {
  it.each<[url: string, expected: object]>([
    ["https://h", { protocol: "https", host: "h" }],
    ["https://h/", { protocol: "https", host: "h" }],
    ["https://h/a/b.git", { protocol: "https", host: "h", path: "a/b.git" }],
    ["https://h:8443/a", { protocol: "https", host: "h:8443", path: "a" }],
    ["https://[::1]:8443/a", { protocol: "https", host: "[::1]:8443", path: "a" }],
    ["https://u@h", { protocol: "https", host: "h", username: "u" }],
    ["https://u:p@h", { protocol: "https", host: "h", username: "u", password: "secret:p" }],
    ["https://u:p:q@h", { protocol: "https", host: "h", username: "u", password: "secret:p:q" }],
    ["https://:p@h", { protocol: "https", host: "h", username: "", password: "secret:p" }],
    ["https://u:@h", { protocol: "https", host: "h", username: "u", password: "secret:" }],
    ["https://@h", { protocol: "https", host: "h", username: "" }],
    ["https://a%40b%3Ac:p%2F%25@h/x%20y", { protocol: "https", host: "h", username: "a@b:c", password: "secret:p/%", path: "x y" }],
    ["https://h/x@y:z", { protocol: "https", host: "h", path: "x@y:z" }],
    ["https://h/a?b=c#d", { protocol: "https", host: "h", path: "a?b=c#d" }],
    ["https://h?a", { protocol: "https", host: "h", path: "?a" }],
    ["https://u:p%@h/100%", { protocol: "https", host: "h", username: "u", password: "secret:p%", path: "100%" }],
    ["https://h/%zz%41", { protocol: "https", host: "h", path: "%zzA" }],
    ["cert:///etc/client.pem", { protocol: "cert", host: "", path: "etc/client.pem" }],
  ])("%s is its parts", (url, expected) => {
    expect(read(`url=${url}\n`)).toEqual({ ...NOTHING, ...expected });
  });

  it("replaces what came before it, as git does, and not what comes after", () => {
    const before =
      "protocol=http\nhost=evil\npath=p\nusername=u\npassword=x\nauthtype=Bearer\ncredential=y\nephemeral=1\n" +
      "password_expiry_utc=1\noauth_refresh_token=z\ncapability[]=state\nstate[]=s\nwwwauth[]=w\n";
    expect(read(`${before}url=https://h\nusername=bob\nwwwauth[]=Basic\n`)).toEqual({
      ...NOTHING,
      protocol: "https",
      host: "h",
      username: "bob",
      wwwauth: ["Basic"],
    });
  });

  it.each<[what: string, url: string]>([
    ["an encoded line feed in the host", "https://good%0Ahost=evil/"],
    ["an encoded line feed in the user name", "https://a%0ahost=evil@h/"],
    ["an encoded line feed in the password", "https://a:b%0Ac@h/"],
    ["an encoded line feed in the path", "https://h/a%0Ahost=evil"],
    ["an encoded carriage return", "https://h%0D/"],
    ["an encoded NUL", "https://h%00.evil/"],
    ["an encoding of no character", "https://h/%ff"],
    ["no scheme", "h/a"],
    ["an empty value", ""],
    ["a second @", "https://a@b@evil/"],
  ])("with %s is refused, and not repeated", (_what, url) => {
    const { code, message } = failureOf(() => parseCredential(`url=${url}\n`));
    expect(code).toBe("bad-request");
    expect(message).not.toMatch(/evil|%/);
  });
});

describe("a credential is refused", () => {
  it.each<[what: string, text: string]>([
    ["a line without '='", "protocol=https\nhost\n"],
    ["words", "please give me the SECRET\n"],
    ["line ends of DOS", "protocol=https\r\nhost=h\r\n\r\n"],
    ["a carriage return in a value", "protocol=https\nhost=h\rSECRET\n"],
    ["a carriage return after its end", "protocol=https\n\n\r"],
    ["NUL in a value", "protocol=https\nhost=h\0SECRET\n"],
    ["NUL in a name", "pro\0tocol=https\n"],
  ])("with %s, and not repeated", (_what, text) => {
    const { code, message } = failureOf(() => parseCredential(text));
    expect(code).toBe("bad-request");
    expect(message).not.toMatch(/SECRET|host=/);
  });

  it("or read, whatever it holds: nothing else happens", () => {
    const line = fc.oneof(
      fc.string({ unit: "binary" }),
      fc
        .tuple(fc.constantFrom("url", "protocol", "host", "path", "password", "wwwauth[]", "state[]", "ephemeral", "password_expiry_utc"), fc.oneof(fc.string(), fc.webUrl()))
        .map((pair) => pair.join("=")),
    );
    fc.assert(
      fc.property(fc.array(line), fc.constantFrom("\n", "\r\n", "\0", "\n\n"), (lines, separator) => {
        try {
          const credential = parseCredential(lines.join(separator));
          credentialSecret(credential);
          stateTokenId(credential);
          credentialPlace(credential);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
          expect((error as Failure).code).toBe("bad-request");
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe("the place of a credential", () => {
  it.each<[attributes: string, expected: string]>([
    ["protocol=https\nhost=GIT.Example\n", "https://git.example"],
    ["protocol=HTTPS\nhost=git.example:443\n", "https://git.example"],
    ["protocol=https\nhost=git.example:8443\npath=a/b.git\n", "https://git.example:8443/a/b.git"],
    ["protocol=https\nhost=[2001:DB8::1]\n", "https://[2001:db8::1]"],
    ["protocol=https\nhost=[::1]:8443\n", "https://[::1]:8443"],
    ["protocol=http\nhost=h:80\n", "http://h"],
    ["protocol=https\nhost=h\npath=/a//b/c/\n", "https://h/a/b/c"],
    ["protocol=https\nhost=h\npath=/a//b/../c/\n", "https://h"],
    ["protocol=cert\npath=/etc/client.pem\n", "cert:///etc/client.pem"],
    ["url=https://h//a//\n", "https://h/a"],
    ["protocol=https\nhost=h:\n", "https://h"],
    ["protocol=https\nhost=git.example:0443\n", "https://git.example"],
    ["protocol=https\nhost=my_host.example.\n", "https://my_host.example."],
    ["protocol=https\nhost=h\npath=a b%20c?d\n", "https://h/a%20b%2520c%3Fd"],
  ])("%j is %s", (attributes, expected) => {
    expect(place(attributes)).toBe(expected);
  });

  it.each<[what: string, attributes: string]>([
    ["no protocol", "host=h\n"],
    ["an empty protocol", "protocol=\nhost=h\n"],
    ["a protocol alone", "protocol=https\n"],
    ["an empty host and no path", "protocol=https\nhost=\n"],
    ["a host that is none", "protocol=https\nhost=a b\n"],
    ["a host with a path", "protocol=https\nhost=good/evil\n"],
    ["a host with a user", "protocol=https\nhost=good@evil\n"],
    ["IPv6 without brackets", "protocol=https\nhost=::1\n"],
    ["a port that is none", "protocol=https\nhost=h:99999\n"],
  ])("is refused with %s", (_what, attributes) => {
    expect(failureOf(() => place(attributes)).code).toBe("bad-request");
  });
});

describe("what a client hands over to be kept", () => {
  it.each<[what: string, text: string, expected: unknown]>([
    ["a password", "username=u\npassword=p\n", { secret: "secret:p" }],
    ["an empty password", "password=\n", { secret: "secret:" }],
    ["a credential for a header", "authtype=Bearer\ncredential=c\n", { secret: "secret:c", authtype: "Bearer" }],
    ["both, of which the header's counts", "authtype=Bearer\ncredential=c\npassword=p\n", { secret: "secret:c", authtype: "Bearer" }],
    ["a credential without its scheme", "credential=c\n", undefined],
    ["a scheme without its credential", "authtype=Bearer\npassword=p\n", { secret: "secret:p" }],
    ["no secret", "username=u\n", undefined],
    ["a secret that is not to be kept", "password=p\nephemeral=true\n", undefined],
    ["a credential that is not to be kept", "authtype=Negotiate\ncredential=c\nephemeral=1\n", undefined],
  ])("%s", (_what, text, expected) => {
    expect(revealed(credentialSecret(parseCredential(text)))).toEqual(expected);
  });
});

describe("the token of a credential that git gives back", () => {
  it.each<[what: string, text: string, expected: string | undefined]>([
    ["ours", "state[]=toolkey:token=git-7f3k\n", "git-7f3k"],
    ["ours among others", "state[]=other:x\nstate[]=toolkey:token=git-7f3k\n", "git-7f3k"],
    ["another helper's", "state[]=other:toolkey:token=git-7f3k\n", undefined],
    ["none", "protocol=https\n", undefined],
  ])("%s", (_what, text, expected) => {
    expect(stateTokenId(parseCredential(text))).toBe(expected);
  });
});

describe("the answer to get", () => {
  const plain = makeToken({ id: "git-7f3k", username: "alice", holds: "S" });
  const full = makeToken({
    id: "git-9x2m",
    username: "alice",
    holds: "S=x",
    facts: { expiresAt: "2026-11-22T04:20:18Z" },
    refreshToken: new Secret("R"),
  });
  const bearer = makeToken({ id: "git-b3ar", holds: "S", authtype: "Bearer" });
  const BOTH = "capability[]=authtype\ncapability[]=state\n";

  it.each<[what: string, token: typeof plain, request: string, expected: string]>([
    ["a password for a git that knows no capabilities", plain, "", "username=alice\npassword=S\n"],
    ["a token without a user name", makeToken({ id: "a", holds: "S" }), "", "password=S\n"],
    ["an empty user name and password", makeToken({ id: "a", username: "", holds: "" }), "", "username=\npassword=\n"],
    [
      "with state, declared before it is used",
      plain,
      BOTH,
      "capability[]=state\nusername=alice\npassword=S\nstate[]=toolkey:token=git-7f3k\n",
    ],
    [
      "with expiry and refresh token",
      full,
      "",
      "username=alice\npassword=S=x\npassword_expiry_utc=1795321218\noauth_refresh_token=R\n",
    ],
    [
      "with a credential for a header, and no password",
      bearer,
      BOTH,
      "capability[]=authtype\ncapability[]=state\nauthtype=Bearer\ncredential=S\nstate[]=toolkey:token=git-b3ar\n",
    ],
    ["with a header, and no state unasked", bearer, "capability[]=authtype\n", "capability[]=authtype\nauthtype=Bearer\ncredential=S\n"],
  ])("%s", (_what, token, request, expected) => {
    expect(renderToken(token, parseCredential(request))).toBe(expected);
  });

  it.each<[what: string, token: typeof plain, request: string, expected: boolean]>([
    ["a password to any git", plain, "", true],
    ["a header to a git that declared it", bearer, BOTH, true],
    ["no header to an older git", bearer, "", false],
    ["no header to a git with other capabilities", bearer, "capability[]=state\n", false],
  ])("can present %s", (_what, token, request, expected) => {
    expect(canPresent(token, parseCredential(request))).toBe(expected);
  });

  it.each<[what: string, fields: Parameters<typeof makeToken>[0]]>([
    ["the user name", { id: "a", username: "alice\nhost=evil" }],
    ["the password", { id: "a", holds: "SECRET\n" }],
    ["a password with a carriage return", { id: "a", holds: "SECRET\r" }],
    ["a password with NUL", { id: "a", holds: "SECRET\0" }],
    ["the scheme", { id: "a", authtype: "Bearer\nx=y" }],
    ["the credential", { id: "a", authtype: "Bearer", holds: "SECRET\nx=y" }],
    ["the refresh token", { id: "a", refreshToken: new Secret("SECRET\nx=y") }],
  ])("is refused if a value has more than one line: %s", (_what, fields) => {
    const { code, message } = failureOf(() => renderToken(makeToken(fields), parseCredential(BOTH)));
    expect(code).toBe("bad-request");
    expect(message).not.toContain("SECRET");
  });

  it("is what git reads: as many attributes as were meant, each with its value", () => {
    const value = fc.string({ unit: "binary" });
    fc.assert(
      fc.property(value, value, (username, password) => {
        const attributes = [["username", username], ["password", password]] as const;
        if (/[\n\r\0]/.test(username + password)) {
          expect(failureOf(() => renderAttributes(attributes)).code).toBe("bad-request");
        } else {
          expect(read(renderAttributes(attributes))).toEqual({ ...NOTHING, username, password: `secret:${password}` });
        }
      }),
    );
    fc.assert(
      fc.property(fc.string(), fc.constantFrom("\n", "\r", "\0"), fc.string(), (before, breaker, after) => {
        expect(failureOf(() => renderAttributes([["username", before + breaker + after]])).code).toBe("bad-request");
      }),
    );
  });
});
