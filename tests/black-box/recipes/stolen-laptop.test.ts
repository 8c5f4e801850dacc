/** docs/recipes/stolen-laptop.md, word for word, with two machines, a stand-in for Gitea, and a host where only people end tokens. */
import { cp } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGitServer, type GitServer } from "../../fixtures/registries/git/git-server.mjs";
import { startGitea, type Gitea } from "../../fixtures/services/gitea.ts";
import { expectDone } from "../../fixtures/homes/home.ts";
import { readPage } from "../../fixtures/documents/page.ts";
import { makePerson, runPage, type Person } from "../../fixtures/documents/page-run.ts";
import { missing } from "../../fixtures/programs/programs.ts";

const [PASSWORD, PASSPHRASE, BY_HAND] = ["correct horse battery", "staple of the laptop", "t0ken-by-hand"];

let gitea: Gitea;
let server: GitServer;
let laptop: Person;
let other: Person;

beforeAll(async () => {
  [gitea, server] = await Promise.all([
    startGitea({ username: "alice", password: PASSWORD, projects: ["notes"] }),
    startGitServer({ projects: ["widget"], accounts: [{ username: "alice", token: BY_HAND }] }),
  ]);
  [laptop, other] = await Promise.all([0, 1].map(() => makePerson({ env: { GIT_SSL_CAINFO: gitea.caFile } }))) as [Person, Person];
  for (const person of [laptop, other]) {
    await person.configure(`[service.forge]
issuer = "gitea"
url = "${gitea.origin}"
cacert = "${gitea.caFile}"
git = { url = "${gitea.origin}" }
`);
  }
  expectDone(await laptop.run("toolkey", ["init", "--key", "file", "--accept"]));
  expectDone(await laptop.run("toolkey", ["setup", "git"]));
  expectDone(await laptop.run("toolkey", ["login", "forge", "--username", "alice"], { stdin: PASSWORD }));
  expectDone(await laptop.run("toolkey", ["mint", "forge", "--tool", "git"]));
  expectDone(await laptop.run("toolkey", ["add", server.origin, "--tool", "git", "--username", "alice"], { stdin: BY_HAND }));
  expectDone(await laptop.run("git", ["ls-remote", gitea.gitUrl("notes")]));
});
afterAll(async () => {
  await Promise.all([laptop.dispose(), other.dispose()]);
  await Promise.all([gitea.close(), server.close()]);
});

test.skipIf(missing("bash", "script"))("a stolen laptop", async () => {
  await runPage(readPage("docs/recipes/stolen-laptop.md"), {
    people: { laptop, other },
    replaced: { "https://git.example.com": gitea.origin, "git on laptop": `git on ${hostname()}` },
    hidden: [PASSPHRASE, PASSPHRASE, PASSPHRASE],
    failing: ["toolkey revoke --all", "git ls-remote https://git.example.com/alice/notes.git"],
    before: {
      "toolkey import --from backup.age": async () => {
        await cp(join(laptop.directory, "backup.age"), join(other.directory, "backup.age"));
        expectDone(await other.run("toolkey", ["config", "accept", "--yes"]));
      },
    },
  });
  expect(gitea.tokens).toEqual([]);
});
