import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MarkedBlock } from "../../src/protocols/text/marked-block.ts";

const TOOLS = ["npm", "bun", "pnpm"] as const;
const blocks = TOOLS.map((tool) => new MarkedBlock(tool));

/** What people have in such files: line ends of both kinds, none at the end, a byte order mark, or no file. */
const texts = fc.oneof(
  fc.constantFrom(undefined, "", "\n", "\u{feff}", "# x", "# x\r\n", "# toolkey: end\n", "a\r\n\r\nb"),
  fc.array(fc.constantFrom("a", "\n", "\r\n", " ", "#", "\u{feff}", "# toolkey: end\n"), { maxLength: 12 }).map((parts) => parts.join("")),
);

describe("blocks of several tools in one file", () => {
  it("are taken away in any order, and every byte is as it was", () => {
    fc.assert(
      fc.property(texts, fc.shuffledSubarray([0, 1, 2], { minLength: 1 }), fc.infiniteStream(fc.nat()), (before, order, numbers) => {
        let text = before;
        for (const index of order) text = blocks[index]?.add(text, ["x", "y"]);
        const left = [...order];
        while (left.length > 0) {
          const [index = 0] = left.splice(Number(numbers.next().value) % left.length, 1);
          expect(blocks[index]?.find(text ?? "")).toEqual(["x", "y"]);
          text = blocks[index]?.remove(text ?? "");
        }
        expect(text).toBe(before);
      }),
    );
  });

  it("stay where they are if they are already what they should be", () => {
    const [npm, bun] = blocks;
    const both = bun?.ensure(npm?.ensure("# mine", ["x"]), ["y"]);
    expect(npm?.ensure(both, ["x"])).toBe(both);
    expect(npm?.ensure(both, ["z"])).not.toBe(both);
  });
});
