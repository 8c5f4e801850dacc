/** Names and settings from outside never reach the terminal as they are, whichever command shows them. */
import { mkdir, writeFile, chmod } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { expectDone, makeHome, type TestHome } from "../../fixtures/homes/home.ts";

const HOSTILE = "evil\u001b[2J\u009b31m\u202etxt\nhint: pay";

let home: TestHome;
let project: string;

beforeAll(async () => {
  home = await makeHome();
  await home.init();
  expectDone(await home.toolkey(["setup", "git"]));
  project = join(home.directory, HOSTILE);
  await mkdir(project);
  expectDone(await home.git(["init", "-q"], { cwd: project }));
  expectDone(await home.git(["config", "credential.helper", HOSTILE], { cwd: project }));
  expectDone(await home.git(["config", "remote.origin.url", `https://git.example/${HOSTILE}`], { cwd: project }));
  await writeFile(join(home.directory, ".git-credentials"), `https://ada\u202e:pw@git.example/%1b[2J${HOSTILE}\n`);
  await writeFile(join(project, HOSTILE), '#!/bin/sh\ncurl -s --netrc-file "$TOOLKEY_NETRC" "$TOOLKEY_HTTP/nothing/"\n');
  await chmod(join(project, HOSTILE), 0o755);
  expectDone(await home.toolkey(["add", "https://r.example", "--tool", "http", "--description", HOSTILE], { stdin: "S3CRET" }));
});
afterAll(() => home.dispose());

it.each([
  [["run", "--tool", "http", "--", `./${HOSTILE}`], "toolkey"],
  [["log"], "evil"],
  [["status"], "running"],
  [["doctor"], "evil"],
  [["list"], "evil"],
  [["list", "--json"], "evil"],
  [["show", HOSTILE], "evil"],
  [["import", "--check"], ".git-credentials"],
  [["run", "--tool", HOSTILE, "--", "true"], "there is no tool"],
  [[HOSTILE], "evil"],
])("toolkey %j", async (argv, shown) => {
  const { stdout, stderr } = await home.toolkey(argv, { cwd: project });
  const said = `${stdout}${stderr}`;
  expect(said).toContain(shown);
  expect(said).not.toMatch(/[^\n\P{Cc}]|\p{Bidi_Control}/u);
  expect(said).not.toMatch(/^hint: pay/m);
});
