/** docs/recipes/cron-job.md, word for word; its crontab is a file, whose line the page itself runs as cron does. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGitServer, type GitServer } from "../../fixtures/registries/git/git-server.mjs";
import { readPage } from "../../fixtures/documents/page.ts";
import { makePerson, runPage, type Person } from "../../fixtures/documents/page-run.ts";
import { missing } from "../../fixtures/programs/programs.ts";

const TOKEN = "n1ghtly-t0ken";

let server: GitServer;
let person: Person;

beforeAll(async () => {
  server = await startGitServer({ projects: ["widget"], accounts: [{ username: "alice", token: TOKEN }] });
  person = await makePerson();
  // cron's environment names no certificates.
  await person.run("git", ["config", "--global", "http.sslCAInfo", server.caFile]);
  await person.program("crontab", 'case $1 in -) cat >"$HOME/crontab" ;; -r) mv "$HOME/crontab" "$HOME/removed" ;; esac\n');
});
afterAll(async () => {
  await person.dispose();
  await server.close();
});

test.skipIf(missing("bash", "script", "setsid"))("a cron job", async () => {
  await runPage(readPage("docs/recipes/cron-job.md"), {
    people: { "": person }, replaced: { "https://git.example.com/acme": `${server.origin}/nuxeo/git`, "https://git.example.com": server.origin }, hidden: [TOKEN],
    failing: ["toolkey revoke --all --yes"],
    before: { "toolkey setup git": () => person.run("toolkey", ["config", "accept", "--yes", "--cacert", server.caFile]) },
  });
  expect(await readFile(join(person.directory, "removed"), "utf8")).toMatch(/^PATH=.*\n0 3 \* \* \* \$HOME\/bin\/nightly\n$/);
});
