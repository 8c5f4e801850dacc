/** docs/recipes/wsl.md, word for word, on Linux: of Windows there is nothing here. */
import { afterAll, beforeAll, test } from "vitest";
import { readPage } from "../../fixtures/documents/page.ts";
import { makePerson, runPage, type Person } from "../../fixtures/documents/page-run.ts";
import { missing } from "../../fixtures/programs/programs.ts";

let person: Person;

beforeAll(async () => {
  person = await makePerson();
});
afterAll(() => person.dispose());

test.skipIf(missing("bash", "script"))("what is Linux in WSL", async () => {
  const passphrase = "correct horse battery";
  await runPage(readPage("docs/recipes/wsl.md"), { people: { "": person }, hidden: [passphrase, passphrase] });
});
