/** What completion offers, by the words before the cursor. */
import { describe, expect, it } from "vitest";
import { offersAt, type Offer } from "../../src/cli/completion/offers.ts";
import { COMMAND_FACTS } from "../../src/cli/manual/all-commands.ts";
import { CLI_TOOLS } from "../../src/cli/tools/tools.ts";
import { TOOL_NAMES } from "../../src/protocols/tool-facts.ts";

/** `.` is the end of a word, and of the line where the last one is being typed. */
function at(line: string): Offer {
  return offersAt(line.split(" ").map((word) => (word === "." ? "" : word)));
}

function words(line: string): readonly string[] {
  const offer = at(line);
  if (offer.kind !== "words") throw new Error(`${line}: ${offer.kind}`);
  return offer.words.map(([word]) => offer.before + word);
}

describe("offers", () => {
  it("commands, each with what it does, where one is to be named", () => {
    expect(at(".")).toEqual({ kind: "words", words: COMMAND_FACTS.map(({ name, describe: what }) => [name, what]), before: "" });
    for (const line of ["li", "--cacert ca.pem .", "help ."]) expect(words(line)).toEqual(COMMAND_FACTS.map(({ name }) => name));
    expect(words("frobnicate .")).toEqual([]);
    expect(words("frobnicate --")).toEqual([]);
    expect(words("unlock .")).toEqual([]);
  });

  it("tools and choices", () => {
    expect(words("list --tool .")).toEqual(TOOL_NAMES);
    expect(words("run --only .")).toEqual(TOOL_NAMES);
    expect(words("list --tool=n")).toEqual(TOOL_NAMES.map((tool) => `--tool=${tool}`));
    expect(words("setup .")).toEqual([...CLI_TOOLS.keys()]);
    expect(words("setup git .")).toEqual([]);
    expect(words("init --key .")).toEqual(["keychain", "passphrase", "file"]);
    expect(words("completion .")).toEqual(["bash", "zsh", "fish"]);
    expect(words("config .")).toEqual(["accept", "refuse", "check"]);
    expect(words("config refuse .")).toEqual([]);
  });

  it.each(["show", "replace", "restore", "revoke", "use", "check", "rotate"])("the ids of tokens: %s", (command) => {
    expect(at(`${command} .`)).toEqual({ kind: "tokens", before: "" });
  });

  it("ids again where there may be several, and not where there may be one", () => {
    expect(at("revoke --local git-1 --yes npm-")).toEqual({ kind: "tokens", before: "" });
    expect(words("show git-1 .")).toEqual([]);
    expect(at("revoke -- .")).toEqual({ kind: "tokens", before: "" });
    expect(at("revoke -- -")).toEqual({ kind: "tokens", before: "" });
  });

  it("services, and those of tokens", () => {
    for (const line of ["add .", "login .", "mint .", "services .", "list --remote ."]) expect(at(line)).toEqual({ kind: "services", before: "" });
    expect(at("list --service .")).toEqual({ kind: "used services", before: "" });
    expect(at("list --service=g")).toEqual({ kind: "used services", before: "--service=" });
  });

  it("files and directories, where an option wants them", () => {
    expect(at("check --cacert .")).toEqual({ kind: "files" });
    expect(at("login acme --key-file=k")).toEqual({ kind: "files" });
    expect(at("import --project .")).toEqual({ kind: "directories" });
  });

  it("options with what they do, but those that are there", () => {
    const offer = at("import --check -y --");
    expect(offer).toMatchObject({ kind: "words", words: expect.arrayContaining([["--undo", "write the files back as they were"]]) as unknown });
    expect(words("import --check -y --")).toEqual(expect.arrayContaining(["--home", "--no-home", "--project", "--cacert", "--help", "--version"]));
    expect(words("import --check -y --")).not.toContain("--check");
    expect(words("import --check -y --")).not.toContain("--yes");
    expect(words("import --no-home --")).not.toContain("--home");
    expect(words("import --tool=git --")).not.toContain("--tool");
    expect(words("run --only git --")).toContain("--only");
    expect(words("import -")).toContain("-y");
    expect(words("import --")).not.toContain("-y");
    expect(words("--")).toEqual(["--cacert", "--help", "--version"]);
    expect(words("import --check=")).toEqual([]);
  });

  it("options after one whose value may be left out, whose value that is not", () => {
    expect(words("import --project --c")).toContain("--check");
    expect(at("import --project --tool .")).toMatchObject({ kind: "words" });
    expect(words("add acme --username .")).toEqual([]);
    expect(words("add acme --username --tool")).toEqual([]);
  });

  it("what completes another command, from where that one begins", () => {
    expect(at("run .")).toEqual({ kind: "command", at: 1 });
    expect(at("run npm ci --")).toEqual({ kind: "command", at: 1 });
    expect(at("run --only git -q -- npm .")).toEqual({ kind: "command", at: 5 });
    expect(at("run -- .")).toEqual({ kind: "command", at: 2 });
    expect(at("run -- --")).toEqual({ kind: "command", at: 2 });
    expect(words("run --tool .")).toEqual(TOOL_NAMES);
    expect(at("add acme --tool npm --command -- gh au")).toEqual({ kind: "command", at: 6 });
    expect(words("add acme .")).toEqual([]);
  });
});
