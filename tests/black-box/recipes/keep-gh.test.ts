/** docs/recipes/keep-gh.md, word for word, with a stand-in for gh and two git servers. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGitServer, type GitServer } from "../../fixtures/registries/git/git-server.mjs";
import { expectDone } from "../../fixtures/homes/home.ts";
import { readPage } from "../../fixtures/documents/page.ts";
import { makePerson, runPage, type Person } from "../../fixtures/documents/page-run.ts";
import { missing } from "../../fixtures/programs/programs.ts";

const [OF_GH, OF_TOOLKEY] = ["gho_of-gh", "t0ken-of-toolkey"];

let github: GitServer;
let forge: GitServer;
let person: Person;

beforeAll(async () => {
  [github, forge] = await Promise.all([
    startGitServer({ projects: ["notes"], accounts: [{ username: "x-access-token", token: OF_GH }] }),
    startGitServer({ projects: ["widget"], accounts: [{ username: "alice", token: OF_TOOLKEY }] }),
  ]);
  person = await makePerson();
  const caFile = join(person.directory, "ca.pem");
  await writeFile(caFile, (await Promise.all([github.caFile, forge.caFile].map((file) => readFile(file, "utf8")))).join(""));
  await person.run("git", ["config", "--global", "http.sslCAInfo", caFile]);
  const of = `credential.${github.origin}.helper`;
  // As gh 2 does it: an empty value first, so that no other helper is asked.
  await person.program("gh", `case "$1 $2" in
"auth setup-git") git config --global --replace-all ${of} "" && git config --global --add ${of} "!$HOME/bin/gh auth git-credential" ;;
"auth token") echo ${OF_GH} ;;
"auth git-credential") test "$3" != get || printf 'username=x-access-token\\npassword=${OF_GH}\\n' ;;
esac
`);
  expectDone(await person.run("toolkey", ["init", "--key", "file"]));
  expectDone(await person.run("toolkey", ["config", "accept", "--yes", "--cacert", caFile]));
});
afterAll(async () => {
  await person.dispose();
  await Promise.all([github.close(), forge.close()]);
});

test.skipIf(missing("bash", "script"))("keeping gh's helper", async () => {
  await runPage(readPage("docs/recipes/keep-gh.md"), {
    people: { "": person },
    replaced: {
      "/snap/bin/gh": `${person.directory}/bin/gh`,
      "https://github.com/alice": `${github.origin}/nuxeo/git`, "https://github.com": github.origin,
      "https://git.example.com/acme": `${forge.origin}/nuxeo/git`, "https://git.example.com": forge.origin,
    },
    hidden: [OF_TOOLKEY],
  });
  expect(github.requests.some(({ username }) => username === "alice")).toBe(false);
});
