/** docs/recipes/company-proxy.md, word for word: git.example.com is known to the proxy alone. */
import { createHash, X509Certificate } from "node:crypto";
import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startCompanyProxy } from "../../fixtures/network/company-proxy.ts";
import { startGitServer, type GitServer } from "../../fixtures/registries/git/git-server.mjs";
import type { OpeningProxy } from "../../fixtures/network/opening-proxy.ts";
import { readPage } from "../../fixtures/documents/page.ts";
import { makeUser, runPage, type Person } from "../../fixtures/documents/page-run.ts";
import { missing } from "../../fixtures/programs/programs.ts";

const TOKEN = "c0mpany-t0ken";

let server: GitServer;
let proxy: OpeningProxy;
let person: Person;

beforeAll(async () => {
  server = await startGitServer({ projects: ["widget"], accounts: [{ username: "alice", token: TOKEN }] });
  proxy = await startCompanyProxy({ "git.example.com": { origin: server.origin, ca: await readFile(server.caFile, "utf8") } });
  person = await makeUser();
  await copyFile(proxy.caFile, join(person.directory, "company.pem"));
});
afterAll(async () => {
  await person.dispose();
  await proxy.close();
  await server.close();
});

test.skipIf(missing("bash", "script"))("a company's authority and proxy", async () => {
  const fingerprint = createHash("sha256").update(new X509Certificate(await readFile(proxy.caFile)).raw).digest("hex");
  await runPage(readPage("docs/recipes/company-proxy.md"), {
    people: { "": person },
    replaced: { "http://proxy.example.com:3128": proxy.url, "git.example.com/acme": "git.example.com/nuxeo/git", FINGERPRINT: fingerprint.slice(0, 8) },
    hidden: [TOKEN],
  });
  expect(new Set(proxy.asked)).toEqual(new Set(["git.example.com:443"]));
});
