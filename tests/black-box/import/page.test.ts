/** What docs/tools/import.md and the tour show of `toolkey import`, word for word, and that every byte comes back. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { expectDone } from "../../fixtures/homes/home.ts";
import { readPage } from "../../fixtures/documents/page.ts";
import { makeUser, runPage, type Person } from "../../fixtures/documents/page-run.ts";
import { missing } from "../../fixtures/programs/programs.ts";

const FILES: Readonly<Record<string, string>> = {
  ".git-credentials": "https://alice:s3cret-of-git@git.example.com\n",
  ".npmrc": "registry=https://npm.example/\nfund=false\n//npm.example/:_authToken=s3cret-of-npm\n",
  ".docker/config.json": `{\n  "auths": {\n    "ghcr.io": {\n      "auth": "${Buffer.from("alice:s3cret-of-docker").toString("base64")}"\n    }\n  }\n}\n`,
};

describe.skipIf(missing("bash", "script"))("toolkey import", () => {
  let person: Person;
  beforeEach(async () => {
    person = await makeUser();
  });
  afterEach(() => person.dispose());

  async function write(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      await mkdir(dirname(join(person.directory, path)), { recursive: true });
      await writeFile(join(person.directory, path), FILES[path] ?? "");
    }
  }

  async function cameBack(paths: readonly string[]): Promise<void> {
    expectDone(await person.run("toolkey", ["import", "--undo"]));
    for (const path of paths) expect(await readFile(join(person.directory, path), "utf8")).toBe(FILES[path]);
  }

  test("as its page shows it", async () => {
    await write(Object.keys(FILES));
    await runPage(readPage("docs/tools/import.md"), { people: { "": person } });
    await cameBack(Object.keys(FILES));
  });

  test("as the tour shows it", async () => {
    const paths = [".git-credentials", ".npmrc"];
    await write(paths);
    await runPage(readPage("docs/tour.md"), { people: { "": person }, headings: ["Out of plain text"] });
    await cameBack(paths);
  });
});
