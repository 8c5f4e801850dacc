/** What is found in the files of tools, and what is left of them without it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Failure } from "../../src/core/failure.ts";
import { allSecretFiles } from "../../src/cli/plaintext/places.ts";
import { placesById } from "../../src/protocols/maven/settings/settings-secrets.ts";
import type { PlaintextSecret } from "../../src/protocols/plaintext/plaintext-secret.ts";
import { withoutPieces } from "../../src/protocols/plaintext/removal.ts";
import { failureOf } from "../fixtures/failures.ts";

const FORMATS = new Map((await allSecretFiles()).flatMap(({ formats }) => Object.entries(formats)));

/** What is found in a text, by what reads that format. */
function find(format: string, text: string): PlaintextSecret[] {
  const finder = FORMATS.get(format);
  if (finder === undefined) throw new Error(`there is no format ${format}`);
  return finder(text);
}

interface Expected {
  readonly url?: string | undefined;
  readonly name?: string;
  readonly as?: string | undefined;
  readonly secret: string;
  readonly line: number;
  readonly stays?: string;
}

function found(format: string, text: string): Expected[] {
  return find(format, text).map(({ url, username, secret, line, stays }) => ({
    url,
    as: username,
    secret: secret.reveal(),
    line,
    ...(stays === undefined ? {} : { stays }),
  }));
}

function without(format: string, text: string): string {
  return withoutPieces(text, find(format, text).flatMap(({ pieces }) => pieces));
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

describe("git-credentials", () => {
  it("finds a URL with user name and password on each line, decoded; anything else is passed over", () => {
    const text = "https://alice:s3%40cret@git.example%3a8443/team/a.git\n\nnonsense\n  http://b%C3%B6b:p:w@h\r\nhttps://nobody@h\nhttps://x:@h\n";
    expect(found("git-credentials", text)).toEqual([
      { url: "https://git.example:8443/team/a.git", as: "alice", secret: "s3@cret", line: 1 },
      { url: "http://h", as: "böb", secret: "p:w", line: 4 },
    ]);
    expect(without("git-credentials", text)).toBe("\nnonsense\nhttps://nobody@h\nhttps://x:@h\n");
  });

  it.each([
    ["https://ghp_TOKEN:x-oauth-basic@github.com", "its user name is the secret"],
    ["https://github_pat_TOKEN:x@github.com", "its user name is the secret"],
    ["https://:pw@h", "it has no user name"],
  ])("leaves %s, and never shows its user name", (text, stays) => {
    expect(find("git-credentials", text)).toMatchObject([{ stays, username: undefined, pieces: [] }]);
  });
});

describe("netrc", () => {
  it("reads words in any arrangement of lines, with comments and macros", () => {
    const text = [
      "# machine old.example login x password y",
      "machine one.example login alice password s1 # mine",
      "machine two.example",
      "\tlogin bob",
      "  # between",
      '\tpassword "s \\"2\\""',
      "",
      "machine a.example login a password s3 machine b.example login b password s4",
      "machine nopass.example login c",
      "machine ftp.example login d password s5 macdef init",
      "machine not.example login e password no",
      "",
      "default login f password s6",
      "MACHINE three.example PASSWORD s7",
      "",
    ].join("\n");
    expect(found("netrc", text)).toEqual([
      { url: "https://one.example", as: "alice", secret: "s1", line: 2 },
      { url: "https://two.example", as: "bob", secret: 's "2"', line: 6 },
      { url: "https://a.example", as: "a", secret: "s3", line: 8 },
      { url: "https://b.example", as: "b", secret: "s4", line: 8 },
      { url: "https://ftp.example", as: undefined, secret: "s5", line: 10, stays: "it has a macro" },
      { url: undefined, as: undefined, secret: "s6", line: 13, stays: "it is for every host" },
      { url: "https://three.example", as: undefined, secret: "s7", line: 14, stays: "it has no user name" },
    ]);
    const lines = text.split("\n");
    expect(without("netrc", text)).toBe([lines[0], "# mine", "  # between", "", ...lines.slice(8)].join("\n"));
  });

  it("takes one of several on a line, and leaves the others as they are", () => {
    const text = "machine a.example login a password s3 default login b password s4\n";
    expect(without("netrc", text)).toBe("default login b password s4\n");
  });
});

describe("maven-settings", () => {
  const settings = (inside: string): string => `<?xml version="1.0"?>\r\n<settings xmlns="http://maven.apache.org/SETTINGS/1.2.0">\r\n${inside}\r\n</settings>\r\n`;

  it("takes a server apart, and leaves the comments in it", () => {
    const text = settings(
      "  <servers><!-- all -->\r\n    <server>\r\n\t<id>acme</id> <!-- ours -->\r\n      <!-- since 2019 -->\r\n      <username>al&amp;ice</username>\r\n      <password><![CDATA[p<w]]></password>\r\n    </server>\r\n    <server><id>b</id><username>u</username><password>${env.B}</password></server>\r\n  </servers>",
    );
    expect(found("maven-settings", text)).toEqual([{ url: undefined, as: "al&ice", secret: "p<w", line: 8 }]);
    expect(without("maven-settings", text)).toBe(
      settings("  <servers><!-- all -->\r\n\t <!-- ours -->\r\n      <!-- since 2019 -->\r\n    <server><id>b</id><username>u</username><password>${env.B}</password></server>\r\n  </servers>"),
    );
  });

  it("takes one server from a line of several", () => {
    const one = "<server><id>a</id><username>u</username><password>p</password></server>";
    const text = settings(`<servers>${one}<server><id>b</id></server></servers>`);
    expect(without("maven-settings", text)).toBe(settings("<servers><server><id>b</id></server></servers>"));
  });

  it("knows what Maven has encrypted", () => {
    const server = (password: string): string => settings(`<servers><server><id>a</id><username>u</username><password>${password}</password></server></servers>`);
    expect(find("maven-settings", server("expires 2027 {COQLCE6DU6GtcS5P=}"))).toMatchObject([{ encrypted: true }]);
    expect(find("maven-settings", server(String.raw`\{COQLCE6DU6GtcS5P=\}`))).toMatchObject([{ encrypted: false }]);
  });

  it("reports what it can't take", () => {
    const text = settings(`<servers>
<server><id>a</id><username>u</username><password>p1</password><configuration><httpHeaders><property><name>Authorization</name><value>p2</value></property></httpHeaders></configuration></server>
<server><id>b</id><privateKey>/k</privateKey><passphrase>p3</passphrase></server>
<server><id>c</id><password>p4</password></server>
</servers>
<proxies><proxy><host>proxy.example</host><username>u</username><password>p5</password></proxy></proxies>
<profiles><profile><properties><sonar.token>p6</sonar.token><sonar.host.url>x</sonar.host.url></properties></profile></profiles>`);
    expect(found("maven-settings", text).map(({ secret, line, stays }) => [secret, line, stays])).toEqual([
      ["p1", 4, "its server has more settings"],
      ["p2", 4, "it is in a header"],
      ["p3", 5, "it is of a private key"],
      ["p4", 6, "it has no user name"],
      ["p5", 8, "it is for a proxy"],
      ["p6", 9, "it is a property"],
    ]);
    expect(without("maven-settings", text)).toBe(text);
  });

  it("is not every XML file", () => {
    expect(found("maven-settings", "<component><servers><server><id>a</id><password>p</password></server></servers></component>")).toEqual([]);
  });

  it.each([
    ["<settings>\n  <servers>\n</settings>", "line 3, column 11"],
    ["<settings>\n<a>SECRET&nbsp;</a></settings>", "line 2, column 15"],
    ["<settings><password>SECRET</password", "line 1, column 36"],
    ["<settings><a>SECRET<b</a></settings>", "line 1, column 22"],
    ['<!DOCTYPE settings [<!ENTITY a "SECRET">]>\n<settings/>', "line 1, column 42"],
    [`<settings>\n${"<SECRET>".repeat(201)}${"</SECRET>".repeat(201)}</settings>`, "line 2, column 1600"],
  ])("says where %j is broken, and nothing of what is in it", (text, where) => {
    const failure = failureOf(() => find("maven-settings", text));
    expect(failure?.message).toContain(where);
    expect(failure?.message).not.toContain("SECRET");
  });

  it("knows the places of ids", () => {
    const text = settings("<mirrors><mirror><id>m</id><url>https://m/x</url></mirror></mirrors><profiles><profile><repositories><repository><id>r</id><url>https://r/a</url></repository><repository><id>r</id><url>https://r/b</url></repository><repository><id>e</id><url>${env.U}</url></repository></repositories></profile></profiles>");
    expect([...placesById(text)]).toEqual([["m", ["https://m/x"]], ["r", ["https://r/a", "https://r/b"]]]);
  });
});

describe("npmrc", () => {
  it("finds the credentials of registries, in every form that npm reads", () => {
    const text = [
      "; my registries",
      "registry = https://npm.example/repo/",
      "@acme:registry=http://localhost:4873/",
      "//localhost:4873/:_authToken = \"t1\"",
      "//npm.example/repo/:_authToken=t2 ; the old one",
      "//basic.example/:_auth=" + base64("alice:p:1"),
      "//two.example/:username=bob",
      "//two.example/:_password=" + base64("p2"),
      "//two.example/:email=bob@example.com",
      "_authToken=t3",
      "//ref.example/:_authToken=${NPM_TOKEN}",
      "//helper.example/:tokenHelper=/bin/x",
      "#//off.example/:_authToken=t4",
      "https-proxy=http://user:p3@proxy.example:3128/",
      "",
    ].join("\r\n");
    expect(found("npmrc", text).toSorted((a, b) => a.line - b.line)).toEqual([
      { url: "http://localhost:4873/", as: undefined, secret: "t1", line: 4 },
      { url: "https://npm.example/repo/", as: undefined, secret: "t2", line: 5 },
      { url: "https://basic.example/", as: "alice", secret: "p:1", line: 6 },
      { url: "https://two.example/", as: "bob", secret: "p2", line: 8 },
      { url: "https://npm.example/repo/", as: undefined, secret: "t3", line: 10 },
      { url: "http://proxy.example:3128/", as: undefined, secret: "p3", line: 14, stays: "it is part of a URL" },
    ]);
    const lines = text.split("\r\n");
    expect(without("npmrc", text)).toBe([...lines.slice(0, 3), " ; the old one", lines[6], ...lines.slice(8, 9), ...lines.slice(10)].join("\r\n"));
  });

  it("names the setting that counts first: the later one of a key", () => {
    expect(found("npmrc", "//h/:_authToken=old\n//h/:_authToken=new\n").map(({ secret }) => secret)).toEqual(["new", "old"]);
  });

  it("keeps a byte order mark, and an end without a line break", () => {
    expect(without("npmrc", "\uFEFF//h/:_authToken=t\nloglevel=warn")).toBe("\uFEFFloglevel=warn");
  });
});

describe("yarnrc", () => {
  it("finds tokens and idents at the top, in scopes and registries", () => {
    const text = `\uFEFF# mine
npmRegistryServer: "https://npm.example/"
npmAuthToken: t1 # top
npmScopes:
  acme:
    npmAuthIdent: >-
      alice:p2
    npmAlwaysAuth: true
  other: { npmRegistryServer: "https://o.example", npmAuthToken: t3 }
npmRegistries:
  "//r.example":
      npmAuthToken: "t4"

  https://s.example/x:
    npmAuthIdent: ${base64("bob:p5")}
  "//ref":
    npmAuthToken: "\${TOKEN:-}"
`;
    expect(found("yarnrc", text)).toEqual([
      { url: "https://npm.example/", as: undefined, secret: "t1", line: 3 },
      { url: "https://npm.example/", as: "alice", secret: "p2", line: 6 },
      { url: "https://o.example", as: undefined, secret: "t3", line: 9 },
      { url: "https://r.example", as: undefined, secret: "t4", line: 12 },
      { url: "https://s.example/x", as: "bob", secret: "p5", line: 15 },
    ]);
    expect(without("yarnrc", text)).toBe(`\uFEFF# mine
npmRegistryServer: "https://npm.example/"
 # top
npmScopes:
  acme:
    npmAlwaysAuth: true
  other: { npmRegistryServer: "https://o.example" }
npmRegistries:
  "//r.example":

  https://s.example/x:
  "//ref":
    npmAuthToken: "\${TOKEN:-}"
`);
  });

  it("says where it is broken, and nothing of what is in it", () => {
    const failure = failureOf(() => find("yarnrc", 'a: 1\nnpmAuthToken: "SECRET\n'));
    expect(failure?.message).toMatch(/^line 3, column 1: it is not well-formed/);
    expect(failure?.message).not.toContain("SECRET");
  });
});

describe("files of Python's tools", () => {
  it("of .pypirc, passwords of repositories that have a user name, and PyPI by its usual names", () => {
    const text = "[distutils]\nindex-servers =\n  pypi\n  own\n[pypi]\nusername = __token__\npassword = s1%x\n\n[own]\nrepository: https://p.example/legacy/\nUsername=bob\nPassword : s2\n";
    expect(found("pypirc", text)).toEqual([
      { url: "https://upload.pypi.org/legacy/", as: "__token__", secret: "s1%x", line: 7 },
      { url: "https://p.example/legacy/", as: "bob", secret: "s2", line: 12 },
    ]);
    expect(without("pypirc", text)).toBe("[distutils]\nindex-servers =\n  pypi\n  own\n[pypi]\nusername = __token__\n\n[own]\nrepository: https://p.example/legacy/\nUsername=bob\n");
  });

  it("of pip.conf, passwords with an @ in them, as pip takes URLs apart: the last one ends the login", () => {
    const text = "[global]\nindex-url = https://x:y@z:pw4@l.example/a@b\nextra-index-url = http://http:s1@h.example/ https://me@home:s@2@i.example/simple\n  https://me@j.example:8443/x@y\n";
    expect(found("pip-conf", text)).toEqual([
      { url: "https://l.example/a@b", as: "x", secret: "y@z:pw4", line: 2 },
      { url: "http://h.example", as: "http", secret: "s1", line: 3 },
      { url: "https://i.example/simple", as: "me@home", secret: "s@2", line: 3 },
    ]);
    expect(without("pip-conf", text)).toBe(text.replace(":y@z:pw4@", "@").replace(":s1@", "@").replace(":s@2@", "@"));
  });

  it("of npm's, a password with an @ in it, whole", () => {
    expect(found("npmrc", "registry=https://x:y@z:pw4@l.example/a@b\n")).toMatchObject([{ secret: "y@z:pw4" }]);
  });

  it("of pip.conf, passwords in the URLs of indexes, on every line, and never the user name", () => {
    const text = "; mine https://a:no@b\n[global]\nextra-index-url =\n    https://alice:s1@one.example/simple/\n    https://b%40c:s%3A2@two.example:8443/root/+simple\n[install]\nindex-url=https://open.example/simple\n";
    expect(found("pip-conf", text)).toEqual([
      { url: "https://one.example/simple", as: "alice", secret: "s1", line: 4 },
      { url: "https://two.example:8443/root/+simple", as: "b@c", secret: "s:2", line: 5 },
    ]);
    expect(without("pip-conf", text)).toBe(text.replace(":s1@", "@").replace(":s%3A2@", "@"));
  });
});

describe("cargo-credentials", () => {
  it("finds the token of each registry, in every form of a table, and only those", () => {
    const text = `\uFEFF# mine
[registry]\r
token = 's1' # of crates.io\r
default = "acme"
[registries.acme]
token="s2"
index = "sparse+https://a.example/"
[registries]
b = { token = "s3", index = "i" }
c.token = """s4"""
d = {token = ""}
[source.x]
token = "none of these"
`;
    expect(found("cargo-credentials", text).map(({ url, secret, line }) => [url, secret, line])).toEqual([["https://crates.io", "s1", 3], [undefined, "s2", 6], [undefined, "s3", 9], [undefined, "s4", 10]]);
    expect(find("cargo-credentials", text).map(({ name }) => name)).toEqual(["crates.io", "acme", "b", "c"]);
    expect(without("cargo-credentials", text)).toBe(`\uFEFF# mine
[registry]\r
 # of crates.io\r
default = "acme"
[registries.acme]
index = "sparse+https://a.example/"
[registries]
b = { index = "i" }
d = {token = ""}
[source.x]
token = "none of these"
`);
  });

  it("says where it is broken, and nothing of what is in it", () => {
    expect(failureOf(() => find("cargo-credentials", "[registry]\ntoken = SECRET\n")).message).toMatch(/^line 2, column \d+: it is not well-formed$/);
  });
});

describe("what is only reported", () => {
  it.each<[string, string, Expected[]]>([
    ["docker-config", `{\n\t"auths": {\n\t\t"https://index.docker.io/v1/": {\n\t\t\t"auth": "s1"\n\t\t},\n\t\t"ghcr.io": {"registrytoken": "s2"}\n\t}\n}`, [
      { url: "https://registry-1.docker.io", secret: "s1", line: 4 },
      { url: "https://ghcr.io", secret: "s2", line: 6 },
    ]],
    ["docker-config", `{"auths": {"ghcr.io": {}}, "credsStore": "pass"}`, []],
    ["gh-hosts", "github.com:\n    user: alice\n    oauth_token: s1\n    users:\n        alice:\n            oauth_token: s2\n", [
      { url: "https://github.com", as: "alice", secret: "s2", line: 6 },
      { url: "https://github.com", as: "alice", secret: "s1", line: 3 },
    ]],
    ["pypirc", "[own]\nrepository=https://p.example/\npassword=s2\n[odd]\nusername=pypi-TOKEN-that-is-much-too-long-to-be-the-name-of-anybody-in-the-world\npassword=\n  s3\n  s4\n", [
      { url: "https://p.example/", secret: "s2", line: 3 },
      { secret: "s3\ns4", line: 6 },
    ]],
    ["pip-conf", "[global]\nproxy = http://a:s1@proxy.example\nindex-url = https://:s2@p.example/simple\n", [
      { url: "http://proxy.example", secret: "s1", line: 2 },
      { url: "https://p.example/simple", secret: "s2", line: 3 },
    ]],
    ["uv-credentials", 'credential = [{ service = "https://u.example", username = "a", password = "s1" }]\n', [{ url: "https://u.example", secret: "s1", line: 1 }]],
    ["poetry-auth", '[http-basic.acme]\nusername = "a"\npassword = "s1"\n[pypi-token]\npypi = "s2"\n', [{ secret: "s1", line: 3 }, { secret: "s2", line: 5 }]],
    ["yarnrc-classic", '# yarn\nregistry "https://npm.example"\n"//npm.example/:_authToken" s1\n', [{ secret: "s1", line: 3 }]],
  ])("%s", (format, text, expected) => {
    expect(found(format, text)).toMatchObject(expected.map((one) => ({ ...one, stays: expect.any(String) as string })));
    expect(found(format, text)).toHaveLength(expected.length);
    expect(without(format, text)).toBe(text);
  });
});

describe("any file", () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
  const lineBreak = fc.constantFrom("\n", "\r\n");
  const noise: Readonly<Partial<Record<string, readonly string[]>>> = {
    "git-credentials": ["", "# no comment", "https://nobody@h", "  "],
    netrc: ["", "# a comment", "   # another", "machine nopass login x"],
    npmrc: ["", "; a comment", "loglevel = warn", "//h/:email=a@b", "@s:registry=https://h/", "  key[] = 'v;#'"],
    "pnpm-rc": ["", "store-dir=/x"],
    yarnrc: ["", "# a comment", "enableTelemetry:   false", "nodeLinker: pnp  # indeed"],
  };
  const secretLine: Readonly<Partial<Record<string, (secret: string, index: number) => string>>> = {
    "git-credentials": (secret, index) => `https://u${index}:SECRET${secret}@h${index}.example`,
    netrc: (secret, index) => `machine h${index} login u password SECRET${secret}`,
    npmrc: (secret, index) => ` //h${index}/:_authToken = SECRET${secret}`,
    "pnpm-rc": (secret, index) => `//h${index}/:_authToken=SECRET${secret}`,
    yarnrc: (secret) => `npmAuthToken: 'SECRET${secret}'`,
  };

  it.each(Object.keys(secretLine))("%s loses its secrets and no other byte", (format) => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(...(noise[format] ?? [])), word.map((secret) => ({ secret })))),
        lineBreak,
        fc.boolean(),
        fc.boolean(),
        (parts, ending, hasBom, endsOpen) => {
          // A key may be there once only, in YAML.
          const lines = parts.map((part, index) => (typeof part === "string" ? part : (secretLine[format]?.(part.secret, index) ?? "")));
          const bom = hasBom ? "\uFEFF" : "";
          const join = (kept: readonly string[]): string => bom + kept.map((line) => line + ending).join("");
          const text = endsOpen ? join(lines).slice(0, hasBom && lines.length === 0 ? 1 : -ending.length || undefined) : join(lines);
          const rest = without(format, text);
          expect(rest).not.toContain("SECRET");
          const kept = join(lines.filter((line) => !line.includes("SECRET")));
          // The last line may have lacked its end, which the one before it did not.
          expect([kept, kept.slice(0, -ending.length)]).toContain(rest);
        },
      ),
    );
  });

  it.each<[string, string]>([
    ["maven-settings", `<settings><servers><server><id>a</id><username>u</username><password>${"{".repeat(200_000)}</password></server></servers></settings>`],
    ["npmrc", `//a/:_authToken=${"${".repeat(100_000)}`],
    ["npmrc", `registry=http:${"/".repeat(200_000)}x\n//a/:_authToken=b`],
    ["npmrc", "//a/:_authToken=b\n".repeat(20_000)],
    ["npmrc", `${" ".repeat(100_000)}a=\u2028`],
    ["yarnrc", "? ".repeat(100_000)],
  ])("%s: no text keeps anybody waiting", (format, text) => {
    const began = process.cpuUsage();
    try {
      find(format, text);
    } catch (error) {
      expect(error).toBeInstanceOf(Failure);
    }
    // Of the processor, in microseconds: what others do on the machine doesn't count.
    expect(process.cpuUsage(began).user).toBeLessThan(5_000_000);
  });

  it.each([...FORMATS.keys()])("%s takes any text there is, or says where it is broken", (format) => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.string()), (text) => {
        try {
          const rest = without(format, text);
          expect(rest.length).toBeLessThanOrEqual(text.length);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
          expect((error as Failure).message).toMatch(/^line \d+, column \d+: /);
        }
      }),
    );
  });
});
