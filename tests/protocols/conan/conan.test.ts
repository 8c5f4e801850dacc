import { describe, expect, it } from "vitest";
import { Failure } from "../../../src/core/failure.ts";
import { conanCredentials } from "../../../src/protocols/conan/credential-protocol.ts";
import { findInConanCredentials, findInSourceCredentials, remotesIn } from "../../../src/protocols/conan/credentials-file.ts";
import { conan } from "../../../src/protocols/conan/plan.ts";
import { helperIn, PLUGIN, pluginLines } from "../../../src/protocols/conan/plugin.ts";
import { formatTarget } from "../../../src/core/target.ts";
import { NOTHING, outcomeOf, throughOf } from "../client-request.ts";

const payload = (...given: readonly string[]): string => `${given.map((each) => `argument=${each}\n`).join("")}\n`;
const asked = (...given: readonly string[]) => {
  const request = conanCredentials.read("get", payload("get", ...given));
  if (request?.operation !== "get") throw new Error("it is read as another");
  const { target, hasDots } = request.place();
  return [formatTarget(target), hasDots, request.username];
};

describe("what Conan asks", () => {
  it("is a URL, and a user name that may be", () => {
    expect(asked("https://h.example/a/b?q")).toEqual(["https://h.example/a/b", false, undefined]);
    expect(asked("http://127.0.0.1:8000", "bob")).toEqual(["http://127.0.0.1:8000", false, "bob"]);
    expect(asked("https://h.example/a/%2e%2e/b")).toEqual(["https://h.example", true, undefined]);
  });

  it.each([[""], ["h.example"], ["https://u:p@h.example"], ["file:///x"]])("is not %j", (url) => {
    expect(() => asked(url)).toThrow("the URL of the remote is none that a token can be for");
  });

  it("is nothing else", () => {
    for (const operation of ["store", "erase", "list"]) expect(conanCredentials.read(operation, payload(operation))).toBeUndefined();
  });

  it("is answered in JSON, also with nothing; a failure is a line", () => {
    const replies = conanCredentials.replies("get");
    expect(replies.miss).toEqual({ text: "{}\n", exitCode: 0 });
    expect(replies.failure(new Failure("locked", "the vault is locked"))).toEqual({ text: "toolkey: the vault is locked\n", exitCode: 1 });
  });
});

it("the plugin names its program, whatever is in the path", () => {
  const path = `/a "b"/\\ü'/conan-credential-toolkey`;
  expect(helperIn(PLUGIN.ensure("# mine\n", pluginLines(path)))).toBe(path);
  expect(helperIn("_toolkey_helper = 1\n")).toBeUndefined();
});

it("a command is given nothing, with a line where there is a token", async () => {
  const tokens = [{ id: "c-1", target: "https://h.example" }, { id: "c-2", target: "https://s.example", isSuspended: true }];
  expect(await outcomeOf(conan, { tokens })).toEqual({ needs: ["https://h.example"], plan: NOTHING });
  expect(await throughOf(conan, { tokens })).toMatchObject({ withheld: "conan has no way to the gateway, and recipes are programs that run in it" });
});

describe("in plain text", () => {
  it("are logins by remote; what Jinja puts there is none", () => {
    const text = JSON.stringify({ credentials: [{ remote: "a", user: "u", password: "p" }, { remote: "b", user: "{{x}}", password: "q" }, { remote: "c", user: "u", password: "{{x}}" }, { user: "u", password: "r" }, 1] });
    expect(findInConanCredentials(text).map(({ name, username, secret, stays }) => [name, username, secret.reveal(), stays])).toEqual([["a", "u", "p", undefined], ["b", undefined, "q", "it has no user name"]]);
    expect(() => findInConanCredentials('{\n{% if x %}')).toThrow(/^line 2, column \d+: it is not JSON$/);
  });

  it("are logins for sources, which stay", () => {
    expect(findInSourceCredentials('{"credentials": [{"url": "https://u:p@s.example/x", "token": "t"}, {"url": "https://r.example", "user": "u", "password": "p"}]}').map(({ url, secret, stays }) => [url, secret.reveal(), stays !== undefined])).toEqual([
      ["https://s.example/x", "t", true],
      ["https://r.example", "p", true],
    ]);
  });

  it("remotes have their URLs by name", () => {
    expect([...remotesIn('{"remotes": [{"name": "a", "url": "https://a.example"}, {"name": 1}]}')]).toEqual([["a", "https://a.example"]]);
    expect([...remotesIn("{"), ...remotesIn(""), ...remotesIn("[]")]).toEqual([]);
  });
});
