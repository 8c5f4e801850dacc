/** From a command of pip's or twine's to its way through the gateway. */
import { describe, expect, it } from "vitest";
import { rewriteLinks } from "../../../src/protocols/pip/pages/links.ts";
import { pip } from "../../../src/protocols/pip/plan.ts";
import { indexEffect } from "../../../src/protocols/pip/requests.ts";
import { failureOf } from "../../fixtures/failures.ts";
import { NOTHING, outcomeOf, throughOf, type Held, type Situation, type Through } from "../client-request.ts";

const ONE: Held = { id: "pip-1", target: "https://one.example/simple", username: "a", secret: "s1" };
const TWO: Held = { id: "pip-2", target: "https://two.example/root", username: "b", secret: "s2" };
const LED_ONE = "http://127.0.0.1:7777/https/one.example/simple/";
const LED_TWO = "http://127.0.0.1:7777/https/two.example/root/%2Bsimple/";

const through = async (situation: Situation) => (await throughOf(pip, { arguments: ["install", "x"], tokens: [ONE, TWO], ...situation })) as Through;
const variables = async (situation: Situation) => (await through(situation)).plan["environment"];
const withheld = async (situation: Situation) => ((await throughOf(pip, { arguments: ["install", "x"], tokens: [ONE, TWO], ...situation })) as { withheld?: string }).withheld;

describe("pip's indexes", () => {
  it("are led by variables, with the phantom in a netrc of nobody's", async () => {
    const environment = { PIP_INDEX_URL: "https://one.example/simple/", PIP_EXTRA_INDEX_URL: "https://open.example/simple https://two.example/root/+simple/" };
    expect(await through({ environment, files: { "/home/me/.netrc": "machine open.example login y password NETRC" } })).toMatchObject({
      plan: {
        environment: { PIP_INDEX_URL: LED_ONE, PIP_EXTRA_INDEX_URL: `https://open.example/simple ${LED_TWO}`, NETRC: { descriptor: "netrc" }, PIP_NO_INPUT: "1" },
        descriptors: { netrc: "machine 127.0.0.1 login toolkey password PHANTOM\n" },
        notes: ["pip has no login of your netrc here, also not for open.example"],
        given: [{ token: "pip-1", place: "https://one.example/simple" }, { token: "pip-2", place: "https://two.example/root/%2Bsimple" }],
      },
      permit: {
        addressing: "url", holder: "descendants", publishes: false,
        routes: [
          { target: "https://one.example/simple", isAuthorized: true },
          { target: "https://two.example/root", isAuthorized: true },
          { target: "https://one.example", isAuthorized: false },
          { target: "https://two.example", isAuthorized: false },
        ],
      },
    });
  });

  it("count as pip has them: typed, variables, a command's section, the global one; later files before earlier ones", async () => {
    const [one, two] = ["https://one.example/simple", "https://two.example/root/+simple/"];
    const global = (url: string) => `[global]\nindex-url = ${url}\n`;
    const [user, old] = ["/home/me/.config/pip/pip.conf", "/home/me/.pip/pip.conf"];
    expect(await variables({ files: { [old]: global(one), [user]: global(two) } })).toMatchObject({ PIP_INDEX_URL: LED_TWO });
    expect(await variables({ files: { [old]: `[install]\nindex_url: ${one}\n`, [user]: global(two) } })).toMatchObject({ PIP_INDEX_URL: LED_ONE });
    expect(await variables({ environment: { PIP_INDEX_URL: one }, files: { [user]: global(two) } })).toMatchObject({ PIP_INDEX_URL: LED_ONE });
    expect(await variables({ environment: { PIP_CONFIG_FILE: "/x.conf" }, files: { "/x.conf": global(one), [user]: global(two) } })).toMatchObject({ PIP_INDEX_URL: LED_ONE });
    expect(await variables({ environment: { PIP_CONFIG_FILE: "/dev/null" }, files: { [user]: global(two) } })).not.toHaveProperty("PIP_INDEX_URL");
    expect(await variables({ environment: { VIRTUAL_ENV: "/v" }, files: { "/v/pip.conf": global(one), [user]: global(two) } })).toMatchObject({ PIP_INDEX_URL: LED_ONE });
    const typed = await through({ arguments: ["-q", "install", `-i${one}`, "x"], environment: { PIP_INDEX_URL: two } });
    expect(typed.plan).toMatchObject({ environment: { PIP_INDEX_URL: LED_ONE }, trailing: [`--index-url=${LED_ONE}`] });
  });

  it.each<[what: string, situation: Situation]>([
    ["another command", { arguments: ["list"], environment: { PIP_INDEX_URL: ONE.target } }],
    ["no index", { arguments: ["install", "--no-index", "x"], environment: { PIP_INDEX_URL: ONE.target } }],
    ["no index, by a variable", { environment: { PIP_INDEX_URL: ONE.target, PIP_NO_INDEX: "yes" } }],
    ["plain http", { environment: { PIP_INDEX_URL: "http://one.example/simple" }, tokens: [{ ...ONE, target: "http://one.example/simple" }] }],
    ["a password in the URL", { environment: { PIP_INDEX_URL: "https://a:own@one.example/simple" } }],
    ["another host", { environment: { PIP_INDEX_URL: "https://evil.example/simple" } }],
  ])("get nothing for %s", async (_what, situation) => {
    expect((await outcomeOf(pip, { arguments: ["install", "x"], tokens: [ONE, TWO], ...situation })).plan).toEqual(NOTHING);
    const led = await throughOf(pip, { arguments: ["install", "x"], tokens: [ONE, TWO], ...situation });
    expect(led === undefined || (led as Through).plan["given"]).toEqual(led === undefined ? true : []);
  });

  it.each<[what: string, situation: Situation, why: RegExp]>([
    ["a lock file", { arguments: ["lock", "x"] }, /lock file/],
    ["no variables", { arguments: ["install", "--isolated", "x"] }, /--isolated/],
    ["another index that is typed", { arguments: ["install", "--extra-index-url", TWO.target, "x"] }, /--extra-index-url/],
    ["the password of another index", { environment: { PIP_INDEX_URL: ONE.target, PIP_EXTRA_INDEX_URL: "https://u:p@x.example/" } }, /password/],
    ["a password behind a user name with an @", { environment: { PIP_INDEX_URL: ONE.target, PIP_EXTRA_INDEX_URL: "https://me@home:p@x.example/" } }, /password/],
    ["a proxy of its own", { environment: { PIP_INDEX_URL: ONE.target, PIP_PROXY: "http://proxy.example" } }, /proxy/],
  ])("are not led with %s, and it is said", async (_what, situation, why) => {
    expect(await withheld({ environment: { PIP_INDEX_URL: ONE.target }, ...situation })).toMatch(why);
  });

  it("in a file of requirements are said to be asked without a token", async () => {
    const files = { "/home/me/project/r.txt": "x\n--extra-index-url https://two.example/root/simple\n-i http://two.example/root\n" };
    const { plan } = await through({ arguments: ["install", "-r", "/home/me/project/r.txt"], environment: { PIP_INDEX_URL: ONE.target }, files });
    expect(plan["notes"]).toEqual(["/home/me/project/r.txt names https://two.example/root/simple, which pip asks past the gateway, and so without a token"]);
  });
});

describe("twine", () => {
  const upload = (situation: Situation) => throughOf(pip, { tokens: [{ ...ONE, target: "https://up.example/legacy" }], ...situation }) as Promise<Through>;

  it("uploads through the gateway, where it publishes by itself", async () => {
    const led = "http://127.0.0.1:7777/https/up.example/legacy/";
    expect(await upload({ arguments: ["twine", "--", "upload", "--repository-url", "https://up.example/legacy/", "dist/x"] })).toMatchObject({
      plan: { environment: { TWINE_REPOSITORY_URL: led, TWINE_USERNAME: "toolkey", TWINE_PASSWORD: { secret: "PHANTOM" } }, trailing: ["--repository-url", led] },
      permit: { holder: "command", routes: [{ target: "https://up.example/legacy", isAuthorized: true, publishes: true }] },
    });
  });

  it.each<[what: string, situation: Situation]>([
    ["a check", { arguments: ["twine", "--", "check", "dist/x"] }],
    ["a password that is typed", { arguments: ["twine", "--", "upload", "-p", "x", "--repository-url", "https://up.example/legacy/"] }],
    ["a password in a variable", { arguments: ["twine", "--", "upload", "--repository-url", "https://up.example/legacy/"], variableNames: ["TWINE_PASSWORD"] }],
    ["plain http", { arguments: ["twine", "--", "upload", "--repository-url", "http://up.example/legacy/"] }],
  ])("gets nothing for %s", async (_what, situation) => {
    expect(await upload(situation)).toBeUndefined();
  });
});

describe("what pip asks an index for", () => {
  it.each<[method: string, path: string, effect: string | undefined]>([
    ["GET", "simple/thing/", "reads"],
    ["GET", "root/team/+simple/thing/", "reads"],
    ["HEAD", "thing", "reads"],
    ["GET", "", "reads"],
    ["GET", "packages/a/b/thing-1.0-py3-none-any.whl", "reads"],
    ["GET", "packages/thing-1.0-py3-none-any.whl.metadata", "reads"],
    ["GET", "+f/ab/cd/thing-1.0.tar.gz", "reads"],
    ["POST", "", "changes"],
    ["POST", "legacy/", "changes"],
    ["POST", "api/security/token", undefined],
    ["GET", "api/security/token", undefined],
    ["PUT", "thing", undefined],
    ["DELETE", "simple/thing/", undefined],
    ["GET", "simple/thing;x/", undefined],
  ])("%s %s: %s", (method, path, effect) => {
    expect(indexEffect(method, path.split("/"))).toBe(effect);
  });
});

describe("links", () => {
  const page = new URL("https://one.example/simple/thing/");
  const change = (text: string, contentType = text.startsWith("{") ? "application/vnd.pypi.simple.v1+json" : "text/html; charset=UTF-8"): string =>
    rewriteLinks(text, { url: page, contentType }, (url) => (url.host === "127.0.0.1:7777" ? undefined : url.host === page.host ? `GATEWAY${url.pathname}${url.search}` : url.href));

  it.each<[what: string, before: string, after: string]>([
    ["from the page are led", '<a href="../../files/x.whl#sha256=1">x</a>', '<a href="GATEWAY/files/x.whl#sha256=1">x</a>'],
    ["from the root are led", "<a class=b href='/files/x.whl#sha256=1'>x</a>", '<a class=b href="GATEWAY/files/x.whl#sha256=1">x</a>'],
    ["with the host are led", '<A\nHREF = "https://one.example/x.whl?a=1&amp;b=2#c" data-requires-python="&gt;=3">', '<A\nHREF = "GATEWAY/x.whl?a=1&amp;b=2#c" data-requires-python="&gt;=3">'],
    ["without a scheme are of https still", '<a href="//files.example/x.whl">', '<a href="https://files.example/x.whl">'],
    ["to other hosts stay", '<a href="https://files.example/x.whl#h">', '<a href="https://files.example/x.whl#h">'],
    ["behind a quoted bracket are seen", '<a title=">" data-yanked href="/x.whl">', '<a title=">" data-yanked href="GATEWAY/x.whl">'],
    ["go by the base", "<a href=x.whl></a><base href=/a/>", '<a href="GATEWAY/a/x.whl"></a><base href="GATEWAY/a/">'],
    ["lead to no other host behind the gateway", '<a href="../../../../../https/two.example/x.whl">', '<a href="GATEWAY/https/two.example/x.whl">'],
    ["lead to the gateway nowhere", '<a href="http://127.0.0.1:7777/https/two.example/x.whl">', '<a href="#">'],
    ["that are hidden by entities lead nowhere else", '<a href="&#46;&#46;/&#46;&#46;/https/two.example/x.whl">', '<a href="GATEWAY/simple/thing/&amp;#46;&amp;#46;/&amp;#46;&amp;#46;/https/two.example/x.whl">'],
    ["in a page as PyPI has it", '<!DOCTYPE html>\n<html>\n  <head>\n    <meta name="pypi:repository-version" content="1.4">\n    <title>Links for x</title>\n  </head>\n  <body>\n    <h1>a < b</h1>\n<a href="/x.whl" >x</a><br />\n</body>\n</html>\n<!--SERIAL 123-->', '<!DOCTYPE html>\n<html>\n  <head>\n    <meta name="pypi:repository-version" content="1.4">\n    <title>Links for x</title>\n  </head>\n  <body>\n    <h1>a < b</h1>\n<a href="GATEWAY/x.whl" >x</a><br />\n</body>\n</html>\n<!--SERIAL 123-->'],
    ["of no use in comments and scripts stay", '<?xml version="1.0"?><!-- <a href="/c">--><script>if (1 < 2) x()</script><a href="/x.whl">', '<?xml version="1.0"?><!-- <a href="/c">--><script>if (1 < 2) x()</script><a href="GATEWAY/x.whl">'],
    ["of other tags stay", '<link href="/x"><abbr href="/y">', '<link href="/x"><abbr href="/y">'],
    ["in JSON", '{"files":[{"url":"https:\\/\\/one.example\\/x.whl","n":"\\"url\\":\\"/y\\""},{"\\u0075rl": "x.whl"}],"m":1}', '{"files":[{"url":"GATEWAY/x.whl","n":"\\"url\\":\\"/y\\""},{"url":"GATEWAY/simple/thing/x.whl"}],"m":1}'],
    ["behind a comment with a tag in it are seen", '<!-- <a x=" --><a href="/x.whl">', '<!-- <a x=" --><a href="GATEWAY/x.whl">'],
    ["in JSON that has none", '{"a":[{"url":"/x"}]}', '{"a":[{"url":"/x"}]}'],
  ])("%s", (_what, before, after) => {
    expect(change(before)).toBe(after);
  });

  it.each<[what: string, text: string, contentType?: string]>([
    ["a comment that only some end", '<!-- <b> -- ><a href="/x"> -->'],
    ["a comment that some end at once", '<!--><a href="/x">-->'],
    ["another one", '<!---><a href="/x">-->'],
    ["a comment that does not end", '<!-- <a href="/x">'],
    ["a section of characters", '<![CDATA[ <a href="/x"> ]]>'],
    ["a declaration of another kind", '<!ELEMENT a "<a href=/x>">'],
    ["tags in a script", '<script>"<a href=/x>"</script>'],
    ["tags in a title", '<title><a x="</title><a href=/x>"></title>'],
    ["a style without an end", "<style>a"],
    ["a script that ends at once", '<script/><a href="/x">'],
    ["a quote that does not end", '<a href="x.whl"></a><a href="y'],
    ["a tag in a tag", '<a <a href="/x">'],
    ["attributes without spaces", '<a x="y"href="/x">'],
    ["slashes for spaces", "<a/href=/x>"],
    ["two equals signs", "<a href==/x>"],
    ["a space of Unicode's", "<a href=/x>"],
    ["a control character", "<a href=/x>"],
    ["an end tag with more in it", '</a x="><a href=/x>">'],
    ["JSON that only Python takes", '{"x":NaN,"files":[{"url":"/x"}]}'],
    ["JSON that begins in another way", " [", "application/vnd.pypi.simple.v1+json"],
    ["utf-7", "+ADw-a href=/x+AD4-", "text/html; charset=utf-7"],
    ["utf-16, in JSON", "{}", "application/vnd.pypi.simple.v1+json; charset=utf-16"],
    ["two charsets", "x", "text/html; charset=utf-8; charset=utf-7"],
    ["a charset in Python's other way", "x", "text/html; charset*=''utf-7"],
    ["a charset in pieces", "x", 'text/html; charset*0=utf; charset*1="-7"'],
    ["a quote in its type", "x", 'text/html; a="; charset=utf-8"; charset=utf-7'],
    ["two types", "x", "text/html, text/html; charset=utf-7"],
    ["another charset in a tag", '<meta charset="utf-7">'],
    ["another charset in a tag's content", "<meta http-equiv=Content-Type content='text/html; charset=utf-16'>"],
  ])("of a page with %s are not led: it is refused", (_what, text, contentType) => {
    expect(failureOf(() => change(text, contentType)).message).toContain("the page of the index");
  });

  it("are looked for in what pip takes for HTML, whatever it looks like", () => {
    expect(change(`{"files":[],"x":"<a href='/x'>"}`, "Text/HTML")).toBe(`{"files":[],"x":"<a href="GATEWAY/x">"}`);
  });

  it.each(["utf-8", "UTF8", '"us-ascii"', "iso-8859-1", "latin-1"])("of a page in %s are led", (charset) => {
    expect(change("<a href=/x>", `text/html;charset=${charset}; api-version=5.0`)).toBe('<a href="GATEWAY/x">');
  });

  it.each(["<a ".repeat(300_000), `<a href="${"x".repeat(1_000_000)}`, `${"<a x='".repeat(200_000)}`, `<a${" href".repeat(200_000)}`, '{"url":"'.repeat(100_000)])("keep nobody waiting, whatever the text is", (text) => {
    const began = process.cpuUsage();
    failureOf(() => change(text));
    expect(process.cpuUsage(began).user).toBeLessThan(3_000_000);
  });
});
