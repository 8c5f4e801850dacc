/** The pages of the manual, from what commands tell of themselves. */
import { describe, expect, it } from "vitest";
import { command } from "../../src/cli/command.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { COMMAND_FACTS } from "../../src/cli/manual/all-commands.ts";
import { commandFacts } from "../../src/cli/manual/command-facts.ts";
import { commandPage, optionTerm } from "../../src/cli/manual/command-page.ts";
import { FILES } from "../../src/cli/manual/places.ts";
import { render } from "../../src/cli/manual/roff.ts";
import { sharedFiles } from "../../src/cli/manual/shared-files.ts";
import { paths } from "../../src/platform/paths.ts";
import { HELPERS } from "../../src/protocols/tool-facts.ts";

const SECTIONS = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "EXIT STATUS", "ENVIRONMENT", "FILES", "SEE ALSO"];

const pages = new Map(sharedFiles("1.2.3").flatMap(([path, text]) => (path.startsWith("man/") ? [[path.slice("man/man1/".length, -".1".length), text]] : [])));

function sectionsOf(page: string): string[] {
  return [...page.matchAll(/^\.SH (.*)$/gm)].map(([, title = ""]) => title);
}

describe("the manual", () => {
  it("has a page of toolkey, of each command and of each helper", () => {
    const commands = COMMANDS.map(({ name }) => `toolkey-${name}`);
    expect([...pages.keys()].toSorted()).toEqual(["toolkey", "git-credential-toolkey", ...commands, ...HELPERS.map(({ name }) => name)].toSorted());
  });

  it("has the sections that people look for, on the page of each command", () => {
    expect(sectionsOf(pages.get("toolkey") ?? "")).toEqual(expect.arrayContaining(SECTIONS));
    for (const { name } of COMMANDS) expect(sectionsOf(pages.get(`toolkey-${name}`) ?? "")).toEqual(SECTIONS);
  });

  it("says more of a command than its help", () => {
    expect(COMMAND_FACTS.filter(({ about }) => about.length === 0).map(({ name }) => name)).toEqual([]);
  });

  it("names the version and no day", () => {
    for (const page of pages.values()) expect(page).toMatch(/^\.TH "[A-Z-\\]+" "1" "" "toolkey 1\.2\.3" "Manual of toolkey"\n/);
    expect([...pages.values()].filter((page) => /\b20\d\d-\d\d-\d\d\b/.test(page.replaceAll("2027-01-31", "")))).toEqual([]);
  });

  it("refers to pages that there are, and to those of commands that a page names", () => {
    for (const page of pages.values()) {
      const own = [...page.slice(page.indexOf(".SH SEE ALSO")).matchAll(/\\fB([^\\]*(?:\\-[^\\]*)*)\\fR\(1\)/g)].map(([, name = ""]) => name.replaceAll("\\-", "-"));
      expect(own.filter((name) => !pages.has(name) && name !== "age")).toEqual([]);
    }
    expect(pages.get("toolkey-show")).toContain(".SH SEE ALSO\n\\fBtoolkey\\fR(1), \\fBtoolkey\\-run\\fR(1)\n");
  });

  it.skipIf(process.platform !== "linux")("names the files that toolkey uses", () => {
    const named = FILES.flatMap((block) => (typeof block === "object" && "term" in block ? [block.term] : [])).join(" ");
    const own = paths({ HOME: "/~" });
    for (const path of [own.vault, own.configFile, own.gatewayFile, own.socket, `${own.log}/daemon.log`]) expect(named).toContain(`\`${path.slice(1)}\``);
  });
});

describe("what a command takes", () => {
  it("is what it tells yargs, one by one or several at once", () => {
    const given = {
      "secret-file": { type: "string", requiresArg: true, describe: "a file" },
      words: { type: "string", array: true, default: [], requiresArg: true, describe: "some" },
      count: { type: "number", alias: "n", default: 10, requiresArg: true, describe: "how many" },
      home: { type: "boolean", default: true, describe: "look there; --no-home: don't" },
      tree: { type: "string", choices: ["a", "b"], describe: "which" },
    } as const;
    const own = command({
      command: "try <id> [rest..]",
      describe: "try it",
      json: false,
      examples: [["$0 try x", "tries"]],
      lists: ["rest"],
      offered: { id: ["one", "two"] },
      options: (parser) => parser.positional("id", { describe: "its id" }).positional("rest", { describe: "more" }).options(given).option("last", given.tree),
      run: () => Promise.resolve(),
    });
    const facts = commandFacts(own);
    expect(facts).toMatchObject({ name: "try", describe: "try it", about: [], examples: [["toolkey try x", "tries"]] });
    expect(facts.words).toEqual([
      { name: "id", describe: "its id", isRequired: true, isList: false, choices: ["one", "two"], offered: "tokens" },
      { name: "rest", describe: "more", isRequired: false, isList: true, choices: [], offered: undefined },
    ]);
    const value = { short: undefined, takes: "a value", offered: undefined, isNegatable: false, isList: false, choices: [], preset: undefined };
    expect(facts.options).toEqual([
      { ...value, name: "secret-file", describe: "a file", placeholder: "FILE", offered: "files" },
      { ...value, name: "words", describe: "some", placeholder: "WORDS", isList: true },
      { ...value, name: "count", describe: "how many", short: "n", placeholder: "N", preset: "10" },
      { ...value, name: "home", describe: "look there; --no-home: don't", placeholder: "HOME", takes: "nothing", isNegatable: true },
      { ...value, name: "tree", describe: "which", placeholder: "TREE", takes: "a value or nothing", choices: ["a", "b"] },
      { ...value, name: "last", describe: "which", placeholder: "LAST", takes: "a value or nothing", choices: ["a", "b"] },
    ]);
    expect(commandPage(facts).sections.find(({ title }) => title === "SYNOPSIS")?.blocks).toEqual(["`toolkey try` [<options>] <id> [<rest> ...]"]);
    expect(facts.options.map(optionTerm)).toEqual([
      "`--secret-file` <FILE>", "`--words` <WORDS>", "`-n`, `--count` <N>", "`--home`, `--no-home`", "`--tree` [`a`|`b`]", "`--last` [`a`|`b`]",
    ]);
  });
});

describe("a page", () => {
  it("has what a line could do as a text", () => {
    const blocks = [".so /etc/passwd", "'a \\fB \\n", { lines: [".fi", "'x' \\ ^~`", "", "--a-b"] }, { term: "`--a-b` <X-Y>", text: "a-b --c (-d) „ü“…" }] as const;
    const page = render({ name: "a-b", purpose: "does", sections: [{ title: "DESCRIPTION", blocks }, { title: "NONE", blocks: [] }] }, '1"');
    expect(page.split("\n")).toEqual([
      '.TH "A\\-B" "1" "" "toolkey 1\\(dq" "Manual of toolkey"', ".nh", ".ad l", ".SH NAME", "a\\-b \\- does", ".SH DESCRIPTION",
      "\\&.so /etc/passwd", ".PP", "\\(aqa \\efB \\en",
      ".PP", ".RS 4", ".nf", "\\&.fi", "\\(aqx\\(aq \\e \\(ha\\(ti\\(ga", "", "\\-\\-a\\-b", ".fi", ".RE",
      ".TP", "\\fB\\-\\-a\\-b\\fR \\fIX-Y\\fR", "a-b \\-\\-c (\\-d) \\[u201E]\\[u00FC]\\[u201C]...", "",
    ]);
  });

  it("has no lines that are longer than they must be, and none that begins as a request", () => {
    const text = `${"word ".repeat(30)}.hidden ${"x".repeat(100)} end`;
    const lines = render({ name: "a", purpose: "b", sections: [{ title: "T", blocks: [text] }] }, "1").split("\n").slice(6);
    expect(lines.filter((line) => line.length > 80)).toEqual(["x".repeat(100)]);
    expect(lines.filter((line) => line.startsWith("."))).toEqual([]);
    expect(lines.join(" ").replaceAll("\\&", "").trim()).toBe(text);
  });
});
