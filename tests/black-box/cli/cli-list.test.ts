/** The table of `toolkey list`: what a person sees of all tokens at a glance. */
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Output } from "../../../src/cli/terminal/output.ts";
import { untrackedTable, tokenDetails, tokenTable } from "../../../src/cli/text/token-text.ts";
import { instant, type Instant } from "../../../src/core/clock.ts";
import type { TokenView } from "../../../src/core/tokens/token.ts";
import { sampled } from "../../fixtures/form.ts";
import { startJfrogAccess, type JfrogAccess } from "../../fixtures/services/jfrog/jfrog-access.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { openTerminal } from "../../fixtures/processes/pseudo-terminal.ts";
import { expectDone, makeHome, type TestHome } from "../../fixtures/homes/home.ts";
import { makeServiceHome, type ServiceHome } from "../../fixtures/homes/service-home.ts";

const NOW = Date.parse("2026-11-22T05:00:00Z");
const DAY_MS = 86_400_000;

const FULL: TokenView = {
  id: "npm-x2vk",
  tool: "npm",
  service: "jfrog@acme.jfrog.io",
  target: "https://acme.jfrog.io/artifactory/api/npm/npm-local",
  description: "npm on laptop (toolkey 3f9a0c71d2)",
  subject: "bob",
  tokenId: "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
  scope: "artifact:npm-local/**:r",
  kind: "scoped",
  issuedAt: "2026-11-20T05:00:00Z",
  expiresAt: "2026-12-05T05:00:00Z",
  state: "active",
  createdAt: "2026-11-20T05:00:00Z",
  preferred: false,
  lastUsedAt: "2026-11-22T04:58:00Z",
};
const BARE: TokenView = {
  id: "git-7f3k",
  tool: "git",
  service: "nuxeo",
  target: "https://connect.nuxeo.com/nuxeo/git",
  username: "alice",
  kind: "opaque",
  state: "suspended",
  createdAt: "2026-11-20T05:00:00Z",
  preferred: false,
  dropAt: "2026-12-22T05:00:00Z",
};

function terminal(columns: number): Output {
  const stream = { isTTY: true, columns, hasColors: () => false } as unknown as NodeJS.WriteStream;
  return new Output(stream, stream, {});
}

function lines(columns: number, tokens: readonly TokenView[] = [FULL, BARE]): string[] {
  return tokenTable(tokens, terminal(columns), NOW).split("\n");
}

describe("the table of tokens", () => {
  it("at 200 columns shows all that is known", () => {
    expect(lines(200)).toEqual([
      "ID        TOOL  SERVICE             DESCRIPTION         SUBJECT  TOKEN ID                              ISSUED      EXPIRES     SCOPE               TARGET               STATE      KEPT UNTIL  LAST USED",
      "npm-x2vk  npm   jfrog@acme.jfrog.   npm on laptop       bob      0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0  2026-11-20  2026-12-05  artifact:npm-       https://acme.jfrog.  active                 2 min ago",
      "                io                  (toolkey                                                                                   local/**:r          io/artifactory/api/",
      "                                    3f9a0c71d2)                                                                                                    npm/npm-local",
      "git-7f3k  git   nuxeo                                   alice                                                                                      https://connect.     suspended  2026-12-22",
      "                                                                                                                                                   nuxeo.com/nuxeo/git",
    ]);
  });

  it("at 80 columns shows what tells them apart, and breaks no word", () => {
    expect(lines(80)).toEqual([
      "ID        TOOL  SUBJECT  EXPIRES     TARGET                            STATE",
      "npm-x2vk  npm   bob      2026-12-05  https://acme.jfrog.io/            active",
      "                                     artifactory/api/npm/npm-local",
      "git-7f3k  git   alice                https://connect.nuxeo.com/nuxeo/  suspended",
      "                                     git",
    ]);
  });

  it.each([80, 100, 132, 200])("is not wider than %i columns", (columns) => {
    expect(lines(columns).filter((line) => line.length > columns)).toEqual([]);
  });

  it.each<[what: string, issuedAt: Instant | undefined, expiresAt: Instant | undefined, expires: string, state: string]>([
    ["never ends", "2026-01-01T00:00:00Z", undefined, "", "active"],
    ["ends in more than 14 days", "2026-01-01T00:00:00Z", instant(NOW + 14 * DAY_MS), "2026-12-06", "active"],
    ["ends within 14 days", "2026-01-01T00:00:00Z", instant(NOW + 14 * DAY_MS - 1000), "2026-12-06 soon!", "active"],
    ["ends in a second", "2026-01-01T00:00:00Z", instant(NOW + 1000), "2026-11-22 soon!", "active"],
    ["was made a moment ago, for an hour", instant(NOW), instant(NOW + 3_600_000), "2026-11-22", "active"],
    ["has had the first half of its hour", instant(NOW - 1_801_000), instant(NOW + 1_799_000), "2026-11-22 soon!", "active"],
    ["was added a while ago, when its service does not say when it was made", undefined, instant(NOW + DAY_MS), "2026-11-23 soon!", "active"],
    ["ends now", "2026-01-01T00:00:00Z", instant(NOW), "2026-11-22", "expired"],
    ["ended long ago", "2019-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "2020-01-01", "expired"],
  ])("marks a token that %s", (_what, issuedAt, expiresAt, expires, state) => {
    const token: TokenView = { ...FULL, description: undefined, issuedAt, expiresAt };
    const [titles = "", row = ""] = lines(200, [token, FULL]);
    const at = (title: string): number => titles.indexOf(title);
    expect([row.slice(at("EXPIRES"), at("SCOPE")).trimEnd(), row.slice(at("STATE"), at("LAST USED")).trimEnd()]).toEqual([expires, state]);
    expect(tokenDetails(token, NOW)).toContain(`state         ${state}\n`);
  });

  it("has a target of every token at 80 columns, whatever else is to be shown", () => {
    const texts = lines(80, [{ ...FULL, state: "suspended", dropAt: "2026-12-22T05:00:00Z", subject: "somebody.with.a.long.name@acme.example" }, BARE]);
    expect(texts.filter((line) => line.length > 80)).toEqual([]);
    expect(texts[0]?.split(/ {2,}/)).toEqual(["ID", "TOOL", "SUBJECT", "EXPIRES", "TARGET", "STATE"]);
  });

  it.each<[columns: string | undefined, isTTY: boolean, own: number | undefined, width: number]>([
    [undefined, true, 132, 132],
    [undefined, true, 0, 80],
    [undefined, false, undefined, Infinity],
    ["100", true, 132, 100],
    ["100", false, undefined, 100],
    ["0", false, undefined, Infinity],
    ["wide", true, 132, 132],
  ])("COLUMNS=%s, on a terminal: %s, of %s columns, is for %s of them", (COLUMNS, isTTY, columns, width) => {
    const stream = { isTTY, columns, hasColors: () => false } as unknown as NodeJS.WriteStream;
    expect(new Output(stream, stream, { COLUMNS }).width).toBe(width);
  });

  it("shows text from outside without what moves the cursor", () => {
    const [, row = ""] = lines(200, [{ ...FULL, description: "a\u001B[2Jb\nc\u202Ed", subject: "\u0007bob" }]);
    expect([/a\s?b\s?c\s?d/.test(row), /\p{Cc}|\p{Bidi_Control}/u.test(row)]).toEqual([true, false]);
  });
});

describe("the table of untracked", () => {
  it.each([80, 200])("is legible at %i columns", (columns) => {
    const { tokenId = "", subject, description, issuedAt, expiresAt } = FULL;
    const shown = untrackedTable([{ tokenId, subject, description, issuedAt, expiresAt }], terminal(columns)).split("\n");
    expect(shown.filter((line) => line.length > columns)).toEqual([]);
    const titles = ["TOKEN ID", "SUBJECT", "DESCRIPTION", ...(columns === 80 ? [] : ["ISSUED"]), "EXPIRES"];
    expect([shown[0]?.split(/ {2,}/), shown[1]?.startsWith(tokenId)]).toEqual([titles, true]);
  });
});

describe("toolkey list", () => {
  let jfrog: JfrogAccess;
  let home: ServiceHome;
  beforeAll(async () => {
    jfrog = await startJfrogAccess();
    home = await makeServiceHome(`[service.acme]
issuer = "jfrog"
url = "${jfrog.origin}"
cacert = "${jfrog.caFile}"
git = { url = "${jfrog.origin}/artifactory" }
`);
    const login = jfrog.makeUserToken({ username: "admin", scope: "applied-permissions/admin" });
    await home.ask("login", { service: "acme", secret: login.accessToken });
    await home.ask("mint", { service: "acme", tool: "git", ttl: 10 * 86_400, scope: "artifact:npm-local/**:r", refreshable: true });
    await home.fill(`${jfrog.origin}/artifactory/x`);
  });
  afterAll(async () => {
    await home?.dispose();
    await jfrog?.close();
  });

  it("--json has the fields of a token's record, and no secret", async () => {
    const listed = JSON.parse((await home.toolkey(["list", "--tool", "git", "--json"])).stdout) as unknown[];
    const [, made] = jfrog.tokens;
    const at = expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/) as string;
    expect(listed).toEqual([
      {
        id: expect.stringMatching(/^git-[a-z2-9]{4}$/) as string,
        tool: "git",
        service: "acme",
        target: `${jfrog.origin}/artifactory`,
        username: "admin",
        description: made?.description,
        tokenId: made?.id,
        subject: "admin",
        scope: "artifact:npm-local/**:r",
        kind: "scoped",
        issuedAt: at,
        expiresAt: at,
        state: "active",
        createdAt: at,
        preferred: false,
        lastUsedAt: at,
      },
    ]);
  });

  it.skipIf(missing("script", "stty"))("is as wide as the terminal", async () => {
    const narrow = openTerminal(home, "stty cols 80; toolkey list");
    const wide = openTerminal(home, "stty cols 200; toolkey list");
    const titles = [await narrow.ended, await wide.ended].map(({ shown }) => stripVTControlCharacters(shown).split("\r\n")[0]?.split(/ {2,}/));
    expect(titles).toEqual([
      ["ID", "TOOL", "SUBJECT", "EXPIRES", "TARGET", "STATE"],
      ["ID", "TOOL", "SERVICE", "DESCRIPTION", "SUBJECT", "TOKEN ID", "ISSUED", "EXPIRES", "SCOPE", "TARGET", "STATE", "LAST USED"],
    ]);
  });
});

describe("not all of them", () => {
  let home: TestHome;

  beforeAll(async () => {
    home = await makeHome();
    await home.init();
    for (const host of ["a", "b", "c"]) await home.addGitToken(`https://${host}.example`, "u", `SECRET-${host}`);
  });
  afterAll(() => home.dispose());

  it("are the first so many of what is asked for, and how many are left out is said", async () => {
    const whole = await home.tokens();
    const two = expectDone(await home.toolkey(["list", "--limit", "2", "--json"]));
    expect(JSON.parse(two.stdout)).toEqual(whole.slice(0, 2));
    expect(two.stderr).toContain("toolkey: 1 more is left out by --limit\n");
    const table = expectDone(await home.toolkey(["list", "--limit", "1"]));
    expect(whole.filter(({ id }) => table.stdout.includes(id))).toEqual(whole.slice(0, 1));
    expect(table.stderr).toContain("toolkey: 2 more are left out by --limit\n");
    const all = expectDone(await home.toolkey(["list", "--limit", "3"]));
    expect(whole.every(({ id }) => all.stdout.includes(id))).toBe(true);
    expect(all.stderr).toBe("");
    const one = expectDone(await home.toolkey(["list", "--service", "b.example", "--limit", "1", "--json"]));
    expect(JSON.parse(one.stdout)).toMatchObject([{ service: "b.example" }]);
    expect(one.stderr).toBe("");
  });

  it.each(sampled(["0", "-1", "1.5", "many", ""], 2))("--limit %j is no number of tokens", async (limit) => {
    const refused = await home.toolkey(["list", `--limit=${limit}`]);
    expect([refused.code, refused.stdout]).toEqual([2, ""]);
    expect(refused.stderr).toContain("--limit takes a number from 1 on");
  });
});
