/** docs/recipes/leaked-token.md, word for word, at a stand-in for Gitea. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGitea, type Gitea } from "../../fixtures/services/gitea.ts";
import { expectDone } from "../../fixtures/homes/home.ts";
import { readPage } from "../../fixtures/documents/page.ts";
import { makePerson, runPage, type Person } from "../../fixtures/documents/page-run.ts";
import { missing } from "../../fixtures/programs/programs.ts";

const PASSWORD = "correct horse battery";

let gitea: Gitea;
let person: Person;

beforeAll(async () => {
  gitea = await startGitea({ username: "alice", password: PASSWORD, projects: ["notes"] });
  person = await makePerson({ env: { GIT_SSL_CAINFO: gitea.caFile, CURL_CA_BUNDLE: gitea.caFile } });
  await person.configure(`[service.forge]
issuer = "gitea"
url = "${gitea.origin}"
cacert = "${gitea.caFile}"
git = { url = "${gitea.origin}" }
http = { url = "${gitea.origin}" }
`);
  expectDone(await person.run("toolkey", ["init", "--key", "file", "--accept"]));
  expectDone(await person.run("toolkey", ["setup", "git"]));
  expectDone(await person.run("toolkey", ["login", "forge", "--username", "alice"], { stdin: PASSWORD }));
  expectDone(await person.run("toolkey", ["mint", "forge", "--tool", "git"]));
  expectDone(await person.run("toolkey", ["mint", "forge", "--tool", "http", "--scope", "read:user"]));
  const leaked = gitea.tokens.find(({ name }) => name.startsWith("git "));
  await writeFile(join(person.directory, "leaked"), `Authorization: token ${leaked?.secret ?? ""}\n`);
  await writeFile(join(person.directory, ".npmrc"), "//npm.example.com/:_authToken=of-an-earlier-day\n");
});
afterAll(async () => {
  await person.dispose();
  await gitea.close();
});

test.skipIf(missing("bash", "script", "curl"))("the day a token leaked", async () => {
  await runPage(readPage("docs/recipes/leaked-token.md"), {
    people: { "": person },
    replaced: { "https://git.example.com": gitea.origin },
    failing: ["toolkey import --check --project --no-home"],
  });
  expect(gitea.tokens.map(({ name }) => name.split(" ")[0])).toEqual(["http"]);
});
