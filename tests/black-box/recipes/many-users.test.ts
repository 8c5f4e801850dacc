/** docs/recipes/many-users.md, word for word, with two users of this machine, whom only root can be. */
import { chmod } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readPage } from "../../fixtures/documents/page.ts";
import { makePerson, runPage, type Person } from "../../fixtures/documents/page-run.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { isOpenToOthers } from "../sandbox/sandbox-home.ts";

const isAble = process.getuid?.() === 0 && isOpenToOthers();

let alice: Person;
let bob: Person;

beforeAll(async () => {
  if (!isAble) return;
  [alice, bob] = await Promise.all([makePerson({ uid: 54_321 }), makePerson({ uid: 54_322, env: { USER: "bob", LOGNAME: "bob" } })]);
  // As on many systems: what is below is what is guarded.
  await chmod(alice.directory, 0o755);
});
afterAll(() => Promise.all([alice?.dispose(), bob?.dispose()]));

test.skipIf(missing("bash", "script", "setpriv") || !isAble)("many users on one machine", async () => {
  await runPage(readPage("docs/recipes/many-users.md"), {
    people: { alice, bob },
    replaced: { "~alice": alice.directory },
    hidden: ["al1ce-t0ken"],
    failing: [
      "cat ~alice/.local/share/toolkey/vault.age",
      "git credential-cache --socket ~alice/.local/share/toolkey/run/agent.sock get </dev/null",
    ],
  });
  expect((await bob.run("toolkey", ["status", "--json"])).stdout).not.toContain(alice.directory);
});
