import { describe, expect, it } from "vitest";
import { findInAnsibleConfig, findInGalaxyToken } from "../../../src/protocols/ansible/config-secrets.ts";
import { listOf, settingsIn, valueOf } from "../../../src/protocols/ansible/configuration.ts";
import { ansible } from "../../../src/protocols/ansible/plan.ts";
import { NOTHING, outcomeOf, throughOf, type Situation } from "../client-request.ts";

const CONFIGURATION = "[galaxy]\nserver_list = hub\n[galaxy_server.hub]\nurl = https://hub.example/api/\n";
const outcome = (situation: Situation) =>
  outcomeOf(ansible, { arguments: ["collection", "install", "x"], files: { "/p/ansible.cfg": CONFIGURATION }, tokens: [{ id: "a-1", target: "https://hub.example", secret: "s" }], ...situation });
const environment = async (situation: Situation) => (await outcome(situation)).plan["environment"];

const PINNED = {
  ANSIBLE_GALAXY_SERVER_HUB_URL: "https://hub.example/api/",
  ANSIBLE_GALAXY_SERVER_HUB_AUTH_URL: "",
  ANSIBLE_GALAXY_SERVER_HUB_VALIDATE_CERTS: "True",
  ANSIBLE_GALAXY_SERVER_HUB_USERNAME: "",
  ANSIBLE_GALAXY_SERVER_HUB_TOKEN: { secret: "s" },
  ANSIBLE_GALAXY_SERVER_LIST: "hub",
  ANSIBLE_GALAXY_IGNORE: "False",
};

it("ansible.cfg is read as configparser reads it", () => {
  const settings = settingsIn("\uFEFF; a\n[galaxy]\r\nServer_List: a,\n  b ; comment\n  # no\n\n c = d\n[galaxy_server.x]y\nurl=1\nurl = 2 ;3\nkey\n  lost\n");
  expect(settings.map(({ section, key, value, line }) => [line, section, key, value])).toEqual([
    [3, "galaxy", "server_list", "a,\nb\nc = d"],
    [9, "galaxy_server.x", "url", "1"],
    [10, "galaxy_server.x", "url", "2"],
  ]);
  expect(valueOf(settings, "galaxy_server.x", "url")).toBe("2");
  expect(listOf("a, b\nc,,\0d")).toEqual(["a", "b", "c"]);
});

describe("a server", () => {
  it("gets its login with all that a project could say of it", async () => {
    expect(await environment({})).toEqual(PINNED);
    expect(await environment({ tokens: [{ id: "a-1", target: "https://hub.example", username: "bob", secret: "p" }] })).toMatchObject({ ANSIBLE_GALAXY_SERVER_HUB_USERNAME: "bob", ANSIBLE_GALAXY_SERVER_HUB_PASSWORD: { secret: "p" } });
  });

  it("has what a person says of it: in a file of theirs, in variables", async () => {
    const text = `${CONFIGURATION}auth_url = https://sso.example\nvalidate_certs = no\n[galaxy]\nignore_certs = yes\n`;
    const { ANSIBLE_GALAXY_SERVER_HUB_AUTH_URL: _a, ANSIBLE_GALAXY_SERVER_HUB_VALIDATE_CERTS: _b, ANSIBLE_GALAXY_IGNORE: _c, ...rest } = PINNED;
    expect(await environment({ files: { "/home/me/.ansible.cfg": text } })).toEqual(rest);
    expect(await environment({ files: { "/c/ansible.cfg": text, "/p/ansible.cfg": "" }, environment: { ANSIBLE_CONFIG: "/c" } })).toEqual(rest);
    expect(await environment({ environment: { ANSIBLE_GALAXY_SERVER_HUB_AUTH_URL: "x", ANSIBLE_GALAXY_SERVER_HUB_VALIDATE_CERTS: "x", ANSIBLE_GALAXY_IGNORE: "x" } })).toEqual(rest);
  });

  it.each<[what: string, situation: Situation, servers: readonly string[]]>([
    ["of a list", { files: { "/p/ansible.cfg": CONFIGURATION.replace("= hub", "= hub, b") + "[galaxy_server.b]\nurl: https://b.example\n" } }, ["https://hub.example/api", "https://b.example"]],
    ["of a variable", { environment: { ANSIBLE_GALAXY_SERVER_LIST: "v", ANSIBLE_GALAXY_SERVER_V_URL: "https://v.example" } }, ["https://v.example"]],
    ["by default", { files: {} }, ["https://galaxy.ansible.com"]],
    ["by a setting", { files: { "/etc/ansible/ansible.cfg": "[galaxy]\nserver=https://s.example\n" } }, ["https://s.example"]],
    ["that is typed", { arguments: ["role", "install", "-s", "https://t.example/x"] }, ["https://t.example/x"]],
    ["that is typed last", { arguments: ["install", "-s", "https://t.example", "--server=hub"] }, ["https://hub.example/api"]],
    ["without encryption", { files: { "/p/ansible.cfg": CONFIGURATION.replace("https", "http") } }, ["http://hub.example/api"]],
    ["with a name for no variable", { files: { "/p/ansible.cfg": CONFIGURATION.replaceAll("hub", "h=b") } }, []],
    ["that is no URL", { files: { "/p/ansible.cfg": CONFIGURATION.replace("https://", "https://u:p@") } }, []],
  ])("is one %s", async (_what, situation, servers) => {
    expect((await outcome(situation)).needs).toEqual(servers);
  });

  it("that is typed has a name instead", async () => {
    const { plan } = await outcome({ arguments: ["collection", "install", "--server=https://hub.example"] });
    expect(plan).toMatchObject({ instead: { "--server=https://hub.example": "--server=toolkey", "https://hub.example": "toolkey" }, environment: { ANSIBLE_GALAXY_SERVER_LIST: "hub,toolkey", ANSIBLE_GALAXY_SERVER_TOOLKEY_URL: "https://hub.example" } });
  });

  it.each([["token = x"], ["password = x"], ["username = x"]])("with %s of its own gets nothing", async (line) => {
    expect((await outcome({ files: { "/p/ansible.cfg": `${CONFIGURATION}${line}\n` } })).plan).toMatchObject({ environment: {}, given: [], notes: [`a-1 is left out: ${line.split(" ")[0]} in /p/ansible.cfg is a login of its own for hub`] });
  });

  it.each(["hub_auth", "HUB"])("gets nothing beside %s, which has a variable in common with it", async (other) => {
    for (const list of [`hub, ${other}`, `${other}, hub`]) {
      const text = `[galaxy]\nserver_list = ${list}\n[galaxy_server.hub]\nurl = https://hub.example/api/\n[galaxy_server.${other}]\nurl = https://other.example\n`;
      const { plan } = await outcome({ files: { "/p/ansible.cfg": text }, tokens: [{ id: "a-1", target: "https://hub.example" }, { id: "a-2", target: "https://other.example" }] });
      expect(plan).toMatchObject({ environment: {}, given: [] });
      expect((plan["notes"] as string[]).toSorted()).toEqual([`a-1 is left out: hub and ${other} have a variable in common`, `a-2 is left out: ${other} and hub have a variable in common`]);
    }
  });

  it("is not one whose name only begins so", async () => {
    const text = CONFIGURATION.replace("= hub", "= hub, hub_certified");
    expect(await environment({ files: { "/p/ansible.cfg": text } })).toMatchObject({ ANSIBLE_GALAXY_SERVER_HUB_TOKEN: { secret: "s" } });
  });

  it.each(["-s", "-s=", "--server="])("that is typed as %s and its URL in one word is seen", async (option) => {
    const { plan } = await outcome({ arguments: ["collection", "install", `${option}https://hub.example`] });
    expect(plan).toMatchObject({ instead: { [`${option}https://hub.example`]: `${option}toolkey` }, environment: { ANSIBLE_GALAXY_SERVER_TOOLKEY_URL: "https://hub.example" } });
  });

  it("gets nothing by the gateway, for what asks nobody, or where a login is typed", async () => {
    expect(await throughOf(ansible, { arguments: ["install"] })).toEqual({ direct: "ansible-galaxy has no way to the gateway" });
    for (const given of [["collection", "init", "install.x"], ["collection", "list"], ["role", "remove", "x"], ["collection", "install", "--token=x"], ["install", "--api-key", "x"]]) expect((await outcome({ arguments: given })).plan).toEqual(NOTHING);
  });
});

it("logins in plain text are taken with what belongs to them", () => {
  const seen = (text: string) => findInAnsibleConfig(text).map(({ name, url, username, secret, stays, pieces }) => [name, url, username, secret.reveal(), stays ?? pieces.length]);
  const section = (name: string, ...lines: string[]): string => `[galaxy_server.${name}]\nurl=https://u:x@${name}.example/api?q\n${lines.join("\n")}\n`;
  expect(seen([section("a", "token=t"), section("b", "username=u", "password=p"), section("c", "password=p"), section("d", "token=t", "auth_url=https://x"), section("e", "token=t", " t"), section("f", "token=${X}"), "[galaxy]\nserver=https://u:y@h.example\n[galaxy_server.g]\ntoken=t\n[other]\ntoken=t\n"].join(""))).toEqual([
    ...["a", "b", "c", "d", "e", "f"].map((name) => [name, `https://${name}.example/api`, undefined, "x", "it is in a URL"]),
    ["galaxy", "https://h.example", undefined, "y", "it is in a URL"],
    ["a", "https://a.example/api", undefined, "t", 1],
    ["b", "https://b.example/api", "u", "p", 2],
    ["c", "https://c.example/api", undefined, "p", "it has no user name"],
    ["d", "https://d.example/api", undefined, "t", "it is exchanged at its auth_url"],
    ["e", "https://e.example/api", undefined, "t\nt", "it has several lines"],
    ["g", undefined, undefined, "t", 1],
  ]);
  expect(findInGalaxyToken("other: x\ntoken: t\n").map(({ line, stays }) => [line, stays])).toEqual([[2, "nothing says which server it is for"]]);
});
