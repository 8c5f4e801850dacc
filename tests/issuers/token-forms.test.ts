/** What tokens look like, and what is said of it. */
import { describe, expect, it } from "vitest";
import { endText, formOf, isOver, type TokenForm } from "../../src/core/tokens/token-form.ts";
import { TOKEN_FORMS } from "../../src/issuers/token-forms.ts";

const NOW = "2026-11-29T00:00:00Z";
const LATER = "2026-12-01T00:00:00Z";
const UUID = "01234567-89ab-cdef-0123-456789abcdef";

/** The kind of a text at a host, and what became of it. */
function told(text: string, host = "git.example.com", now = NOW): (string | boolean | undefined)[] {
  const form = formOf(text, host, TOKEN_FORMS);
  return form === undefined ? [undefined] : [form.title, endText(form, now), isOver(form, now)];
}

describe("a token is known by its form", () => {
  it.each<[text: string, title: string]>([
    [`ghp_${"a".repeat(36)}`, "a classic personal access token of GitHub"],
    [`gho_${"a".repeat(36)}`, "an OAuth access token of GitHub"],
    [`ghu_${"a".repeat(36)}`, "a user's token of a GitHub App"],
    [`ghs_${"a".repeat(36)}`, "an installation's token of a GitHub App"],
    [`ghs_12_${"a".repeat(99)}.${"b".repeat(99)}.${"c".repeat(99)}`, "an installation's token of a GitHub App"],
    [`ghr_${"a".repeat(76)}`, "a refresh token of a GitHub App"],
    [`github_pat_${"a".repeat(82)}`, "a fine-grained personal access token of GitHub"],
    ["glpat-aB3-_aB3aB3aB3aB3aB3", "a personal, project or group access token of GitLab"],
    ["glpat-aB3aB3aB3aB3aB3aB3aB3aB3.01.1a2b3c4d5", "a personal, project or group access token of GitLab"],
    [`glptt-${"a".repeat(40)}`, "a trigger token of GitLab's pipelines"],
    [`gloas-${"a".repeat(64)}`, "the secret of an application at GitLab"],
    [`AKCp8${"a".repeat(68)}`, "an API key of JFrog's Artifactory"],
    [`ATATT3xFf${"a".repeat(180)}=0A1B2C3D`, "an API token of Atlassian"],
    [`ATCTT3xFf${"a".repeat(180)}`, "an access token of a repository, project or workspace at Bitbucket"],
    [`dckr_pat_${"a".repeat(27)}`, "an access token of Docker Hub"],
    [`pypi-${"a".repeat(150)}`, "an API token of PyPI"],
  ])("%s", (text, title) => {
    expect(told(text)).toEqual([title, undefined, false]);
  });

  it.each(["", "ghp_", "ghp_short", `xghp_${"a".repeat(36)}`, `ghp_${"a".repeat(36)} `, "glpat-", "hunter2", UUID, "a".repeat(52), `npm-${"a".repeat(36)}`])(
    "and nothing by '%s'",
    (text) => {
      expect(told(text)).toEqual([undefined]);
    },
  );

  it("has one form at most", () => {
    const patterns = TOKEN_FORMS.map(({ pattern }) => pattern);
    expect(new Set(patterns).size).toBe(patterns.length);
  });
});

describe("what became of its kind", () => {
  it.each<[what: string, text: string, host: string, now: string, end: string | undefined, over: boolean]>([
    ["app passwords", `ATBB${"a".repeat(32)}`, "bitbucket.org", NOW, "an app password of Bitbucket: none of them is accepted since 2026-06-09", true],
    ["app passwords, before", `ATBB${"a".repeat(32)}`, "bitbucket.org", "2026-01-01T00:00:00Z", "an app password of Bitbucket: none of them is accepted from 2026-06-09 on", false],
    ["npm's UUIDs", UUID, "registry.npmjs.org", NOW, "a classic token of npmjs.org: none of them is accepted since 2025-12-09", true],
    ["npm's others, of which some are classic", `npm_${"a".repeat(36)}`, "registry.npmjs.org", NOW, "a token of npmjs.org: none of those that are classic is accepted since 2025-12-09", false],
    ["Azure's", `${"a".repeat(76)}AZDOabcd`, "dev.azure.com", NOW, "a personal access token of Azure DevOps: none of those that are for all organizations is accepted from 2026-12-01 on", false],
    ["Azure's, older", "a".repeat(52), "acme.visualstudio.com", LATER, "a personal access token of Azure DevOps: none of those that are for all organizations is accepted since 2026-12-01", false],
  ])("of %s", (_what, text, host, now, end, over) => {
    expect(told(text, host, now).slice(1)).toEqual([end, over]);
  });

  it("is told together with what there is in its place", () => {
    const ended = TOKEN_FORMS.filter(({ ends }) => ends !== undefined);
    expect(ended.filter(({ instead }) => instead === undefined).map(({ title }: TokenForm) => title)).toEqual([]);
    expect(ended).toHaveLength(4);
  });
});
