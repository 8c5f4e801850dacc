/** Which headers go through: none that repeats the token, whatever stands next to it. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import { tells, tracesOf } from "../../src/gateway/answers/token-search.ts";
import { answerHeaders, requestHeaders } from "../../src/gateway/headers.ts";

const TOKEN = "s3cret+Token/0123456789==";
const traces = tracesOf(new Secret(TOKEN), new Secret(`Bearer ${TOKEN}`));
const HEX = Buffer.from(TOKEN).toString("hex");

it("an answer loses the header with the token, and keeps those beside it", () => {
  const headers = { "content-type": "text/plain", "x-a": "s3cret+Token", "x-b": ["some", encodeURIComponent(TOKEN)], "x-c": "/0123456789==", etag: HEX };
  expect(answerHeaders(headers, traces)).toEqual({ "content-type": "text/plain", "x-a": "s3cret+Token", "x-c": "/0123456789==" });
  expect(answerHeaders(headers, undefined)).toEqual(headers);
});

it("an answer's headers are looked at as if each were alone", () => {
  const piece = fc.constantFrom(TOKEN, HEX, "s3cret", "Token0123456789", "%73", "%", "%2", "5", "=", "=7", "\\", "\\u00", "\\x", "&", "&#", "&amp;", "3", ";", " ", "x", "tkn");
  const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(""));
  const value = fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 }));
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^x-[a-z]{1,4}$/), value), (headers) => {
      const alone = Object.entries(headers).filter(([name, values]) => ![name, ...[values].flat()].some((line) => tells(line, traces)));
      expect(answerHeaders(headers, traces)).toEqual(Object.fromEntries(alone));
    }),
  );
});

it("what is for one connection only ends here, also what a Connection names", () => {
  const terms = { encodings: "any", isWhole: true } as const;
  const asked = ["Accept", "*/*", "Connection", "close, X-Hop", "x-hop", "1", "connection", "x-other", "X-Other", "2", "Cookie", "a", "Range", "bytes=0-1"];
  expect(requestHeaders(asked, terms)).toEqual(["Accept", "*/*"]);
  expect(answerHeaders({ connection: ["close, X-Hop", "x-other"], "x-hop": "1", "x-other": "2", age: "3" }, undefined)).toEqual({ age: "3" });
});
