/* oxlint-disable typescript/restrict-template-expressions, typescript/no-misused-spread -- what the types forbid is tested */
import { Console } from "node:console";
import { Writable } from "node:stream";
import { format, inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { NO_SECRET, Secret } from "../../src/core/secret.ts";

const TEXT = "s3cr3t-text";
const secret = new Secret(TEXT);
const nested = { list: [secret], map: new Map([["key", secret]]), deep: { deeper: { secret } } };

function logged(...values: unknown[]): string {
  let text = "";
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  new Console({ stdout: stream }).log(...values);
  return text;
}

describe("a secret", () => {
  it.each<[way: string, shown: string, expected: string]>([
    ["String()", String(secret), "[secret]"],
    ["a template", `a ${secret} b`, "a [secret] b"],
    ["concatenation", "a " + secret, "a [secret]"],
    ["join", [secret, secret].join(), "[secret],[secret]"],
    ["JSON", JSON.stringify(secret), '"[secret]"'],
    ["JSON of what holds it", JSON.stringify({ list: [secret] }), '{"list":["[secret]"]}'],
    ["inspect", inspect(secret), "[secret]"],
    ["inspect with everything shown", inspect(secret, { showHidden: true, depth: null, getters: true }), "[secret]"],
    ["inspect of what holds it", inspect({ list: [secret] }), "{ list: [ [secret] ] }"],
    ["format %s", format("%s", secret), "[secret]"],
    ["format %o", format("%o", secret), "[secret]"],
    ["format %j", format("%j", secret), '"[secret]"'],
    ["console.log", logged(secret, { secret }), "[secret] { secret: [secret] }\n"],
    ["an error's message", new Error(`no ${secret}`).message, "no [secret]"],
  ])("shows nothing of itself through %s", (_way, shown, expected) => {
    expect(shown).toBe(expected);
  });

  it("shows nothing of itself however deep it lies", () => {
    const shown = [
      inspect(nested, { showHidden: true, depth: null }),
      logged(nested),
      JSON.stringify(nested),
      inspect(new Error("outside", { cause: nested }), { depth: null }),
      JSON.stringify(Object.entries(secret)),
      JSON.stringify({ ...secret }),
    ].join("\n");
    expect(shown).toContain("[secret]");
    expect(shown).not.toContain(TEXT);
  });

  it("gives its text to reveal() alone", () => {
    expect(secret.reveal()).toBe(TEXT);
    expect(Object.getOwnPropertyNames(secret)).toEqual([]);
  });

  it.each<[a: string, b: string, equal: boolean]>([
    ["x", "x", true],
    ["x", "y", false],
    ["x", "X", false],
    ["x", "x ", false],
    ["", "", true],
  ])("compares by its text: %j and %j", (a, b, equal) => {
    expect(new Secret(a).equals(new Secret(b))).toBe(equal);
  });

  it("says whether it is empty", () => {
    expect([new Secret("").isEmpty, new Secret(" ").isEmpty, NO_SECRET.isEmpty]).toEqual([true, false, true]);
  });
});
