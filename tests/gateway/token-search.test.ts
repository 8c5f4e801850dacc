/** In which forms a token is found in an answer, and what is not taken for one. */
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import { LOOKED_AT, Search, tells, tracesOf } from "../../src/gateway/answers/token-search.ts";

const TOKEN = "to/ken+1==_with-More.of~it";
const traces = tracesOf(new Secret(TOKEN), new Secret(`Basic ${Buffer.from(`ada:${TOKEN}`).toString("base64")}`));

/** What comes through of a body in such pieces; undefined if it was found. */
function through(body: Buffer, size: number, isText = true): Buffer | undefined {
  const search = new Search(traces, isText);
  const passed: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) {
    const piece = search.pass(body.subarray(at, at + size));
    if (piece === undefined) return undefined;
    passed.push(Buffer.from(piece));
  }
  return Buffer.concat([...passed, search.rest()]);
}

const each = (write: (character: string) => string): string => Array.from(TOKEN).map(write).join("");
const hex = (character: string, width: number): string => (character.codePointAt(0) ?? 0).toString(16).padStart(width, "0");
const odd = (write: (character: string) => string): string => TOKEN.replaceAll(/[^a-z0-9]/gi, write);
const utf16 = Buffer.from(TOKEN, "utf16le");

describe("a token is found", () => {
  it.each<[string, string | Buffer]>([
    ["as it is", TOKEN],
    ["in other case", TOKEN.toUpperCase()],
    ["in a URL", encodeURIComponent(TOKEN)],
    ["in a URL, in small letters", odd((character) => `%${hex(character, 2)}`)],
    ["in a URL, every letter", each((character) => `%${hex(character, 2)}`)],
    ["in a URL, twice", each((character) => `%25${hex(character, 2)}`)],
    ["in JSON with escaped slashes", TOKEN.replaceAll("/", "\\/")],
    ["in JSON as Gson and Jackson write it", odd((character) => `\\u${hex(character, 4)}`)],
    ["in JSON within JSON", odd((character) => `\\\\\\u${hex(character, 4)}`)],
    ["in JSON, every letter", each((character) => `\\u${hex(character, 4)}`)],
    ["in JavaScript", odd((character) => `\\u{${hex(character, 2)}}`)],
    ["in Python and YAML", odd((character) => `\\x${hex(character, 2)}`)],
    ["in YAML, wide", odd((character) => `\\U${hex(character, 8)}`)],
    ["in C", odd((character) => `\\${(character.codePointAt(0) ?? 0).toString(8).padStart(3, "0")}`)],
    ["in HTML", odd((character) => `&#x${hex(character, 2).toUpperCase()};`)],
    ["in HTML, by numbers", odd((character) => `&#${character.codePointAt(0)};`)],
    ["in HTML, by names", TOKEN.replaceAll("/", "&sol;").replaceAll("+", "&plus;").replaceAll("=", "&equals;").replaceAll("_", "&lowbar;")],
    ["in HTML, twice", odd((character) => `&amp;#x${hex(character, 2)};`)],
    ["in YAML over several lines", each((character) => `${character}${character === "n" || character === "M" ? "\n      " : ""}`)],
    ["in JSON over several lines", TOKEN.replaceAll("n", "n\\n")],
    ["in quoted-printable", odd((character) => `=${hex(character, 2).toUpperCase()}`)],
    ["in quoted-printable over several lines", `${odd((character) => `=${hex(character, 2).toUpperCase()}`).replace("with", "wi=\r\nth")}`],
    ["in UTF-16", utf16],
    ["in UTF-16, the other way", Buffer.from(utf16).swap16()],
    ["in UTF-32", Buffer.concat(Array.from(TOKEN).map((character) => Buffer.from([0, 0, 0, character.codePointAt(0) ?? 0])))],
    ["in hexadecimal", Buffer.from(TOKEN).toString("hex")],
    ["in base64, alone", Buffer.from(TOKEN).toString("base64")],
    ["in base64, after one letter", Buffer.from(`:${TOKEN}, and more`).toString("base64")],
    ["in base64, after two", Buffer.from(`{"${TOKEN}"}`).toString("base64")],
    ["in base64 for URLs", Buffer.from(`Bearer ${TOKEN}`).toString("base64url")],
    ["in base64 by lines", Buffer.from(`the authorization was Bearer ${TOKEN}`).toString("base64").replaceAll(/.{8}/g, "$&\r\n")],
    ["as the header was", Buffer.from(`ada:${TOKEN}`).toString("base64")],
    ["after what looks like an escape", `token=${TOKEN}`],
    ["after a percent sign", `100%${TOKEN}`],
  ])("%s", (_how, written) => {
    const body = Buffer.concat([Buffer.from("<before>  "), Buffer.from(written), Buffer.from("\n  after")]);
    const padded = Buffer.concat([randomBytes(3000), body, randomBytes(3000)]);
    for (const size of [1, 7, 64, 100_000]) expect(through(body, size)).toBeUndefined();
    for (const size of [97, 4096]) expect(through(padded, size)).toBeUndefined();
    expect(tells(body.toString("latin1"), traces)).toBe(true);
  });

  it("before a letter of it has gone, whatever the pieces", () => {
    fc.assert(fc.property(fc.nat(3000), fc.integer({ min: 1, max: 500 }), (before, size) => {
      const search = new Search(traces, true);
      const body = Buffer.concat([Buffer.alloc(before, " "), Buffer.from(each((character) => `\\u${hex(character, 4)}`))]);
      let passed = "";
      for (let at = 0; at < body.length; at += size) {
        const piece = search.pass(body.subarray(at, at + size));
        if (piece === undefined) return passed.trim() === "";
        passed += piece.toString("latin1");
      }
      return false;
    }), { numRuns: 200 });
  });
});

describe("what is not the token", () => {
  it("comes through as it was, whatever its bytes and its pieces", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 3000 }), fc.integer({ min: 1, max: 500 }), fc.boolean(), (bytes, size, isText) => {
      expect(through(Buffer.from(bytes), size, isText)?.equals(Buffer.from(bytes))).toBe(true);
    }), { numRuns: 200 });
  });

  it.each(["%", "\\", "&", "=", "\\u", "\\u{", "&#;", "&#x;", "&#99999999;", "%2", "\\U99999999", "&amp;", "\\\\\\"])("is a beginning of something that never comes: %s", (text) => {
    expect(through(Buffer.from(text), 1)?.toString()).toBe(text);
  });
});

describe("an archive", () => {
  it("is looked at as far as something could be repeated in it", () => {
    const [near, far] = [LOOKED_AT - 2000, LOOKED_AT + 2000].map((before) => Buffer.concat([Buffer.alloc(before), Buffer.from(TOKEN), Buffer.alloc(LOOKED_AT)]));
    for (const size of [1000, 16_384]) {
      expect(through(near ?? Buffer.alloc(0), size, false)).toBeUndefined();
      expect(through(far ?? Buffer.alloc(0), size, false)?.equals(far ?? Buffer.alloc(0))).toBe(true);
    }
  });
});
