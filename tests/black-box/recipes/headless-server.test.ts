/** docs/recipes/headless-server.md, word for word. */
import { afterAll, beforeAll, test } from "vitest";
import { startGitServer, type GitServer } from "../../fixtures/registries/git/git-server.mjs";
import { readPage } from "../../fixtures/documents/page.ts";
import { makePerson, runPage, type Person } from "../../fixtures/documents/page-run.ts";
import { missing } from "../../fixtures/programs/programs.ts";

const [TOKEN, PASSPHRASE] = ["s3rver-t0ken", "correct horse battery"];

let server: GitServer;
let person: Person;

beforeAll(async () => {
  server = await startGitServer({ projects: ["widget"], accounts: [{ username: "alice", token: TOKEN }] });
  person = await makePerson({ env: { GIT_SSL_CAINFO: server.caFile } });
});
afterAll(async () => {
  await person.dispose();
  await server.close();
});

test.skipIf(missing("bash", "script", "setsid"))("a headless server", async () => {
  await runPage(readPage("docs/recipes/headless-server.md"), {
    people: { "": person },
    replaced: { "https://git.example.com/acme": `${server.origin}/nuxeo/git`, "https://git.example.com": server.origin },
    hidden: [PASSPHRASE, PASSPHRASE, TOKEN, PASSPHRASE, PASSPHRASE],
    failing: ["setsid -w git -C widget fetch </dev/null"],
  });
});
