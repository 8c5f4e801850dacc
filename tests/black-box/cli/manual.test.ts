/** The manual that the build makes: what it has, what programs that show manuals say of it, and that it agrees with --help. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMMANDS } from "../../../src/cli/commands.ts";
import { sharedFiles } from "../../../src/cli/manual/shared-files.ts";
import { sampled } from "../../fixtures/form.ts";
import { BIN, expectDone, makeHome, type TestHome } from "../../fixtures/homes/home.ts";
import { missing } from "../../fixtures/programs/programs.ts";

const SHARE = join(BIN, "..", "share");
const MANUAL = join(SHARE, "man/man1");
const PAGES = readdirSync(MANUAL).map((name) => join(MANUAL, name));

let home: TestHome;
beforeAll(async () => void (home = await makeHome()));
afterAll(() => home.dispose());

it("share/ has the manual and the completions of this source, the same bytes each time, and nothing else", () => {
  const { version } = JSON.parse(readFileSync(join(BIN, "..", "package.json"), "utf8")) as { version: string };
  const files = readdirSync(SHARE, { recursive: true, encoding: "utf8" }).filter((path) => statSync(join(SHARE, path)).isFile());
  const made = Object.fromEntries(files.map((path) => [path, readFileSync(join(SHARE, path), "utf8")]));
  expect(made).toEqual(Object.fromEntries(sharedFiles(version)));
});

describe("a program that shows manuals", () => {
  it.skipIf(missing("mandoc"))("mandoc has nothing to complain of but that there is no date", async () => {
    const { stdout, stderr } = await home.run("mandoc", ["-Tlint", "-Wwarning", ...PAGES]);
    const said = `${stdout}${stderr}`.split("\n").filter((line) => line !== "");
    expect(said.filter((line) => !line.endsWith('WARNING: missing date, using "": TH'))).toEqual([]);
    expect(said).toHaveLength(PAGES.length);
  });

  it.skipIf(missing("troff"))("groff warns of nothing", async () => {
    for (const page of PAGES) expect((await home.run("troff", ["-ww", "-man", "-Tutf8", page])).stderr).toBe("");
  });

  it.skipIf(missing("mandoc"))("shows what people are to type, as it is to be typed", async () => {
    const { stdout } = expectDone(await home.run("mandoc", ["-Tascii", "-Owidth=90", join(MANUAL, "toolkey-run.1")]));
    // Bold and italics as a typewriter made them: a letter, back, a letter.
    const shown = stdout.split("\b").map((part, index, { length }) => (index === length - 1 ? part : part.slice(0, -1))).join("");
    expect(shown).toContain(`toolkey run --tool http -- sh -c 'curl --netrc-file "$TOOLKEY_NETRC" "$TOOLKEY_HTTP/acme/..."'`);
    expect(shown).toMatch(/\nSYNOPSIS\n +toolkey run \[options\] -- program \[argument \.\.\.\]\n/);
    expect(shown).toMatch(/\n {7}-q, --quiet\n {14}Don't say what the command gets\.\n/);
  });
});

it.each(sampled(COMMANDS, 5).map(({ name }) => name).filter((name) => name !== "help"))("the page of %s has the options of its --help", async (name) => {
  const help = expectDone(await home.toolkey([name, "--help"])).stdout;
  const page = readFileSync(join(MANUAL, `toolkey-${name}.1`), "utf8").replaceAll("\\-", "-");
  const options = page.slice(page.indexOf(".SH OPTIONS"), page.indexOf(".SH EXAMPLES"));
  const inHelp = [...help.matchAll(/^ {2}(?: {4}|-\w, )--([\w-]+)/gm)].map(([, option = ""]) => option);
  const onPage = [...options.matchAll(/^\.TP\n(?:\\fB-\w\\fR, )?\\fB--([\w-]+)\\fR/gm)].map(([, option = ""]) => option);
  expect(inHelp.length).toBeGreaterThan(2);
  expect(onPage.toSorted()).toEqual(inHelp.toSorted());
  expect(help).toContain(`\nMore: man toolkey-${name}\n`);
});
