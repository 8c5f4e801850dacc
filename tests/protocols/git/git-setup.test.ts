import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addHelper, effectiveHelpers, helpersOfPlaces, helperValues, isOurHelper, isPlaintextHelper, removeHelper } from "../../../src/protocols/git/setup.ts";
import { failureOf } from "../../fixtures/failures.ts";

const HELPER = "/home/me/.local/bin/git-credential-toolkey";
const BEGIN = "# toolkey: begin; 'toolkey setup git --undo' takes this block away again";
/** As an older `setup git` wrote it. */
const ONE_LINE = `\thelper = ${HELPER}`;
const TWO_LINES = lines(HELPER);
const block = (begin: string, helpers = TWO_LINES): string => `${begin}\n[credential]\n\thelper =\n${helpers}\n# toolkey: end\n`;
const BLOCK = block(BEGIN);
const JOINED = block(`${BEGIN} and the line break before it`);
const NEW = block(`${BEGIN} and the file, if nothing else is in it`);

/** @param path as it is in the configuration file */
function lines(path: string): string {
  const second = String.raw`!ask() { . \"$1\"; }; ask ${path}`;
  return `\thelper = "${second} --first"\n\thelper = "${second}"`;
}

describe("setting git up", () => {
  it.each<[what: string, before: string | undefined, after: string]>([
    ["no file", undefined, NEW],
    ["an empty file", "", BLOCK],
    ["a line break", "\n", `\n${BLOCK}`],
    ["settings", "[user]\n\tname = A\n", `[user]\n\tname = A\n${BLOCK}`],
    ["comments", "# mine\n; also mine\n", `# mine\n; also mine\n${BLOCK}`],
    ["odd indentation", "[user]name=A\n   [core]\n editor=vi  \n\n\n", `[user]name=A\n   [core]\n editor=vi  \n\n\n${BLOCK}`],
    ["no final line break", "[user]\n\tname = A", `[user]\n\tname = A\n${JOINED}`],
    ["line ends of DOS", "[user]\r\n\tname = A\r\n", `[user]\r\n\tname = A\r\n${BLOCK}`],
    ["line ends of DOS, and none at the end", "[user]\r\n\tname = A", `[user]\r\n\tname = A\n${JOINED}`],
    ["a byte order mark", "\u{feff}[user]\n\tname = A\n", `\u{feff}[user]\n\tname = A\n${BLOCK}`],
    ["a byte order mark alone", "\u{feff}", `\u{feff}\n${JOINED}`],
    ["other helpers", "[credential]\n\thelper = store\n\thelper = cache\n", `[credential]\n\thelper = store\n\thelper = cache\n${BLOCK}`],
    [
      "a helper for one host",
      '[credential "https://h"]\n\thelper = !gh auth git-credential\n',
      `[credential "https://h"]\n\thelper = !gh auth git-credential\n${BLOCK}`,
    ],
    ["our block already", BLOCK, BLOCK],
    ["our block of a new file already", NEW, NEW],
    ["our block after a line without an end already", `[user]\n\tname = A\n${JOINED}`, `[user]\n\tname = A\n${JOINED}`],
    ["our block with another path", block(BEGIN, lines("/old/bin/git-credential-toolkey")), BLOCK],
    ["our block of before, with one helper", block(BEGIN, ONE_LINE), BLOCK],
    ["our block before another helper", `${BLOCK}[credential]\n\thelper = store\n`, `[credential]\n\thelper = store\n${BLOCK}`],
    [
      "a comment that is nearly our marker",
      `${BEGIN}, or so\n[credential]\n# toolkey: end\n`,
      `${BEGIN}, or so\n[credential]\n# toolkey: end\n${BLOCK}`,
    ],
  ])("in a file with %s", (_what, before, after) => {
    expect(addHelper(before, HELPER)).toBe(after);
    expect(addHelper(after, HELPER)).toBe(after);
  });

  it.each<[helper: string, path: string]>([
    ["/opt/tool key/git-credential-toolkey", String.raw`/opt/tool\\ key/git-credential-toolkey`],
    [`/o'b"/git-credential-toolkey`, String.raw`/o\\'b\\\"/git-credential-toolkey`],
    ["/a#b;c/git-credential-toolkey", String.raw`/a\\#b\\;c/git-credential-toolkey`],
    [String.raw`/a\b/git-credential-toolkey`, String.raw`/a\\\\b/git-credential-toolkey`],
    ["/🔑/git-credential-toolkey", String.raw`/\\🔑/git-credential-toolkey`],
    ["/usr/local+x/v1.0_a@b%c:d,e=f-g/git-credential-toolkey", "/usr/local+x/v1.0_a@b%c:d,e=f-g/git-credential-toolkey"],
  ])("escapes the path for the shell, and that for git: %s", (helper, path) => {
    expect(addHelper("", helper)).toBe(block(BEGIN, lines(path)));
  });

  it.each(["/a\nb/git-credential-toolkey", "/a\rb/x", "/a\0b/x"])("is refused for a path that git can't take: %j", (helper) => {
    expect(failureOf(() => addHelper("", helper)).code).toBe("usage");
  });
});

describe("taking it back", () => {
  it.each<[what: string, text: string, expected: string | undefined]>([
    ["a file without us", "[user]\n\tname = A", "[user]\n\tname = A"],
    ["an empty file", "", ""],
    ["a file of our own", NEW, undefined],
    ["a file with our block of before, with one helper", `[a]\n\tb = c\n${block(BEGIN, ONE_LINE)}`, "[a]\n\tb = c\n"],
    ["a file of our own to which was added", `${NEW}[user]\n\tname = A\n`, "[user]\n\tname = A\n"],
    ["a file that was empty", BLOCK, ""],
    ["settings after our block", `[a]\n\tb = c\n${BLOCK}[user]\n\tname = A\n`, "[a]\n\tb = c\n[user]\n\tname = A\n"],
    ["settings after our block, before which a line had no end", `[a]\n\tb = c\n${JOINED}[user]\n\tname = A\n`, "[a]\n\tb = c\n[user]\n\tname = A\n"],
    [
      "a setting that git wrote into our block",
      BLOCK.replace("# toolkey: end", "\tuseHttpPath = true\n# toolkey: end"),
      "[credential]\n\tuseHttpPath = true\n",
    ],
    [
      "a helper that git added to our block",
      `[a]\n\tb = c\n${JOINED.replace("# toolkey: end", "\thelper = cache\n# toolkey: end")}`,
      "[a]\n\tb = c\n[credential]\n\thelper = cache\n",
    ],
    [
      "settings in our block and after it",
      `${NEW.replace("# toolkey: end", "\tusername = \u2028me\n# toolkey: end")}[user]\n\tname = A\n`,
      "[credential]\n\tusername = \u2028me\n[user]\n\tname = A\n",
    ],
    ["our block without its final line break", BLOCK.slice(0, -1), ""],
    ["our begin without our end, which is not ours to cut", `${BEGIN}\n[credential]\n\thelper =\n`, `${BEGIN}\n[credential]\n\thelper =\n`],
    ["our end before our begin", `# toolkey: end\n${BEGIN}\n`, `# toolkey: end\n${BEGIN}\n`],
  ])("from %s", (_what, text, expected) => {
    expect(removeHelper(text)).toBe(expected);
  });

  it("leaves every text as it was before", () => {
    const pieces = fc.constantFrom("\n", "\r\n", "\r", "[user]", "[credential]", "\thelper =", "\thelper = store", "# toolkey: end", "# toolkey", "\\", '"', "\u2028", "\u{feff}", " ");
    const text = fc.array(fc.oneof(pieces, fc.string(), fc.string({ unit: "binary" }))).map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.option(text, { nil: undefined }), fc.constantFrom(HELPER, "/a b/git-credential-toolkey", "/'/git-credential-toolkey"), (before, helper) => {
        const after = addHelper(before, helper);
        expect(removeHelper(after)).toBe(before);
        expect(addHelper(after, helper)).toBe(after);
      }),
      { numRuns: 1000 },
    );
  });

  it("loses no line that was written behind our block", () => {
    fc.assert(
      fc.property(fc.constantFrom(undefined, "", "[a]\n\tb = c\n", "[a]\n\tb = c"), fc.constantFrom("[user]\n\tname = A\n", "# x"), (before, more) => {
        const restored = (removeHelper(addHelper(before, HELPER) + more) ?? "").split("\n");
        expect(restored).toEqual([...(before ?? "").split("\n").filter((line) => line !== ""), ...more.split("\n")]);
      }),
    );
  });
});

describe("hosts with a helper of their own", () => {
  const KEPT = [["https://github.com", ["!gh auth git-credential"]], ['odd"\\', ["a", "b"]], ["https://nobody.example", []]] as const;

  it("are repeated behind our lines, and go away with them, to the byte", () => {
    for (const before of [undefined, "", "[user]\n\tname = A", '[credential "https://github.com"]\n\thelper = x\n']) {
      const after = addHelper(before, HELPER, KEPT);
      expect(after).toContain('[credential "https://github.com"] # repeated by toolkey: it stands above, too\n\thelper = # repeated by toolkey: it stands above, too\n\thelper = "!gh auth git-credential" # repeated');
      expect([addHelper(after, HELPER, KEPT), removeHelper(after)]).toEqual([after, before]);
      expect(addHelper(after, HELPER)).toBe(addHelper(before, HELPER));
    }
  });

  it("keep what others write below the repeated lines", () => {
    const after = addHelper("", HELPER, KEPT).replace("# toolkey: end", "\tusername = me\n# toolkey: end");
    expect(removeHelper(after)).toBe('[credential "https://nobody.example"]\n\tusername = me\n');
  });

  it.each<[what: string, values: string[], own: string[] | undefined]>([
    ["a helper", ["a"], ["a"]],
    ["one behind a reset", ["x", "", "a", "b"], ["a", "b"]],
    ["nothing but a reset", [""], []],
    ["toolkey", ["toolkey"], undefined],
    ["toolkey and another", ["toolkey", "a"], ["a"]],
  ])("are those with %s", (_what, values, own) => {
    const settings = [{ key: "credential.helper", value: "store" }, ...values.map((value) => ({ key: "credential.https://h.helper", value })), { key: "credential.https://h.username", value: "u" }];
    expect(helpersOfPlaces(settings)).toEqual(own === undefined ? [] : [["https://h", own]]);
  });
});

describe("real git", () => {
  let directory = "";
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "tk-setup-"));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  function git(argv: readonly string[], file: string, stdin = ""): string {
    const env = { PATH: process.env["PATH"], HOME: directory, GIT_CONFIG_GLOBAL: file, GIT_CONFIG_NOSYSTEM: "1", GIT_TERMINAL_PROMPT: "0", LC_ALL: "C.UTF-8" };
    return execFileSync("git", [...argv], { cwd: directory, env, input: stdin, encoding: "utf8" });
  }

  it.each([
    "plain",
    "with space",
    " leading and trailing ",
    "tab\there",
    "quote'single",
    'quote"double',
    "#hash",
    "semi;colon",
    String.raw`back\slash`,
    String.raw`ends in \ `,
    "$HOME",
    "$(touch pwned)",
    "`touch pwned`",
    "a&b|c<d>e",
    "star*?[a-z]",
    "~",
    "(brackets){braces}",
    "!bang^caret",
    "-rf",
    "%s%n",
    "é-ü-ß",
    "日本語",
    "🔑",
  ])("runs the helper in a directory named %j", (name) => {
    const place = join(directory, "bin", name);
    mkdirSync(place, { recursive: true });
    const helper = join(place, "git-credential-toolkey");
    // The first says nothing, so that the second is asked.
    writeFileSync(helper, '[ "$2" = --first ] || printf "username=%s\\npassword=%s\\n" "$1" "$2"\n');
    const file = join(directory, "config");
    writeFileSync(file, addHelper("[credential]\n\thelper = store\n", helper, [["https://other", ["a"]]]));
    expect(git(["credential", "fill"], file, "protocol=https\nhost=h\n\n")).toBe(
      `protocol=https\nhost=h\nusername=${helper}\npassword=get\n`,
    );
  });

  it.each<[what: string, before: string]>([
    ["settings", "[user]\n\tname = A\n[core]\n\teditor = vi\n"],
    ["no final line break", "[user]\n\tname = A"],
    ["line ends of DOS", "[user]\r\n\tname = A\r\n"],
    ["a byte order mark", "\u{feff}[user]\n\tname = A\n"],
    ["a line that goes on", "[user]\n\tname = A \\\n"],
    ["a line that goes on, and does not", "[user]\n\tname = A \\"],
    ["a section without settings", "[user]\n\tname = A\n[credential]"],
    ["a key without a value", "[user]\n\tname = A\n[core]\n\tbare"],
    ["a comment without a line break", "[user]\n\tname = A\n# end"],
  ])("reads the rest of a file as before: %s", (_what, before) => {
    const file = join(directory, "config");
    const settings = (text: string): string[] => {
      writeFileSync(file, text);
      return git(["config", "--file", file, "--list", "--null"], file).split("\0").map((entry) => entry.replace(/ +$/, ""));
    };
    expect(settings(addHelper(before, HELPER))).toEqual([
      ...settings(before).slice(0, -1),
      "credential.helper\n",
      ...helperValues(HELPER).map((value) => `credential.helper\n${value}`),
      "",
    ]);
  });

  it("writes settings into our block and behind it, which stay when it goes", () => {
    const file = join(directory, "config");
    writeFileSync(file, addHelper("[user]\n\tname = A", HELPER));
    git(["config", "--global", "credential.useHttpPath", "true"], file);
    git(["config", "--global", "core.editor", "vi"], file);
    const text = execFileSync("cat", [file], { encoding: "utf8" });
    expect(removeHelper(text)).toBe("[user]\n\tname = A\n[credential]\n\tuseHttpPath = true\n[core]\n\teditor = vi\n");
  });
});

describe("the helpers that git asks", () => {
  it.each<[values: string[], expected: string[]]>([
    [[], []],
    [["store"], ["store"]],
    [["store", "cache"], ["store", "cache"]],
    [["store", "", HELPER], [HELPER]],
    [["", "a", "", "b", "c"], ["b", "c"]],
    [["store", ""], []],
    [["store", " "], ["store", " "]],
  ])("of %j are %j", (values, expected) => {
    expect(effectiveHelpers(values)).toEqual(expected);
  });
});

describe("a helper of ours", () => {
  it.each<[value: string, ours: boolean]>([
    ...helperValues(HELPER).map((value): [string, boolean] => [value, true]),
    ...helperValues("/a b/git-credential-toolkey").map((value): [string, boolean] => [value, true]),
    [HELPER, true],
    [`${HELPER} --timeout 60`, true],
    ["toolkey", true],
    ["cache", false],
    ["store", false],
    ["/opt/git-credential-toolkeyring", false],
    ["/opt/toolkey", false],
    ["", false],
  ])("%j: %s", (value, ours) => {
    expect(isOurHelper(value)).toBe(ours);
  });
});

describe("a helper that writes plain text", () => {
  it.each<[value: string, plaintext: boolean]>([
    ["store", true],
    ["store --file ~/.creds", true],
    ["/usr/lib/git-core/git-credential-store", true],
    ["/usr/lib/git-core/git-credential-store --file=x", true],
    ["!git credential-store", true],
    ["!f() { git credential-store $1; }; f", true],
    ["!f() { test $1 = get && git credential-store; }; f", true],
    ["cache", false],
    ["cache --socket /run/store", false],
    ["osxkeychain", false],
    ["libsecret", false],
    ["manager", false],
    ["storefront", false],
    ["/usr/bin/pass-store", false],
    ["/opt/password-store/bin/helper", false],
    ["!gh auth git-credential", false],
    [HELPER, false],
    [helperValues(HELPER)[0], false],
    ["", false],
  ])("%j: %s", (value, plaintext) => {
    expect(isPlaintextHelper(value)).toBe(plaintext);
  });
});
