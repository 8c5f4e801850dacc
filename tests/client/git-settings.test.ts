/** What the person has told git of the way to hosts: the same, whether git is asked or its files tell that there is nothing. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { gitSettings } from "../../src/client/git-settings.ts";

const PROXY = ["http.proxy", "http://p.example:3128"];
let home: string;

beforeEach(() => (home = mkdtempSync(join(tmpdir(), "tk-gs-"))));
afterEach(() => rmSync(home, { recursive: true }));

function ofHome(more: Readonly<Record<string, string>> = {}): Promise<unknown> {
  return gitSettings({ HOME: home, PATH: process.env["PATH"], GIT_CONFIG_NOSYSTEM: "1", ...more });
}

function write(path: string, text: string): string {
  mkdirSync(join(home, path, ".."), { recursive: true });
  writeFileSync(join(home, path), text);
  return join(home, path);
}

it("none where git has no settings, or others", async () => {
  expect(await ofHome()).toEqual([]);
  write(".gitconfig", "[user]\n\tname = http.proxy\n[credential \"https://git.example\"]\n\thelper = store\n");
  expect(await ofHome()).toEqual([]);
});

it.each([
  ["[http]\n\tproxy = http://p.example:3128\n"],
  ["[HTTP]proxy=http://p.example:3128\n"],
  ["\u{feff}[user]name=a\n[Http]\nproxy = http://p.example:3128\n"],
])("as git reads %j", async (text) => {
  write(".gitconfig", text);
  expect(await ofHome()).toEqual([PROXY]);
});

it.each([[".gitconfig"], [".config/git/config"], ["x/git/config"]])("of %s, and of what it includes", async (file) => {
  const more = { XDG_CONFIG_HOME: file.startsWith("x/") ? join(home, "x") : "" };
  write(file, `[include]\n\tpath = ${write("other", "[http]\n\tproxy = http://p.example:3128\n")}\n`);
  expect(await ofHome(more)).toEqual([PROXY]);
  write(file, `[includeIf "gitdir:/"]\n\tpath = ${join(home, "other")}\n[http "https://git.example"]\n\tsslVerify\n`);
  expect(await ofHome(more)).toEqual([["http.https://git.example.sslverify", "true"]]);
});

it("of variables that name other files, or settings", async () => {
  const file = write("elsewhere", "[http]\n\tproxy = http://p.example:3128\n");
  expect(await ofHome({ GIT_CONFIG_GLOBAL: file })).toEqual([PROXY]);
  expect(await ofHome({ GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "http.proxy", GIT_CONFIG_VALUE_0: "http://p.example:3128" })).toEqual([PROXY]);
});
