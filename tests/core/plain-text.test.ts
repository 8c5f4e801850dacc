import fc from "fast-check";
import { expect, it } from "vitest";
import { plain } from "../../src/core/text/plain-text.ts";
import { ok, renderAnswer } from "../../src/core/wire/wire.ts";

it.each<[what: string, text: string, shown: string]>([
  ["colors", "\u001b[31mred\u001b[0m", "red"],
  ["a clear screen", "a\u001b[2J\u001b[Hb", "ab"],
  ["a title of the window", "a\u001b]0;evil\u0007b", "ab"],
  ["a link to somewhere", "\u001b]8;;https://evil.example\u0007text\u001b]8;;\u0007", "text"],
  ["half a sequence", "a\u001b", "a "],
  ["a control sequence of Latin-1", "a\u009b2Jb", "ab"],
  ["the letters that go back", "a\b\rb", "a b"],
  ["another order of letters", "abc\u202egnp.exe\u202c \u2066x\u2069\u200f", "abc gnp.exe   x "],
  ["lines of its own", "a\nhint: rm -rf /\u2028b\u0085c", "a hint: rm -rf / b c"],
  ["letters of all kinds", "päß 漢字 😀", "päß 漢字 😀"],
])("text with %s is shown as one plain line", (_what, text, shown) => {
  expect(plain(text)).toBe(shown);
});

it("nothing is left that a terminal obeys, whatever the text; nor in what shell scripts print of an answer", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("\u001b", "[", "]", "\u009b", "2J", "\u0007", "\u202e", "\n"))), (parts) => {
      const text = parts.join("");
      expect(plain(text)).not.toMatch(/\p{Cc}|\p{Bidi_Control}/u);
      expect(renderAnswer(ok("", [text], [text])).split("\n").slice(0, 3).join("")).not.toMatch(/\p{Cc}|\p{Bidi_Control}/u);
    }),
  );
});
