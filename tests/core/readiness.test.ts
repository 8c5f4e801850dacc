import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Failure } from "../../src/core/failure.ts";
import { parseReadiness, renderReadiness } from "../../src/core/wire/readiness.ts";

describe("what a daemon tells its starter", () => {
  it.each(["ready", "running"] as const)("is read as it was written: %s", (readiness) => {
    expect(parseReadiness(renderReadiness(readiness))).toBe(readiness);
  });

  it("is one line and the same failure, whatever that says", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.array(fc.string()), (message, hint) => {
        const text = renderReadiness(new Failure("denied", message, { hint }));
        expect(text.indexOf("\n")).toBe(text.length - 1);
        const { code, message: told, hints } = parseReadiness(text) as Failure;
        expect([code, told, hints]).toEqual(["denied", message, hint]);
      }),
    );
  });

  it("is nothing if it was cut off, or never said", () => {
    for (const text of ["ready\n", "running\n", renderReadiness(new Failure("denied", "no", { hint: "ask" }))]) {
      for (let length = 0; length < text.length; length += 1) expect(parseReadiness(text.slice(0, length))).toBeUndefined();
    }
  });

  it.each(["\n", "okay\n", "readyrunning\n", "Error: no\n", "[]\n"])("is not in the words of another program: %j", (text) => {
    expect(parseReadiness(text)).toBeUndefined();
  });
});
