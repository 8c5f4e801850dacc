/**
 * docs/recipes/dev-container.md, word for word. bubblewrap makes the containers: processes and files of their own, a home that is
 * empty each time, and the one directory that the volume is.
 */
import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, test } from "vitest";
import { startGitServer, type GitServer } from "../../fixtures/registries/git/git-server.mjs";
import { expectDone } from "../../fixtures/homes/home.ts";
import { readPage } from "../../fixtures/documents/page.ts";
import { makePerson, makeUser, runPage, type Person } from "../../fixtures/documents/page-run.ts";
import { missing, whereIs } from "../../fixtures/programs/programs.ts";

const TOKEN = "c0ntainer-t0ken";

let server: GitServer;
let volume: string;
let people: Readonly<Record<"container" | "again" | "host", Person>>;

function makeContainer(): Promise<Person> {
  const runner = (home: string): string[] => [
    whereIs("bwrap") ?? "bwrap", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--die-with-parent", "--dev-bind", "/", "/", "--proc", "/proc",
    "--bind", volume, join(home, ".local/share/toolkey"), "--chdir", home,
  ];
  return makePerson({ env: { GIT_SSL_CAINFO: join(volume, "ca.pem") }, runner });
}

beforeAll(async () => {
  server = await startGitServer({ projects: ["widget"], accounts: [{ username: "alice", token: TOKEN }] });
  volume = await mkdtemp(join(tmpdir(), "tk-volume-"));
  await copyFile(server.caFile, join(volume, "ca.pem"));
  const [container, again, host] = await Promise.all([makeContainer(), makeContainer(), makeUser()]);
  for (const { directory } of [container, again]) await mkdir(join(directory, ".local/share/toolkey"), { recursive: true });
  people = { container, again, host };
});
afterAll(async () => {
  await Promise.all(Object.values(people).map((person) => person.dispose()));
  await server.close();
  await rm(volume, { recursive: true });
});

test.skipIf(missing("bash", "script", "bwrap"))("a dev container", async () => {
  await runPage(readPage("docs/recipes/dev-container.md"), {
    people,
    replaced: { "https://git.example.com/acme": `${server.origin}/nuxeo/git`, "https://git.example.com": server.origin },
    hidden: [TOKEN],
    failing: ["toolkey revoke --all"],
    before: {
      "toolkey add https://git.example.com/acme/widget.git --tool git --username alice": async () =>
        expectDone(await people.container.run("toolkey", ["config", "accept", "--yes", "--cacert", server.caFile])),
    },
  });
});
