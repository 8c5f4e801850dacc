/** What is pure of Terraform: its settings as text, and what lies in them. */
import { describe, expect, it } from "vitest";
import { addHelper, blocksOf, credentialsBlock, findInTerraformrc, helperIn, hostsIn, namesHelper, removeHelper } from "../../../src/protocols/terraform/cli-config.ts";
import { findInCredentialsFile } from "../../../src/protocols/terraform/credentials-file.ts";
import { terraform } from "../../../src/protocols/terraform/plan.ts";
import { withoutPieces } from "../../../src/protocols/plaintext/removal.ts";
import { failureOf } from "../../fixtures/failures.ts";
import { outcomeOf } from "../client-request.ts";

const PATH = "/home/a/.terraformrc";

describe("settings", () => {
  it.each<[what: string, text: string | undefined]>([
    ["no file", undefined],
    ["an empty one", ""],
    ["no final newline", "plugin_cache_dir = \"x\""],
    ["lines of Windows", "plugin_cache_dir = \"x\"\r\n# c\r\n"],
    ["a byte order mark", "\uFEFFdisable_checkpoint = true\n"],
    ["a helper in a comment, and in a text", "# credentials_helper \"other\" {}\n/* credentials_helper \"other\" {} */\na = \"credentials_helper \\\"x\\\" {\"\n"],
    ["what is not well-formed", "}} \" {\n"],
  ])("name the helper, and are as they were after: %s", (_what, text) => {
    const added = addHelper(PATH, text);
    expect(namesHelper(added)).toBe(_what !== "what is not well-formed");
    expect(addHelper(PATH, added)).toBe(added);
    expect(removeHelper(added)).toBe(text);
  });

  it("keep another helper, with its line", () => {
    const failure = failureOf(() => addHelper(PATH, 'a = 1\n\n  credentials_helper "credstore" {\n  args = ["--host=x"]\n}\n'));
    expect(failure).toMatchObject({ code: "usage", message: `${PATH} names another credentials helper in line 3: credstore` });
  });

  it.each([
    '"credentials_helper" "nope" {}',
    "credentials_helper nope.sh {}",
    "a = 5\ncredentials_helper nope {}",
    'a = "b"\ncredentials_helper { "nope" {} }',
    'credentials_helper = { nope = {} }',
    '{"credentials_helper": {"nope": {}}}',
  ])("keep another helper, however it is written: %s", (text) => {
    expect(helperIn(text)).toMatch(/^nope/);
    expect(failureOf(() => addHelper(PATH, text)).message).toContain("names another credentials helper in line");
  });

  it("that are JSON are left alone, since no block of HCL can stand there", () => {
    expect(failureOf(() => addHelper(PATH, '{"disable_checkpoint": true}')).message).toBe(`${PATH} is JSON, in which toolkey writes nothing`);
    const own = '{"credentials_helper": {"toolkey": {}}}';
    expect(addHelper(PATH, own)).toBe(own);
  });

  it("that a person wrote are as good", () => {
    const text = "credentials_helper toolkey {\n}\n";
    expect(addHelper(PATH, text)).toBe(text);
  });

  it("have tokens as HCL takes them", () => {
    const token = 'a"b\\c$d%';
    expect(credentialsBlock("h:8443", token)).toBe('credentials "h:8443" {\n  token = "a\\"b\\\\c$d%"\n}\n');
    expect(hostsIn(credentialsBlock("h:8443", token))).toEqual(["h:8443"]);
  });

  it("are read by their blocks", () => {
    const text = `provider_installation { filesystem_mirror { path = "/x" } }\nhost "h" { services = { "modules.v1" = "https://x" } }\ncredentials "a.example" { token = "T" }\n`;
    expect(blocksOf(text).map(({ type, label }) => [type, label])).toEqual([["host", "h"], ["credentials", "a.example"]]);
  });
});

describe("the settings that a plan goes on with", () => {
  const [older, newer, xdg] = ["/home/me/.terraformrc", "/home/me/.tofurc", "/x/opentofu/tofurc"];
  const all = { [older]: "# older", [newer]: "# newer", [xdg]: "# xdg", "/named": "# named" };
  const only = (...paths: string[]) => Object.fromEntries(paths.map((path) => [path, all[path] ?? ""]));

  it.each<[program: string, environment: Record<string, string>, files: Record<string, string>, first: string]>([
    ["terraform", {}, all, "# older"],
    ["terraform", {}, only(newer), ""],
    ["tofu", {}, all, "# newer"],
    ["tofu", {}, only(older), "# older"],
    ["tofu", { XDG_CONFIG_HOME: "/x" }, all, "# newer"],
    ["tofu", { XDG_CONFIG_HOME: "/x" }, only(xdg), "# xdg"],
    ["tofu", {}, { "/home/me/.config/opentofu/tofurc": "# never read" }, ""],
    ["terraform", { XDG_CONFIG_HOME: "/x" }, only(xdg), ""],
    ["make", { XDG_CONFIG_HOME: "/x" }, only(xdg), "# xdg"],
    ["tofu", { TF_CLI_CONFIG_FILE: "", TERRAFORM_CONFIG: "/named" }, all, "# named"],
    ["terraform", { TF_CLI_CONFIG_FILE: "/named", TERRAFORM_CONFIG: "/other" }, all, "# named"],
  ])("of %s with %j", async (program, environment, files, first) => {
    const { plan } = await outcomeOf(terraform, { program, arguments: ["init"], environment, files, tokens: [{ id: "t", target: "https://tf.example" }] });
    const { settings } = plan["descriptors"] as Record<string, string>;
    expect(settings).toBe(`${first}\ncredentials "tf.example" {\n  token = "secret-of-t"\n}\n`);
  });
});

describe("secrets", () => {
  it("are taken with their block, where that is all", () => {
    const text = `# mine
credentials "app.terraform.io" {
  # the team's
  token = "S1"
}
plugin_cache_dir = "x"
credentials "b.example:8443" { token = "S2" } // two
credentials "c.example" { token = "S3", extra = 1 }
credentials "d.example" { token = "a\\"b" }
`;
    const found = findInTerraformrc(text);
    expect(found.map(({ url, secret, line, stays }) => [url, secret.reveal(), line, stays])).toEqual([
      ["https://app.terraform.io", "S1", 2, undefined],
      ["https://b.example:8443", "S2", 7, undefined],
      ["https://c.example", "S3", 8, "there is more than a token"],
      ["https://d.example", 'a\\"b', 9, "it is written with escapes"],
    ]);
    expect(withoutPieces(text, found.flatMap(({ pieces }) => pieces))).toBe(
      '# mine\nplugin_cache_dir = "x"\n // two\ncredentials "c.example" { token = "S3", extra = 1 }\ncredentials "d.example" { token = "a\\"b" }\n',
    );
  });

  it("are found by quoted types, labels with dots, and in nested blocks", () => {
    const text = `a = "b"
"credentials" "q.example" { token = "S1" }
credentials q2.example {
  "token" = "S2"
}
credentials {
  "n.example" { token = "S3" }
}
"credentials" = { "e.example" = { token = "S4" } }
`;
    const found = findInTerraformrc(text);
    expect(found.map(({ url, secret, line, stays }) => [url, secret.reveal(), line, stays])).toEqual([
      ["https://q.example", "S1", 2, undefined],
      ["https://q2.example", "S2", 3, undefined],
      ["https://n.example", "S3", 7, "it is inside of another block"],
      ["https://e.example", "S4", 9, "it is inside of another block"],
    ]);
    expect(hostsIn(text)).toEqual(["q.example", "q2.example", "n.example", "e.example"]);
    expect(withoutPieces(text, found.flatMap(({ pieces }) => pieces))).toBe(
      'a = "b"\ncredentials {\n  "n.example" { token = "S3" }\n}\n"credentials" = { "e.example" = { token = "S4" } }\n',
    );
    const json = '{"credentials": {"j.example": {"token": "S5"}}}';
    expect(findInTerraformrc(json).map(({ url, secret }) => [url, secret.reveal()])).toEqual([["https://j.example", "S5"]]);
    expect(hostsIn(json)).toEqual(["j.example"]);
  });

  it("of terraform login are taken host by host", () => {
    const text = '{\n  "credentials": {\n    "a.example": {\n      "token": "S1"\n    },\n    "b.example": {\n      "token": "S2",\n      "x": 1\n    }\n  }\n}\n';
    const found = findInCredentialsFile(text);
    expect(found.map(({ url, secret, stays }) => [url, secret.reveal(), stays])).toEqual([
      ["https://a.example", "S1", undefined],
      ["https://b.example", "S2", "there is more than a token"],
    ]);
    const last = '{"credentials": {"a.example": {"x": 1}, "b.example": {"token": "S2"}, "c.example": {"token": "S3"}}}';
    const cut = withoutPieces(last, findInCredentialsFile(last).flatMap(({ pieces }) => pieces));
    expect(JSON.parse(cut)).toEqual({ credentials: { "a.example": { x: 1 } } });
    expect(JSON.parse(withoutPieces(text, found.flatMap(({ pieces }) => pieces)))).toEqual({ credentials: { "b.example": { token: "S2", x: 1 } } });
  });
});
