/** Pages of services, word for word, at their stand-ins. */
import { generateKeyPairSync } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { startGitea } from "../../fixtures/services/gitea.ts";
import { startGitLab } from "../../fixtures/services/gitlab.ts";
import { expectDone } from "../../fixtures/homes/home.ts";
import { startGitHub } from "../../fixtures/services/github.ts";
import { startNordic } from "../../fixtures/services/nordic.ts";
import { startNuxeoOnline } from "../../fixtures/services/nuxeo-online.ts";
import { readPage } from "../../fixtures/documents/page.ts";
import { makeUser, runPage, type Person } from "../../fixtures/documents/page-run.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { startVerdaccio, verdaccioMissing } from "../../fixtures/registries/npm/verdaccio.ts";

const PASSWORD = "correct horse battery";

const toClose: { close(): Promise<void> }[] = [];

/** To be closed behind the test, the last one first. */
function use<Closable extends { close(): Promise<void> }>(opened: Closable): Closable {
  toClose.unshift(opened);
  return opened;
}

afterEach(async () => {
  for (const opened of toClose.splice(0)) await opened.close();
});

async function userOf({ caFile }: { readonly caFile: string }, configuration?: string, env: Readonly<Record<string, string>> = {}): Promise<Person> {
  const person = await makeUser({ env: { GIT_SSL_CAINFO: caFile, NODE_EXTRA_CA_CERTS: caFile, ...env } });
  use({ close: () => person.dispose() });
  if (configuration !== undefined) await person.configure(configuration);
  expectDone(await person.run("toolkey", ["config", "accept", "--yes", "--cacert", caFile]));
  return person;
}

describe.skipIf(missing("bash", "script"))("the page of", () => {
  test("Gitea", async () => {
    const gitea = use(await startGitea({ username: "erin", password: PASSWORD, projects: ["notes"] }));
    const person = await userOf(gitea);
    await runPage(readPage("docs/services/gitea.md"), { people: { "": person }, replaced: { "git.example.com": new URL(gitea.origin).host }, hidden: [PASSWORD] });
    expect(gitea.tokens.map(({ name }) => name.split(" ")[0])).toEqual(["npm"]);
  });

  test("GitLab", async () => {
    const gitlab = use(await startGitLab({ projects: ["notes"] }));
    const person = await userOf(gitlab);
    await runPage(readPage("docs/services/gitlab.md"), {
      people: { "": person },
      replaced: { "gitlab.example.com": new URL(gitlab.origin).host, "team/notes": "acme/notes", "--repository team ": "--repository acme " },
      hidden: [gitlab.addToken("login", ["api"]).secret],
    });
  });

  test("Nuxeo Online Services", async () => {
    const nuxeo = use(await startNuxeoOnline({ projects: ["acme"], accounts: [{ username: "alice", tokens: {} }] }));
    const person = await userOf(nuxeo, `${nuxeo.table}maven = { server = "nuxeo-studio", url = "${nuxeo.mavenUrl}" }
http = { url = "${nuxeo.origin}/nuxeo/site" }
`);
    await runPage(readPage("docs/services/nuxeo.md"), {
      people: { "": person },
      replaced: { "https://connect.nuxeo.com": nuxeo.origin, laptop: hostname(), "maven nuxeoctl http": "maven http" },
      hidden: [nuxeo.addToken("alice", "git on laptop"), nuxeo.addToken("alice", "maven on laptop")],
      failing: ["toolkey revoke git-7f3k"],
    });
  });

  test("Nordic Semiconductor", async () => {
    const nordic = use(await startNordic());
    const person = await userOf(nordic, `[service.nordic]
issuer = "nordic"
title = "Nordic Semiconductor files"
url = "${nordic.origin}"
cacert = "${nordic.caFile}"
http = { url = "${nordic.origin}/artifactory" }
`);
    await runPage(readPage("docs/services/nordic.md"), {
      people: { "": person },
      replaced: { "https://files.nordicsemi.com": nordic.origin, laptop: hostname() },
      hidden: [nordic.makeUserToken({ description: "scripts", expiresIn: 90 * 86_400 }).referenceToken],
    });
  });

  test.skipIf(verdaccioMissing("6.10.4"))("npm registries", async () => {
    const verdaccio = use(await startVerdaccio({ version: "6.10.4" }));
    const person = await userOf(verdaccio);
    await runPage(readPage("docs/services/npm-registry.md"), {
      people: { "": person },
      headings: ["npm registries"],
      replaced: { "registry.example.com": new URL(verdaccio.origin).host, dave: verdaccio.username, "10.0.0.0/8": "127.0.0.0/8" },
      hidden: [verdaccio.password],
    });
  });

  test("GitHub, itself and by an app", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const installations = [{ id: 1, repositories: ["acme/widget"], permissions: { contents: "write" } }];
    const app = { id: "Iv23liEXAMPLE", slug: "acme", publicKey, installations };
    const github = use(await startGitHub({ login: "grace", repositories: ["grace/notes", "acme/widget"], online: true, app }));
    const person = await userOf(github, undefined, { HTTPS_PROXY: github.proxyUrl });
    await mkdir(join(person.directory, "Downloads"));
    await writeFile(join(person.directory, "Downloads/acme.private-key.pem"), privateKey.export({ type: "pkcs1", format: "pem" }));
    await runPage(readPage("docs/services/github.md"), {
      people: { "": person },
      replaced: { "on+laptop": `on+${hostname()}` },
      hidden: [github.addToken("github_pat_").secret],
      headings: ["GitHub", "An app of your own: a token for each repository"],
    });
  });
});
