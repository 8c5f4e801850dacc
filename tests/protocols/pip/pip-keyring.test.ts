/** How pip and its kin ask the program keyring, as text in and text out. */
import { describe, expect, it } from "vitest";
import { Secret } from "../../../src/core/secret.ts";
import { formatTarget, parseTarget } from "../../../src/core/target.ts";
import type { Token } from "../../../src/core/tokens/token.ts";
import type { CredentialRequest } from "../../../src/protocols/credential-protocol.ts";
import { keyringCredentials } from "../../../src/protocols/pip/keyring/credential-protocol.ts";
import { failureOf } from "../../fixtures/failures.ts";

const URL = "https://pypi.acme.example/simple/";

function read(words: readonly string[], input = ""): CredentialRequest | undefined {
  const operation = words.find((word) => !word.startsWith("-")) ?? "";
  return keyringCredentials.read(operation, `${words.map((word) => `argument=${word}\n`).join("")}\n${input}`);
}

function asked(...words: readonly string[]): object | undefined {
  const request = read(words);
  if (request?.operation !== "get") return undefined;
  return { place: formatTarget(request.place().target), username: request.username, needsName: request.needsName, text: request.render(token("s3cret"), "Basic") };
}

function token(secret: string): Token {
  return {
    id: "pip-1", tool: "pip", service: "pypi.acme.example", target: parseTarget(URL), username: "alice", secret: new Secret(secret),
    state: "active", createdAt: "2026-01-01T00:00:00.000Z", preferred: false, facts: {},
  } as unknown as Token;
}

describe("a question", () => {
  const place = "https://pypi.acme.example/simple";
  it.each<[who: string, words: string[], expected: object]>([
    ["pip up to 26.1", ["get", URL, "alice"], { place, username: "alice", needsName: undefined, text: "s3cret\n" }],
    ["uv, for an index without a user name", ["get", URL, "--mode", "creds"], { place, username: undefined, needsName: true, text: "alice\ns3cret\n" }],
    ["pip from 26.2 on", ["--mode=creds", "--output=json", "get", URL], { place, username: undefined, needsName: true, text: '{"username":"alice","password":"s3cret"}\n' }],
    ["pip from 26.2 on, with a name", ["--mode=creds", "--output=json", "get", URL, "alice"], { place, username: "alice", needsName: true, text: '{"username":"alice","password":"s3cret"}\n' }],
    ["a script", ["--mode", "creds", "get", URL], { place, username: undefined, needsName: true, text: "alice\ns3cret\n" }],
    ["a script that wants JSON", ["get", "--output=json", URL, "alice"], { place, username: "alice", needsName: undefined, text: '{"password":"s3cret"}\n' }],
    ["poetry, for PyPI", ["get", "poetry-repository-pypi", "__token__"], { place: "https://upload.pypi.org/legacy", username: "__token__", needsName: undefined, text: "s3cret\n" }],
    ["who writes a name into the URL", ["get", "https://alice:pw@pypi.acme.example/simple/?a#b", "alice"], { place, username: "alice", needsName: undefined, text: "s3cret\n" }],
  ])("of %s", (_who, words, expected) => {
    expect(asked(...words)).toEqual(expected);
  });

  it.each<[what: string, ...words: string[]]>([
    ["a host alone, which would get it over plain http as well", "get", "pypi.acme.example", "alice"],
    ["a host and a port", "get", "pypi.acme.example:8443", "alice"],
    ["what is no URL", "get", "system", "alice"],
    ["another of poetry's names", "get", "poetry-repository-acme", "alice"],
    ["another scheme", "get", "ftp://pypi.acme.example/simple", "alice"],
    ["dots in a path", "get", "https://pypi.acme.example/simple/%2e%2e/x", "alice"],
    ["nothing", "get"],
    ["another operation", "list"],
    ["no operation", ""],
  ])("for %s is a miss", (_what, ...words) => {
    expect(read(words)).toBeUndefined();
    expect(keyringCredentials.replies("get").miss).toEqual({ text: "", exitCode: 1 });
  });

  it("is not answered with what would be another line", () => {
    const request = read(["get", URL, "--mode", "creds"]);
    expect(request?.operation === "get" && failureOf(() => request.render(token("a\nb"), "Basic")).code).toBe("bad-request");
  });
});

describe("a login and a logout", () => {
  const stored = (words: readonly string[], input: string) => {
    const request = read(words, input);
    return request?.operation === "store" ? [formatTarget(request.place().target), request.username, request.kept?.secret.reveal()] : request?.operation;
  };

  it.each<[what: string, service: string, place: string]>([
    ["a URL", "https://upload.pypi.org/legacy/", "https://upload.pypi.org/legacy"],
    ["a host, which is asked by https", "pypi.acme.example:8443", "https://pypi.acme.example:8443"],
    ["this machine, which is asked by http", "localhost:7091", "http://localhost:7091"],
  ])("is for %s", (_what, service, place) => {
    expect(stored(["set", service, "alice"], "pw\n\n")).toEqual([place, "alice", "pw"]);
    const request = read(["del", service, "alice"]);
    expect(request?.operation === "erase" && [formatTarget(request.place().target), request.username, request.secret]).toEqual([place, "alice", undefined]);
  });

  it.each<[words: string[], input: string, message: string]>([
    [["set", "system", "alice"], "pw\n", "toolkey's keyring is for URLs and hosts of package indexes, and this is neither"],
    [["del", "poetry-repository-acme", "alice"], "", "toolkey's keyring is for URLs and hosts of package indexes, and this is neither"],
    [["set", URL, "alice"], "\n", "there is no password on standard input"],
  ])("fails for %j", (words, input, message) => {
    expect(failureOf(() => read(words, input)).message).toBe(message);
  });
});
