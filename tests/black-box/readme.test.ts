/** The README's first steps, word for word, in an empty home with a key store. */
import { afterAll, beforeAll, test } from "vitest";
import { startGitServer, type GitServer } from "../fixtures/git-server.mjs";
import { expectDone } from "../fixtures/home.ts";
import { startSessionBus, type SessionBus } from "../fixtures/key-store.ts";
import { readPage } from "../fixtures/page.ts";
import { makePerson, runPage, type Person } from "../fixtures/page-run.ts";
import { missing } from "../fixtures/programs.ts";

const TOKEN = "f1rst-t0ken";
const absent = missing("bash", "script", "dbus-daemon", "dbus-monitor", "dbus-send", "gnome-keyring-daemon");

let server: GitServer;
let bus: SessionBus;
let person: Person;

beforeAll(async () => {
  if (absent) return;
  server = await startGitServer({ projects: ["widget"], accounts: [{ username: "alice", token: TOKEN }] });
  const home = await makePerson();
  bus = await startSessionBus(home);
  await bus.startKeyStore();
  person = { ...home, environment: { ...home.environment, ...bus.environment, GIT_SSL_CAINFO: server.caFile } };
});
afterAll(async () => {
  if (absent) return;
  await person.dispose();
  await bus.close();
  await server.close();
});

test.skipIf(absent)("the first steps", async () => {
  await runPage(readPage("README.md"), {
    people: { "": person },
    headings: ["First steps"],
    replaced: { "https://git.example.com/acme": `${server.origin}/nuxeo/git`, "https://git.example.com": server.origin, "git.example.com": new URL(server.origin).host },
    hidden: [TOKEN],
    before: { "toolkey setup git": async () => expectDone(await person.run("toolkey", ["config", "accept", "--yes", "--cacert", server.caFile], { env: person.environment })) },
  });
});
