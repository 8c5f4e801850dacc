import { expect, it } from "vitest";
import { rewriteTarballs } from "../../../src/protocols/npm/tarballs/tarballs.ts";

const through = (tarball: string): string => (JSON.parse(rewriteTarballs(JSON.stringify({ dist: { tarball } }), ({ href }) => `http://gateway/${href}`)) as { dist: { tarball: string } }).dist.tarball;

it.each(["https://r/@acme/thing/-/thing-1.0.0.tgz", "https://r/libs/plain/-/plain-1.0.0-rc.1.tgz", "https://r/@acme%2fthing/-/thing-1.0.0.tgz"])("%s is where clients expect it, and led through the gateway", (url) => {
  expect(through(url)).toBe(`http://gateway/${url}`);
});

it.each(["https://npm.pkg.github.com/download/@acme/thing/1.0.0/0a1b", "https://r/@acme/thing/-/@acme/thing-1.0.0.tgz", "https://cdn/thing.tgz", "file:x"])("%s is not, and would be in the lock file", (url) => {
  expect(through(url)).toBe(url);
});

it("leaves all else as it was, texts that look like one among it", () => {
  const text = String.raw`{ "readme" : "\"tarball\":\"https://r/a/-/a-1.tgz\"", "dist":{"tarball" : "https:\/\/r\/a\/-\/a-1.tgz","x":1} }`;
  expect(rewriteTarballs(text, () => "http://g/a")).toBe(String.raw`{ "readme" : "\"tarball\":\"https://r/a/-/a-1.tgz\"", "dist":{"tarball":"http://g/a","x":1} }`);
});
