/** What the documents name is there: files, links, and every operation of the wire. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { DAEMON_TOOLS } from "../src/daemon/tools.ts";
import { REQUESTS } from "../src/daemon/operations/administration-requests.ts";

const ROOT = join(import.meta.dirname, "..");
const DOCUMENTS = ["README.md", "CONTRIBUTING.md", "tests/README.md", ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md")).map((name) => join("docs", name))];

describe.each(DOCUMENTS)("%s", (document) => {
  const text = readFileSync(join(ROOT, document), "utf8");

  it("links to what is there", () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target).filter((target) => !/^(https?:|mailto:)/.test(target));
    expect(links.filter((target) => !resolves(document, target))).toEqual([]);
  });

  it("names files that are there", () => {
    const named = [...text.matchAll(/(?<![\w/.~$-])(?:src|tests|bin|install|bench|docs)\/[\w./*-]*[\w*]/g)].map(([path]) => path);
    expect(named.filter((path) => !isThere(path))).toEqual([]);
  });
});

/** Each page is listed in the index of its folder, with a line of its own. */
it.each(["docs", "docs/decisions", "docs/recipes", "docs/services", "docs/tools"])("%s/README.md lists every page of its folder", (folder) => {
  const index = readFileSync(join(ROOT, folder, "README.md"), "utf8");
  const pages = readdirSync(join(ROOT, folder), { withFileTypes: true }).map((entry) => (entry.isDirectory() ? `${entry.name}/README.md` : entry.name));
  const missing = pages.filter((page) => page.endsWith(".md") && page !== "README.md" && !index.includes(`](${page})`) && !index.includes(`](${page}#`));
  expect(missing).toEqual([]);
});

it("the README is for a stranger: short, and leads to all pages", () => {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  expect(readme.trimEnd().split("\n").length).toBeLessThanOrEqual(120);
  expect(readme).toContain("](docs/README.md)");
});

it("docs/architecture.md names no file of src that is not there", () => {
  const files = new Set(readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" }).map((path) => path.split("/").at(-1)));
  const named = [...readFileSync(join(ROOT, "docs", "architecture.md"), "utf8").matchAll(/(?<![\w.])[\w-]+\.ts\b/g)].map(([name]) => name);
  expect(named.filter((name) => !files.has(name))).toEqual([]);
});

it("docs/wire.md names every operation of the command line", () => {
  const wire = readFileSync(join(ROOT, "docs", "wire.md"), "utf8");
  const [, named = ""] = /^\| `toolkey` \| `([^`]+)`/m.exec(wire) ?? [];
  expect(named.split(" ").toSorted()).toEqual(Object.keys(REQUESTS).toSorted());
});

it.each([...DAEMON_TOOLS].flatMap(([tool, { operations }]) => [...operations.keys()].map((operation) => [tool, operation])))(
  "docs/wire.md names what the daemon does for one tool alone: %s %s",
  (tool, operation) => {
    expect(readFileSync(join(ROOT, "docs", "wire.md"), "utf8")).toContain(`| \`${tool}\` | \`${operation}\` |`);
  },
);

/** A file, and the heading in it that is named behind `#`. */
function resolves(document: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const file = path === "" ? join(ROOT, document) : join(ROOT, dirname(document), path);
  if (!existsSync(file)) return false;
  return anchor === undefined || !file.endsWith(".md") || anchorsOf(readFileSync(file, "utf8")).includes(anchor);
}

/** As GitHub makes them. */
function anchorsOf(text: string): string[] {
  const headings = text.replaceAll(/^```[^]*?^```/gm, "").matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, heading = ""]) => heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-"));
}

/** Tests are named without their ending; `*` stands for some names in one folder. */
function isThere(path: string): boolean {
  const [folder, name] = [join(ROOT, dirname(path)), path.split("/").at(-1) ?? ""];
  if (folder.includes("*")) return isThere(dirname(path));
  const [begin = "", end] = name.split("*");
  return existsSync(folder) && readdirSync(folder).some((other) => (end === undefined ? other === name || other.startsWith(`${name}.`) : other.startsWith(begin) && other.includes(end)));
}
