/** The README's first steps, and how the tour begins, word for word, in an empty home with a key store. */
import { hostname } from "node:os";
import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from "vitest";
import { startGitServer, type GitServer } from "../fixtures/registries/git/git-server.mjs";
import { expectDone } from "../fixtures/homes/home.ts";
import { startSessionBus, type SessionBus } from "../fixtures/processes/key-store.ts";
import { startNuxeoOnline, type NuxeoOnline } from "../fixtures/services/nuxeo-online.ts";
import { readPage } from "../fixtures/documents/page.ts";
import { makePerson, runPage, type Person } from "../fixtures/documents/page-run.ts";
import { missing } from "../fixtures/programs/programs.ts";

const TOKEN = "f1rst-t0ken";

describe.skipIf(missing("bash", "script", "dbus-daemon", "dbus-monitor", "dbus-send", "gnome-keyring-daemon"))("a newcomer", () => {
  let server: GitServer;
  let nuxeo: NuxeoOnline;
  let bus: SessionBus;
  let person: Person;

  beforeAll(async () => {
    [server, nuxeo] = await Promise.all([
      startGitServer({ projects: ["widget"], accounts: [{ username: "alice", token: TOKEN }] }),
      startNuxeoOnline({ projects: ["acme"], accounts: [{ username: "alice", tokens: {} }] }),
    ]);
  });
  afterAll(() => Promise.all([server.close(), nuxeo.close()]));

  beforeEach(async () => {
    const home = await makePerson();
    bus = await startSessionBus(home);
    await bus.startKeyStore();
    person = { ...home, environment: { ...home.environment, ...bus.environment } };
  });
  afterEach(async () => {
    await person.dispose();
    await bus.close();
  });

  /** Whom a public authority would have signed for. */
  const trust = (caFile: string) => async (): Promise<void> => {
    expectDone(await person.run("git", ["config", "--global", "http.sslCAInfo", caFile]));
    expectDone(await person.run("toolkey", ["config", "accept", "--yes", "--cacert", caFile], { env: person.environment }));
  };

  test("takes the README's first steps", async () => {
    const { host } = new URL(server.origin);
    await runPage(readPage("README.md"), {
      people: { "": person },
      headings: ["First steps"],
      replaced: { "git.example.com/acme": `${host}/nuxeo/git`, "git.example.com": host },
      hidden: [TOKEN],
      before: { "toolkey setup git": trust(server.caFile) },
    });
  });

  test("takes the tour, from a vault to a token that is refused and replaced", async () => {
    const configure = async (): Promise<void> => {
      await person.configure(nuxeo.table);
      await trust(nuxeo.caFile)();
    };
    const [first, second] = [nuxeo.addToken("alice", "git on laptop"), nuxeo.addToken("alice", "another")];
    const refused = "git -C acme fetch";
    await runPage(readPage("docs/tour.md"), {
      people: { "": person },
      headings: ["A vault, and git", "When a server refuses a token", "When something doesn't work"],
      replaced: { "https://connect.nuxeo.com": nuxeo.origin, "connect.nuxeo.com": "localhost", "git on laptop": `git on ${hostname()}` },
      hidden: [first, second],
      failing: [refused],
      before: { "toolkey setup git": configure, [refused]: () => nuxeo.revokeToken("alice", "git on laptop") },
    });
  });
});
