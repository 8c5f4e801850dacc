/** What the look of a token adds to what its service says. */
import { describe, expect, it } from "vitest";
import { withKind } from "../../src/broker/token-kind.ts";
import type { CheckedToken } from "../../src/core/wire/administration.ts";
import type { TokenForm } from "../../src/core/tokens/token-form.ts";

const NOW = "2026-11-29T00:00:00Z";
const TITLE = "a key of ACME";
const LIVE: TokenForm = { pattern: "x", title: TITLE };
const OVER: TokenForm = { ...LIVE, ends: "2026-06-09T00:00:00Z", instead: "a token of ACME" };
const PARTLY: TokenForm = { ...OVER, endsForSome: "that are old" };
const SOON: TokenForm = { ...OVER, ends: "2026-12-01T00:00:00Z" };
const GONE = `${TITLE}: none of them is accepted since 2026-06-09`;
const GOING = `${TITLE}: none of them is accepted from 2026-12-01 on`;
const HINT = "a token of ACME; then: toolkey replace git-7f3k";

function told(verdict: CheckedToken["verdict"], form: TokenForm | undefined, isOwn = false): unknown[] {
  const { verdict: now, detail, hint } = withKind({ verdict, detail: "", hint: "as before" }, { id: "git-7f3k", form, isOwn }, NOW);
  return [now, detail, hint];
}

describe("a token", () => {
  it.each<[what: string, told: unknown[], expected: unknown[]]>([
    ["without a form is as before", told("invalid", undefined), ["invalid", "", "as before"]],
    ["that nobody can be asked about is said to be what it looks like", told("unknown", LIVE), ["unknown", `it looks like ${TITLE}`, "as before"]],
    ["that its own service refuses is not said to be its service's", told("invalid", LIVE, true), ["invalid", "", "as before"]],
    ["that another service refuses is", told("invalid", LIVE), ["invalid", `it looks like ${TITLE}`, "as before"]],
    ["that is accepted is what it is", told("valid", LIVE), ["valid", "", "as before"]],
    ["of a kind that is over works nowhere, whoever can't be asked", told("unknown", OVER), ["invalid", GONE, HINT]],
    ["of a kind that is over, and is refused, is told why", told("invalid", OVER, true), ["invalid", GONE, HINT]],
    ["of a kind that is over, and yet accepted, is none of it", told("valid", OVER), ["valid", "", "as before"]],
    ["of which only some are over may be none of those", told("unknown", PARTLY), ["unknown", `${TITLE}: none of those that are old is accepted since 2026-06-09`, HINT]],
    ["of a kind that ends is told before", told("valid", SOON), ["valid", GOING, HINT]],
  ])("%s", (_what, got, expected) => {
    expect(got).toEqual(expected);
  });

  it("keeps what its service said", () => {
    expect(withKind({ verdict: "invalid", detail: "Bad credentials", hint: undefined }, { id: "git-7f3k", form: OVER, isOwn: true }, NOW).detail).toBe(`Bad credentials; ${GONE}`);
  });
});
