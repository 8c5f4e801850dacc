/** What phantoms look like: the tokens for which they stand, and yet nobody takes one for a token. */
import { describe, expect, it } from "vitest";
import { phantomForm, isPhantom, writePhantom } from "../../src/core/gateway/phantom.ts";

/** As the services say that their tokens look. */
const KNOWN: readonly (readonly [token: string, form: RegExp])[] = [
  [`ghp_${"a1".repeat(18)}`, /^ghp_[A-Za-z0-9]{36}$/],
  [`gho_${"a1".repeat(18)}`, /^gho_[A-Za-z0-9]{36}$/],
  [`ghs_${"a1".repeat(18)}`, /^ghs_[A-Za-z0-9]{36}$/],
  [`npm_${"a1".repeat(18)}`, /^npm_[A-Za-z0-9]{36}$/],
  [`github_pat_${"a1".repeat(11)}_${"b2".repeat(29)}c`, /^github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}$/],
  ["glpat-a_1-".padEnd(26, "x"), /^glpat-[\w-]{20,}$/],
  ["anything else", /^tkphantom_[A-Za-z0-9]{43}$/],
];
const phantomOf = (...tokens: readonly string[]): string => writePhantom(phantomForm(tokens), (length) => "x7".repeat(50).slice(0, length));

describe("a phantom", () => {
  it.each(KNOWN)("of %s has its form, its mark, and enough that nobody can guess", (token, form) => {
    const phantom = phantomOf(token);
    expect(phantom).toMatch(form);
    expect(phantom).toContain("tkphantom");
    expect(isPhantom(phantom)).toBe(true);
    expect(isPhantom(token)).toBe(false);
    let random = 0;
    writePhantom(phantomForm([token]), (length) => {
      random += length;
      return "";
    });
    expect(random * Math.log2(62)).toBeGreaterThan(150);
  });

  it("of several tokens has the form that all have", () => {
    const [classic = "", other = ""] = KNOWN.map(([token]) => token);
    expect(phantomOf(classic, classic)).toMatch(/^ghp_tkphantom/);
    expect(phantomOf(classic, other)).toMatch(/^tkphantom_/);
    expect(phantomOf()).toMatch(/^tkphantom_/);
  });
});
