/** Every command that the documents show is one that toolkey takes, and what can be run is run by a test. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ParsedCommand } from "../src/cli/command.ts";
import { commandLine } from "../src/cli/command-line.ts";
import { withoutHelpWord } from "../src/cli/command-names.ts";
import type { Context } from "../src/cli/context.ts";
import { COMMAND_FACTS, COMMON } from "../src/cli/manual/all-commands.ts";
import { TOOL_NAMES } from "../src/protocols/tool-facts.ts";
import { readPage, type PageBlock } from "./fixtures/documents/page.ts";
import { argumentsOf, simpleCommands } from "./fixtures/documents/shell-words.ts";

const ROOT = join(import.meta.dirname, "..");
const PAGES = ["README.md", "SECURITY.md", "CONTRIBUTING.md", "bench/README.md", ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md")).map((name) => join("docs", name))].toSorted();

/** Pages of which a test runs all consoles, or those under some headings. Each recipe is run by the test of its name. */
const RUN: readonly (readonly [page: string, test: string, headings?: readonly string[]])[] = [
  ["README.md", "tests/black-box/readme.test.ts", ["First steps"]],
  ["docs/tour.md", "tests/black-box/readme.test.ts", ["A vault, and git", "When a server refuses a token", "When something doesn't work"]],
  ["docs/tour.md", "tests/black-box/import/page.test.ts", ["Out of plain text"]],
  ["docs/tour.md", "tests/black-box/tools/tour.test.ts", ["Builds"]],
  ["docs/tools/import.md", "tests/black-box/import/page.test.ts"],
  ...["troubleshooting", "unattended", "vault"].map((name) => [`docs/${name}.md`, "tests/black-box/cli/pages.test.ts"] as const),
  ["docs/services/github.md", "tests/black-box/services/pages.test.ts", ["GitHub", "An app of your own: a token for each repository"]],
  ["docs/services/npm-registry.md", "tests/black-box/services/pages.test.ts", ["npm registries"]],
  ...["gitea", "gitlab", "nordic", "nuxeo"].map((service) => [`docs/services/${service}.md`, "tests/black-box/services/pages.test.ts"] as const),
  ...readdirSync(join(ROOT, "docs/recipes")).filter((name) => name !== "README.md").map((name) => [`docs/recipes/${name}`, `tests/black-box/recipes/${name.replace(".md", ".test.ts")}`] as const),
];

/** What is run nowhere as it stands, and why; without a heading the whole page. */
const NOT_RUN: readonly (readonly [page: string, heading: string | undefined, reason: string])[] = [
  ["README.md", "Install", "both are run in an empty Debian: tests/empty-root.sh"],
  ["docs/agents.md", undefined, "agents are programs of others; a stand-in for one: tests/black-box/sessions/agent.test.ts"],
  ["docs/ci.md", undefined, "with its files for each CI, in the shape of such jobs: tests/black-box/install/ci.test.ts"],
  ["docs/doctor.md", undefined, "needs jq; the codes: tests/cli/doctor-codes.test.ts"],
  ["docs/fleet.md", undefined, "its file and its blocks are run on a machine that has them: tests/black-box/daemon/fleet.test.ts"],
  ["docs/gateway.md", undefined, "JFrog Connect is JFrog's; the way to such a place: tests/black-box/tools/http/http-gateway.test.ts"],
  ["docs/installing.md", "npm", "not published; from the package itself: tests/black-box/install/npm-package.test.ts"],
  ["docs/installing.md", "One file", "the file is made and used in tests/black-box/install/one-file.test.ts"],
  ["docs/installing.md", "Debian package", "dpkg in place of apt and sudo: tests/black-box/install/debian-package.test.ts"],
  ["docs/installing.md", "A clone", "run with its options in tests/black-box/install/install.test.ts"],
  ["docs/installing.md", "Taking it back", "each line is one way of several; tests/black-box/install/npm-package.test.ts"],
  ["docs/moving.md", undefined, "Nuxeo's and JFrog's tokens; the same with stand-ins: tests/black-box/moving/import.test.ts, tests/black-box/install/purge.test.ts"],
  ["docs/releasing.md", undefined, "packs Node for other machines, and takes minutes; each form: tests/black-box/install/one-file.test.ts"],
  ["docs/sandbox.md", undefined, "what its line names differs by machine: tests/black-box/sandbox/tools.test.ts"],
  ["docs/services/bitbucket.md", undefined, "Bitbucket itself; its answers: tests/issuers/bitbucket.test.ts"],
  ["docs/services/command.md", undefined, "needs aws, gh, op; stand-ins for them: tests/black-box/services/command.test.ts"],
  ["docs/services/jfrog.md", undefined, "needs a browser; a stand-in for it and for JFrog: tests/black-box/services/jfrog-browser.test.ts"],
  ["docs/services/npm-registry.md", "npmjs.org", "npmjs.org itself; the same at another registry: tests/black-box/services/npm-registry.test.ts"],
  ["docs/services/oauth.md", undefined, "needs a browser; a person at it: tests/black-box/services/oauth.test.ts"],
  ["docs/sessions.md", undefined, "a session that is looked at while it lives: tests/black-box/sessions/session.test.ts"],
  ["docs/tools/maven.md", undefined, "Maven and its servers: tests/black-box/tools/maven/mavenrc.test.ts, tests/black-box/tools/maven/maven-gateway-setup.test.ts"],
  ...["ansible", "bazel", "bundler", "cargo", "composer", "conan", "coursier", "docker", "go", "gradle", "netrc", "pip", "terraform"].map(
    (tool) => [`docs/tools/${tool}.md`, undefined, `its clients and a server for them: tests/black-box/tools/${tool}/${tool}.test.ts`] as const,
  ),
  ...["npm", "pnpm", "yarn"].map((tool) => [`docs/tools/${tool}.md`, undefined, `each version of it, by the same rows: tests/black-box/tools/npm/${tool}.test.ts`] as const),
  ["docs/tour.md", "Tokens that are made for you", "needs a browser, and JFrog's own address: tests/black-box/services/jfrog-browser.test.ts"],
  ["docs/tour.md", "Revoking", "JFrog's token: tests/black-box/services/revoke.test.ts"],
  ["docs/tour.md", "Containers, Python, Rust, Go and more", "one line for each of many tools: tests/black-box/tools/docker/docker.test.ts and those beside it"],
  ["docs/tour.md", "Everything else: sessions", "make, git and npm with their servers: tests/black-box/sessions/session.test.ts"],
  ["docs/unattended.md", undefined, "what is no console needs a service and a secret store: tests/black-box/tools/setup-all.test.ts"],
];

const hasCommands = ({ language, file }: PageBlock): boolean => language === "console" || (language === "sh" && file === undefined);

/** The lines of a block that a shell gets. */
function shellLines({ language, text, commands }: PageBlock): readonly string[] {
  if (language === "console") return commands.map(({ command }) => command);
  return language === "sh" ? text.replaceAll(/\\\n\s*/g, "").split("\n") : [];
}

async function faultOf(argv: readonly string[]): Promise<string | undefined> {
  const context = { output: { textWidth: 80, isForPrograms: false } } as Context;
  try {
    const words = withoutHelpWord(argv);
    if (words.includes("--help") || words.includes("--version")) return undefined;
    await commandLine(words, context).parseAsync();
    return "it asks for nothing";
  } catch (error) {
    if (error instanceof ParsedCommand) return undefined;
    return error instanceof Error ? error.message : String(error);
  }
}

describe.each(PAGES)("%s", (page) => {
  const { blocks } = readPage(page);

  it("shows commands that there are, with options that they have", async () => {
    const shown = blocks.flatMap((block) => shellLines(block).flatMap((line) => argumentsOf("toolkey", line).map((argv) => ({ line, argv }))));
    const faults = await Promise.all(shown.map(async ({ line, argv }) => ({ line, fault: await faultOf(argv) })));
    expect(faults.filter(({ fault }) => fault !== undefined)).toEqual([]);
    // Which tools there are, the parser leaves to the command.
    const tools = shown.flatMap(({ argv }) => argv.flatMap((word, index) => (argv[index - 1] === "--tool" ? [word] : [])));
    expect(tools.filter((tool) => !TOOL_NAMES.some((name) => name === tool))).toEqual([]);
  });

  it("names commands and options that there are", () => {
    const text = readFileSync(join(ROOT, page), "utf8").replaceAll(/^( *)```[^]*?^\1```/gm, "");
    // Its name is also in what it writes elsewhere: `toolkey on laptop (toolkey …)`.
    const named = [...text.matchAll(/`(toolkey [^`]+)`/g)].map(([, line = ""]) => line).filter((line) => !/^toolkey (on |none-for-this-registry)/.test(line));
    expect(named.flatMap((line) => argumentsOf("toolkey", line).flatMap((argv) => unknownWords(argv))).toSorted()).toEqual([]);
  });

  it("is run by a test, or it is said why not", () => {
    const runs = RUN.filter(([path]) => path === page);
    const excuses = NOT_RUN.filter(([path]) => path === page);
    const left = blocks.filter(hasCommands).filter(({ language, heading }) => {
      const isRun = language === "console" && runs.some(([, , headings]) => headings?.includes(heading) !== false);
      return !isRun && !excuses.some(([, under]) => under === undefined || under === heading);
    });
    expect(left.map(({ heading, line }) => `${page}:${line} (${heading})`)).toEqual([]);
    for (const [, under] of excuses) expect(blocks.filter(hasCommands).some(({ heading }) => under === undefined || under === heading), `${page}, ${under}`).toBe(true);
  });
});

it("what is said to run a page does", () => {
  for (const [page, test] of RUN) expect(readFileSync(join(ROOT, test), "utf8"), test).toContain(`readPage("${page}")`);
  const named = NOT_RUN.flatMap(([, , reason]) => [...reason.matchAll(/tests\/[\w./-]+\.(?:ts|sh)/g)].map(([path]) => path));
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

it("a line is read as a shell reads it", () => {
  expect(simpleCommands('a --fd 3 3<"$X/f" b 2>&1 >out c')).toEqual([["a", "--fd", "3", "b", "c"]]);
  expect(simpleCommands("a --file <(b c)")).toEqual([["a", "--file", "/dev/fd/63"], ["b", "c"]]);
  expect(simpleCommands(`A=1 a "b c" 'd # e'\\ f | g; (h "\\"i") # j k`)).toEqual([["A=1", "a", "b c", "d # e f"], ["g"], ["h", '"i']]);
  expect(argumentsOf("toolkey", "ssh h toolkey a --b | sudo ./x/toolkey c && npm i -g toolkey; ln -s toolkey x; A=1 toolkey d")).toEqual([["a", "--b"], ["c"], ["d"]]);
});

/** Of what prose names: no command of this name, or no option of it. */
function unknownWords([name = "", ...rest]: readonly string[]): string[] {
  if (!/^[a-z]/.test(name)) return [];
  const facts = COMMAND_FACTS.find((each) => each.name === name);
  if (facts === undefined) return [name];
  const own = rest.includes("--") ? rest.slice(0, rest.indexOf("--")) : rest;
  const options = [...facts.options, ...COMMON];
  const known = new Set(options.flatMap((option) => [`--${option.name}`, `--no-${option.name}`, `-${option.short ?? ""}`]));
  return own.filter((word) => /^--?[a-z]/.test(word) && !known.has(word.split("=")[0] ?? "")).map((word) => `${name} ${word}`);
}
