/** Pages on toolkey itself, word for word. */
import { createHash, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { expectDone } from "../../fixtures/homes/home.ts";
import { readPage } from "../../fixtures/documents/page.ts";
import { makePerson, makeUser, runPage, type Person } from "../../fixtures/documents/page-run.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { makeTls } from "../../fixtures/network/tls.ts";

let person: Person;
afterEach(() => person.dispose());

describe.skipIf(missing("bash", "script"))("the page on", () => {
  test("the vault", async () => {
    const tls = await makeTls();
    try {
      person = await makeUser({ env: { NODE_EXTRA_CA_CERTS: tls.caFile } });
      const fingerprint = createHash("sha256").update(new X509Certificate(await readFile(tls.caFile)).raw).digest("hex");
      await runPage(readPage("docs/vault.md"), { people: { "": person }, replaced: { "4f2a90c1": fingerprint.slice(0, 8) } });
      expect(JSON.parse((await person.run("toolkey", ["config", "--json"])).stdout)).toMatchObject({ accepted: "" });
    } finally {
      await tls.remove();
    }
  });

  test("what to do when something doesn't work", async () => {
    person = await makeUser();
    await runPage(readPage("docs/troubleshooting.md"), { people: { "": person } });
  });

  test("machines without anybody at them", async () => {
    person = await makePerson();
    await person.program("jq", "cat >/dev/null\n");
    await runPage(readPage("docs/unattended.md"), { people: { "": person } });
    const settings = await readFile(join(person.directory, ".gitconfig"), "utf8");
    expect(settings).toContain("git-credential-toolkey");
    // As often as you like.
    expectDone(await person.run("sh", ["-c", "toolkey init --key file && toolkey setup --all --yes"]));
    expect(await readFile(join(person.directory, ".gitconfig"), "utf8")).toBe(settings);
  });
});
