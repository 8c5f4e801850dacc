/** docs/recipes/two-accounts.md, word for word. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGitServer, type GitServer } from "../../fixtures/registries/git/git-server.mjs";
import { readPage } from "../../fixtures/documents/page.ts";
import { makeUser, runPage, type Person } from "../../fixtures/documents/page-run.ts";
import { missing } from "../../fixtures/programs/programs.ts";

const [ALICE, ACME] = ["al1ce-t0ken", "acme-t0ken"];

let server: GitServer;
let person: Person;

beforeAll(async () => {
  server = await startGitServer({
    projects: ["notes", "widget"],
    accounts: [{ username: "alice", token: ALICE, projects: ["notes"] }, { username: "alice-acme", token: ACME, projects: ["widget"] }],
  });
  person = await makeUser({ env: { GIT_SSL_CAINFO: server.caFile } });
});
afterAll(async () => {
  await person.dispose();
  await server.close();
});

test.skipIf(missing("bash", "script"))("two accounts on one host", async () => {
  await runPage(readPage("docs/recipes/two-accounts.md"), {
    people: { "": person },
    replaced: { "git.example.com/acme": `${new URL(server.origin).host}/nuxeo/git`, "git.example.com": new URL(server.origin).host },
    hidden: [ALICE, ACME],
    // A host of which toolkey knows nothing: the person revokes the token there.
    failing: ["toolkey revoke git-c7w5"],
  });
  // Each repository was asked for by the account that may have it.
  expect(server.requests.filter(({ status }) => status === 403)).toEqual([]);
});
