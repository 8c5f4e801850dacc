/** Reads every import in src and holds it against the shape in docs/architecture.md. */
import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { ISSUERS } from "../src/issuers/issuers.ts";
import { TOOL_NAMES } from "../src/protocols/tool-facts.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The folders of src, each with all that it may import; its own files always. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  protocols: ["core"],
  platform: ["core"],
  vault: ["core", "protocols", "platform"],
  issuers: ["core", "protocols", "platform"],
  broker: ["core", "protocols", "platform", "vault", "issuers"],
  gateway: ["core", "protocols", "platform", "vault", "issuers", "broker"],
  daemon: ["core", "protocols", "platform", "vault", "issuers", "broker", "gateway"],
  client: ["core", "protocols", "platform"],
  cli: ["core", "protocols", "platform", "client"],
};

/** The only modules of Node that folders without I/O may use. */
const PURE_MODULES: Readonly<Record<string, readonly string[]>> = {
  core: ["node:url", "node:util"],
  protocols: ["node:path", "node:url", "node:util"],
};

/** The packages without I/O: parsers, for what protocols are made of. */
const PURE_PACKAGES: ReadonlySet<string> = new Set(["jsonc-parser", "saxes", "smol-toml", "yaml"]);

/** Packages that have one home, so that they can be replaced there. */
const HOMES: Readonly<Record<string, string>> = {
  // libc.ts, and libc-terminal.ts for what is asked of a terminal.
  koffi: "platform/libc",
  "@napi-rs/keyring": "platform/keychain-process.ts",
  "age-encryption": "vault/",
  pino: "daemon/log.ts",
  yargs: "cli/",
};

/** Where issuers are named: in their files, and by the tool that is the client of one. */
const NAMES_ISSUERS = /^(issuers|protocols\/nuxeoctl)\//;

/** Where the name of an issuer is a word of other programs: of their files, of what they take for a place, of tokens that they know. */
const WORDS_OF_OTHERS: Readonly<Record<string, readonly string[]>> = {
  github: [
    "client/sandbox/lists.ts",
    "core/gateway/phantom.ts",
    "protocols/cargo/index-url.ts",
    "protocols/composer/auth-secrets.ts",
    "protocols/composer/logins.ts",
    "protocols/composer/plan.ts",
    "protocols/npm/publishing.ts",
    "protocols/npm/requests.ts",
    "protocols/npm/tarballs/replaced-host.ts",
    "protocols/plaintext/gh-hosts.ts",
    "protocols/pnpm/through.ts",
  ],
  gitlab: [
    "core/gateway/phantom.ts",
    "protocols/composer/auth-secrets.ts",
    "protocols/composer/logins.ts",
    "protocols/composer/plan.ts",
    "protocols/npm/tarballs/replaced-host.ts",
  ],
  bitbucket: [
    "protocols/composer/auth-secrets.ts",
    "protocols/composer/logins.ts",
    "protocols/composer/plan.ts",
    "protocols/npm/tarballs/replaced-host.ts",
  ],
  oauth: [
    "broker/fetching/output.ts",
    "gateway/registry-logins.ts",
    "protocols/bundler/config-secrets.ts",
    "protocols/composer/auth-secrets.ts",
    "protocols/composer/logins.ts",
    "protocols/git/stored-credentials.ts",
  ],
};

const MAX_LINES = 300;
const MEANINGLESS = /^(utils?|helpers?|common|managers?|types?|index|misc|shared)\.ts$/;
const CLOCK = "core/clock.ts";

/** A file of src: its path below src, and its text. */
interface Source {
  readonly path: string;
  readonly text: string;
}

interface Import {
  readonly from: string;
  readonly specifier: string;
}

const IMPORTS = [
  // import … from "x", export … from "x"
  /(?:^|[;}\n])\s*(?:import|export)\b[^"'`;]*?\bfrom\s*["']([^"']+)["']/g,
  // import "x"
  /(?:^|[;}\n])\s*import\s*["']([^"']+)["']/g,
  // import("x"), also as a type; require("x"); import.meta.resolve("x")
  /(?:\bimport|\brequire|\bresolve|\bgetBuiltinModule)\s*\(\s*["'`]([^"'`]+)["'`]/g,
] as const;

/** The specifiers of all imports in a text, static and dynamic. */
function importsOf({ path, text }: Source): Import[] {
  return IMPORTS.flatMap((pattern) => [...text.matchAll(pattern)]).map((match) => ({ from: path, specifier: match[1] ?? "" }));
}

/** What is wrong with an import; undefined if nothing is. */
function importFault({ from, specifier }: Import): string | undefined {
  const folder = folderOf(from);
  const wrong = (why: string): string => `${from} imports ${specifier}: ${why}`;
  const mayImport = MAY_IMPORT[folder];
  if (mayImport === undefined) return wrong(`src has no folder '${folder}'`);
  if (specifier.startsWith(".")) {
    const imported = resolved(from, specifier);
    if (imported.startsWith("..")) return wrong("it is outside src");
    const to = folderOf(imported);
    return to === folder || mayImport.includes(to) ? undefined : wrong(`'${folder}' may not know of '${to}'`);
  }
  const pure = PURE_MODULES[folder];
  if (isBuiltin(specifier)) {
    if (!specifier.startsWith("node:")) return wrong("write it with node:");
    return pure === undefined || pure.includes(specifier) ? undefined : wrong(`'${folder}' has no I/O`);
  }
  if (folder === "protocols" && PURE_PACKAGES.has(specifier)) return undefined;
  if (pure !== undefined) return wrong(`'${folder}' has no I/O, and uses only packages without`);
  const home = HOMES[/^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? ""];
  return home === undefined || from.startsWith(home) ? undefined : wrong(`its home is ${home}`);
}

/** What is wrong with a file apart from its imports. */
function sourceFaults({ path, text }: Source): string[] {
  const faults: string[] = [];
  const lines = text.split("\n").length - 1;
  const code = withoutComments(text);
  if (lines > MAX_LINES) faults.push(`${path} has ${lines} lines: it holds a second idea`);
  if (MEANINGLESS.test(path.split("/").at(-1) ?? "")) faults.push(`${path} is not named after its idea`);
  if (path !== CLOCK && /\bDate\.now\b|\bnew Date\(\s*\)|\bDate\(\s*\)|\bperformance\b|\bhrtime\b/.test(code)) {
    faults.push(`${path} reads the time: that is for ${CLOCK}`);
  }
  if (folderOf(path) in PURE_MODULES && /\bprocess\s*[.[]|\bglobalThis\b|\bfetch\s*\(|\bset(Timeout|Interval|Immediate)\b/.test(code)) {
    faults.push(`${path} is to be pure`);
  }
  if (/\b(?:import|require)\s*\(\s*[^\s"'`]/.test(code)) faults.push(`${path} imports what only the running program knows`);
  if (!path.endsWith(".d.ts") && /^\s*export\s+default\b/m.test(code)) faults.push(`${path} has an export without a name`);
  if (/^\s*export\s+\*/m.test(code)) faults.push(`${path} exports what another file does`);
  return faults;
}

/** The files along a circle of imports; undefined if there is none. */
function importCycle(imports: readonly Import[]): string[] | undefined {
  const next = new Map<string, string[]>();
  for (const { from, specifier } of imports) {
    if (specifier.startsWith(".")) next.set(from, [...(next.get(from) ?? []), resolved(from, specifier)]);
  }
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const imported of next.get(file) ?? []) {
      const cycle = visit(imported, [...trail, file]);
      if (cycle !== undefined) return cycle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of next.keys()) {
    const cycle = visit(file, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

function folderOf(path: string): string {
  return path.split("/")[0] ?? "";
}

function resolved(from: string, specifier: string): string {
  return normalize(join(dirname(from), specifier));
}

// Line comments only where nothing before them on the line could be a string.
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^([^"'`\n]*?)\/\/.*$/gm, "$1");
}

const sources: Source[] = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => /\.[cm]?[tj]sx?$/.test(path))
  .map((path) => ({ path, text: readFileSync(join(ROOT, "src", path), "utf8") }));
const imports = sources.flatMap(importsOf);

describe("src", () => {
  it("has no import against the arrows, and no package away from its home", () => {
    expect(imports.map(importFault).filter((fault) => fault !== undefined)).toEqual([]);
  });

  it("has no circle of imports", () => {
    expect(importCycle(imports)).toBeUndefined();
  });

  it("has small files that are named after their idea; only the clock reads the time; what is pure stays so", () => {
    expect(sources.flatMap(sourceFaults)).toEqual([]);
  });

  it("names no issuer outside of the issuers' own files, also in comments", () => {
    const found = ISSUERS.flatMap(({ name }) => {
      const word = new RegExp(String.raw`\b${name}\b`, "i");
      return sources.filter(({ path, text }) => !NAMES_ISSUERS.test(path) && word.test(text)).map(({ path }) => `${name}: ${path}`);
    });
    const others = Object.entries(WORDS_OF_OTHERS).flatMap(([name, paths]) => paths.map((path) => `${name}: ${path}`));
    expect(ISSUERS.length).toBeGreaterThan(5);
    expect(found.toSorted()).toEqual(others.toSorted());
  });

  it("imports only what is there: its own files, and packages that package.json names", () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Record<"dependencies" | "devDependencies" | "optionalDependencies", object>;
    const known = new Set([
      ...sources.map(({ path }) => path),
      ...Object.keys({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }),
    ]);
    const names = imports
      .filter(({ specifier }) => !isBuiltin(specifier))
      .map(({ from, specifier }) => (specifier.startsWith(".") ? resolved(from, specifier) : (/^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? "")));
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  });

  it("is read whole: the imports that this test finds are those that there are", () => {
    const found = new Set(imports.map(({ from, specifier }) => `${from} ${specifier}`));
    expect(found).toContain("cli/command-line.ts yargs");
    expect(found).toContain("core/tokens/token.ts ../target.ts");
    expect(found).toContain("platform/keychain-process.ts @napi-rs/keyring");
    // Every quoted relative path is one of them.
    const quoted = sources.flatMap(({ path, text }) => [...text.matchAll(/["'](\.{1,2}\/[^"']+\.ts)["']/g)].map((match) => `${path} ${match[1] ?? ""}`));
    expect(quoted.filter((name) => !found.has(name))).toEqual([]);
  });
});

/**
 * Where a tool is named apart from its own folders: in the lists, and where other programs fix
 * the word. Those of npm registries share what is in the folders of npm. (`git`, `npm`, `http`
 * and `netrc` are words of others, too; so is `go`, which is told by its capitals.) A service in `issuers` says for which tools it
 * has something.
 */
const NAMED_IN: Readonly<Record<string, readonly string[]>> = {
  bazel: [],
  terraform: ["client/sandbox/lists.ts"],
  gradle: ["client/sandbox/lists.ts", "daemon/tools.ts", "protocols/maven/plan.ts"],
  maven: [
    "cli/commands/run.ts",
    "core/gateway/permit.ts",
    "daemon/tools.ts",
    "gateway/answers/answer.ts",
    "protocols/gradle/init-script.ts",
    "protocols/gradle/requests.ts",
  ],
  pip: ["client/sandbox/lists.ts"],
  pnpm: ["gateway/phantoms/git-processes.ts"],
  yarn: ["cli/commands/shell-init.ts"],
  bun: ["cli/commands/shell-init.ts"],
  nuxeoctl: [],
  bundler: [],
  composer: [],
  ansible: [],
  conan: [],
  coursier: [],
  cargo: ["cli/commands/add.ts", "cli/manual/overview.ts", "client/sandbox/lists.ts", "gateway/requests/request-head.ts"],
  docker: [
    "broker/fetching/output.ts",
    "cli/commands/run.ts",
    "cli/manual/overview.ts",
    "cli/run/sandboxed.ts",
    "client/sandbox/lists.ts",
    "client/sandbox/session-variables.ts",
    "gateway/answers/answer.ts",
    "gateway/registry-logins.ts",
  ],
  go: ["protocols/netrc/plan.ts"],
};
const WORDS_OF_MANY = ["git", "npm", "http", "netrc"];
const LISTS = ["protocols/tools.ts", "cli/tools/tools.ts"];

it("lines have at most 140 columns, but for texts and patterns that are one word to a program", () => {
  const long = sources.flatMap(({ path, text }) => text.split("\n").filter((line) => line.length > 140).map((line) => ({ path, line })));
  expect(long.filter(({ line }) => !/["'`/]/.test(line))).toEqual([]);
  expect(long.length).toBeLessThanOrEqual(22);
});

describe("a tool", () => {
  it("is in the list of where it may be named", () => {
    expect([...Object.keys(NAMED_IN), ...WORDS_OF_MANY].toSorted()).toEqual([...TOOL_NAMES].toSorted());
  });

  it.each(Object.entries(NAMED_IN))("%s is named in its folders and the lists, and hardly anywhere else", (tool, named) => {
    const folders = ["pnpm", "yarn", "bun"].includes(tool) ? `${tool}|npm` : tool;
    const own = new RegExp(`^((protocols|daemon|cli/tools|client/programs)/(${folders})|issuers)/`);
    const word = tool === "go" ? /\bGo(?![a-z])|\bGO(?!OGLE)[A-Z]/ : new RegExp(String.raw`\b((${tool}|${tool[0]?.toUpperCase()}${tool.slice(1)})(?![a-z])|${tool.toUpperCase()}(?![A-Za-z]))`);
    const found = sources.filter(({ path, text }) => !own.test(path) && !LISTS.includes(path) && word.test(text)).map(({ path }) => path);
    expect(found.toSorted()).toEqual(named);
  });
});

/** What tools of one family share stands in the folder of one of them. */
const FAMILIES = ["npm pnpm yarn bun", "maven gradle", "http netrc"].map((names) => new Set(names.split(" ")));

it("a tool takes nothing from the folder of another one, but for those of its family", () => {
  const toolOf = (path: string): string | undefined => {
    const [, name = ""] = /^(?:protocols|cli\/tools)\/([^/]+)\//.exec(path) ?? [];
    return (TOOL_NAMES as readonly string[]).includes(name) ? name : undefined;
  };
  const across = imports.flatMap(({ from, specifier }) => {
    const [own, other] = [toolOf(from), specifier.startsWith(".") ? toolOf(resolved(from, specifier)) : undefined];
    const isFamily = own === undefined || other === undefined || own === other || FAMILIES.some((names) => names.has(own) && names.has(other));
    return isFamily ? [] : [`${from} ${specifier}`];
  });
  expect(across).toEqual([]);
  expect(imports.some(({ from, specifier }) => toolOf(from) === "pnpm" && toolOf(resolved(from, specifier)) === "npm")).toBe(true);
});

describe("the test itself", () => {
  it.each<[text: string, specifiers: string[]]>([
    ['import { a } from "./a.ts";', ["./a.ts"]],
    ["import type { A } from './a.ts'", ["./a.ts"]],
    ['import a, {\n  type B,\n  c,\n} from "../a.ts";\nimport * as d from "d";', ["../a.ts", "d"]],
    ['export { a } from "./a.ts";\nexport * from "./b.ts";', ["./a.ts", "./b.ts"]],
    ['import "./a.ts";', ["./a.ts"]],
    ['const a = await import("./a.ts");', ["./a.ts"]],
    ["const a = import(\n  './a.ts'\n);", ["./a.ts"]],
    ['let a: import("./a.ts").A;', ["./a.ts"]],
    ['createRequire(import.meta.url)("a"); require("b");', ["b"]],
    ['export const from = "x";\nconst b = Buffer.from("y");', []],
  ])("finds the imports of %j", (text, specifiers) => {
    expect(importsOf({ path: "core/x.ts", text }).map(({ specifier }) => specifier)).toEqual(specifiers);
  });

  it.each<[from: string, specifier: string, allowed: boolean]>([
    ["core/a.ts", "./b.ts", true],
    ["core/a.ts", "../protocols/b.ts", false],
    ["core/a.ts", "../cli/b.ts", false],
    ["core/a.ts", "node:util", true],
    ["core/a.ts", "node:fs", false],
    ["core/a.ts", "zod/mini", false],
    ["protocols/git/a.ts", "../../core/b.ts", true],
    ["protocols/git/a.ts", "../npm/b.ts", true],
    ["protocols/git/a.ts", "../../platform/b.ts", false],
    ["protocols/git/a.ts", "node:fs/promises", false],
    ["protocols/maven/a.ts", "saxes", true],
    ["protocols/npm/a.ts", "undici", false],
    ["core/a.ts", "yaml", false],
    ["protocols/git/a.ts", "node:net", false],
    ["protocols/git/a.ts", "node:child_process", false],
    ["platform/a.ts", "../protocols/b.ts", false],
    ["platform/a.ts", "node:fs", true],
    ["platform/a.ts", "fs", false],
    ["platform/libc.ts", "koffi", true],
    ["platform/a.ts", "koffi", false],
    ["vault/a.ts", "../platform/b.ts", true],
    ["vault/a.ts", "../issuers/b.ts", false],
    ["vault/a.ts", "age-encryption", true],
    ["vault/a.ts", "koffi", false],
    ["broker/a.ts", "age-encryption", false],
    ["issuers/a.ts", "../vault/b.ts", false],
    ["broker/a.ts", "../vault/b.ts", true],
    ["broker/a.ts", "../issuers/b.ts", true],
    ["broker/a.ts", "../daemon/b.ts", false],
    ["gateway/a.ts", "../daemon/b.ts", false],
    ["daemon/a.ts", "../gateway/b.ts", true],
    ["daemon/a.ts", "../client/b.ts", false],
    ["daemon/a.ts", "../cli/b.ts", false],
    ["client/a.ts", "../platform/b.ts", true],
    ["client/a.ts", "../vault/b.ts", false],
    ["client/a.ts", "../cli/b.ts", false],
    ["client/a.ts", "yargs", false],
    ["client/a.ts", "yargs/helpers", false],
    ["cli/commands/a.ts", "../../client/b.ts", true],
    ["cli/commands/a.ts", "../../vault/b.ts", false],
    ["cli/commands/a.ts", "../../issuers/b.ts", false],
    ["cli/commands/a.ts", "../../broker/b.ts", false],
    ["cli/commands/a.ts", "../../daemon/b.ts", false],
    ["cli/command-line.ts", "yargs", true],
    ["cli/main.ts", "@napi-rs/keyring", false],
    ["cli/main.ts", "@napi-rs/keyring/keytar.js", false],
    ["cli/main.ts", "../../package.json", false],
    ["main.ts", "node:fs", false],
    ["newfolder/a.ts", "../core/b.ts", false],
  ])("judges the arrow from %s to %s: allowed %s", (from, specifier, allowed) => {
    expect(importFault({ from, specifier }) === undefined).toBe(allowed);
  });

  it.each<[what: string, source: Source, faults: number]>([
    ["a file of 300 lines", { path: "cli/a.ts", text: "\n".repeat(300) }, 0],
    ["a file of 301 lines", { path: "cli/a.ts", text: "\n".repeat(301) }, 1],
    ["a file named utils", { path: "cli/utils.ts", text: "" }, 1],
    ["a file named index", { path: "protocols/git/index.ts", text: "" }, 1],
    ["a file named after its idea", { path: "core/token-types-of.ts", text: "" }, 0],
    ["the time in the clock", { path: CLOCK, text: "Date.now()" }, 0],
    ["the time elsewhere", { path: "cli/a.ts", text: "const now = Date.now();" }, 1],
    ["the time by another name", { path: "cli/a.ts", text: "const now = new Date();" }, 1],
    ["a given time", { path: "cli/a.ts", text: "const at = new Date(now);" }, 0],
    ["the time in a comment", { path: "cli/a.ts", text: "// Date.now() is not for us" }, 0],
    ["the process in a protocol", { path: "protocols/git/a.ts", text: "process.env" }, 1],
    ["the process in the command line", { path: "cli/a.ts", text: "process.env" }, 0],
    ["a timer in core", { path: "core/a.ts", text: "setTimeout(f, 1)" }, 1],
    ["an import of a variable", { path: "cli/a.ts", text: "await import(name)" }, 1],
    ["a default export", { path: "cli/a.ts", text: "export default f;" }, 1],
    ["a barrel", { path: "cli/a.ts", text: 'export * from "./b.ts";' }, 1],
  ])("judges %s", (_what, source, faults) => {
    expect(sourceFaults(source)).toHaveLength(faults);
  });

  it("sees a circle, and only where there is one", () => {
    const arrows = (...pairs: [string, string][]): Import[] => pairs.map(([from, to]) => ({ from, specifier: `../${to}` }));
    expect(importCycle(arrows(["a/a.ts", "b/b.ts"], ["b/b.ts", "c/c.ts"], ["a/a.ts", "c/c.ts"]))).toBeUndefined();
    expect(importCycle(arrows(["a/a.ts", "b/b.ts"], ["b/b.ts", "c/c.ts"], ["c/c.ts", "b/b.ts"]))).toEqual(["b/b.ts", "c/c.ts", "b/b.ts"]);
    expect(importCycle(arrows(["a/a.ts", "a/a.ts"]))).toEqual(["a/a.ts", "a/a.ts"]);
  });
});
