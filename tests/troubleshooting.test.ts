/** docs/troubleshooting.md starts from what people read: each message there is one that a program of ours prints. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const PAGE = readFileSync(join(ROOT, "docs", "troubleshooting.md"), "utf8");
/** What git, npm and the system say. */
const OF_OTHERS = /^(could not read Username|E401$|ENEEDAUTH$|sudo$)/;

const sources = ["src", "bin"]
  .flatMap((directory) => readdirSync(join(ROOT, directory), { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile())
  .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
  .join("\n");

/** In the first column of its tables. */
const messages = PAGE.split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| you read"))
  .flatMap((line) => [...(line.split(" | ")[0] ?? "").matchAll(/`([^`]+)`/g)].map(([, message = ""]) => message))
  .filter((message) => !OF_OTHERS.test(message));

it("has messages of each part", () => {
  expect(messages.length).toBeGreaterThan(25);
});

it.each(messages)("%s", (message) => {
  // The method stands in the place of a variable.
  expect(sources).toContain(message.replace(/ PUT$/, " ${"));
});
