/** The `url` attribute as git itself reads it (credential.c): what git would hand to a helper, and what toolkey takes it for. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseCredential } from "../../../src/protocols/git/credential.ts";
import { failureOf } from "../../fixtures/failures.ts";
import { makeHome, type TestHome } from "../../fixtures/homes/home.ts";

let home: TestHome;

beforeAll(async () => {
  home = await makeHome();
});
afterAll(() => home.dispose());

const PARTS = ["protocol", "host", "path", "username", "password"] as const;

/** What git has made of the URL: it hands that to its helper, and prints it where nothing is missing. */
async function asGitReadsIt(url: string): Promise<Record<string, string>> {
  const options = ["-c", "credential.helper=", "-c", "credential.helper=!cat >&2; echo quit=1; :", "-c", "credential.useHttpPath=true"];
  const { stdout, stderr } = await home.git([...options, "credential", "fill"], { stdin: `url=${url}\n\n` });
  const lines = `${stdout}${stderr}`.split("\n").filter((line) => PARTS.some((part) => line.startsWith(`${part}=`)));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}

/** Empty and missing are the same to a host; a slash at the end of a path counts for nothing. */
function asToolkeyReadsIt(url: string): Record<string, string> {
  const credential = parseCredential(`url=${url}\n`);
  const parts = PARTS.map((part) => [part, part === "password" ? credential.password?.reveal() : credential[part]] as const);
  return Object.fromEntries(parts.flatMap(([part, value]) => (value === undefined ? [] : [[part, part === "path" ? value.replace(/\/+$/, "") : value]])));
}

describe("a URL is what it is to git", () => {
  it.each([
    "https://h",
    "https://h/",
    "https://h//a//b//",
    "https://h:8443/a",
    "https://h:/a",
    "https://H.Example/A",
    "https://[::1]:8443/a",
    "https://u@h/a",
    "https://u:p@h/a",
    "https://u:p:q@h",
    "https://:p@h",
    "https://@h",
    "https://u%40x:p%2F@h/x%20y",
    "https://u:100%@h/100%",
    "https://h/%zz%41",
    "https://h?a",
    "https://h#a",
    "https://h?u@x",
    "https://h/a?b=c#d",
    "https://h/a@b:c",
    "https://h/../a/./b",
    "https://h/a%2Fb",
    "https://b\u00fccher.example/\u00e9",
    "smtp://mail.example:587",
    "cert:///etc/client.pem",
  ])("%s", async (url) => {
    expect(asToolkeyReadsIt(url)).toEqual(await asGitReadsIt(url));
  });

  // Other programs see another host in them, or another end of it.
  it.each(["https://u@x@h", "https://u:p@x@h", "https://u@x:p@h"])("%s is one to git, and refused", async (url) => {
    expect(await asGitReadsIt(url)).toMatchObject({ protocol: "https" });
    expect(failureOf(() => parseCredential(`url=${url}\n`)).code).toBe("bad-request");
  });

  it.each(["h/a", "://h", "", "https://h%0Ahost=evil", "https://h/%0a", "https://a%0Ab@h"])("%j is none to either", async (url) => {
    expect(await asGitReadsIt(url)).toEqual({});
    expect(failureOf(() => parseCredential(`url=${url}\n`)).code).toBe("bad-request");
  });
});
