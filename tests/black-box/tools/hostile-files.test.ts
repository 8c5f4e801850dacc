/** Files of a project with which nobody can be kept waiting, and the daemon can't be ended. */
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { matrix } from "../../fixtures/form.ts";
import { makeHome, type TestHome } from "../../fixtures/homes/home.ts";

let home: TestHome;
let pid: unknown;
let count = 0;
/** Far more than a busy machine needs, far less than what has no end, or grows by squares, takes. */
const PATIENCE_MS = 60_000;

beforeAll(async () => {
  home = await makeHome();
  await home.init();
  await home.addToken("npm", "https://r.example", "S3CRET");
  pid = await daemon();
});
afterAll(() => home.dispose());

/** What is wrong with them, and what the person is told. */
test.each(matrix<[what: string, tool: string, files: Readonly<Record<string, string>>, said: string]>([
  ["YAML that is nested too deeply for its parser", "pnpm", { "pnpm-workspace.yaml": "- ".repeat(60_000) }, "nested too deeply"],
  ["YAML with a hundred thousand keys", "pnpm", { "pnpm-workspace.yaml": Array.from({ length: 100_000 }, (_, index) => `a${index}: 1\n`).join("") }, "too long for a configuration"],
  ["a workspace that names its members by a pattern of stars", "npm", { "package.json": JSON.stringify({ workspaces: [`${"*a".repeat(20)}b`] }), [`${"a".repeat(60)}/package.json`]: "{}" }, ""],
  ["a .mvn/jvm.config of one long word", "maven", { "pom.xml": "<project/>", ".mvn/jvm.config": `-Xlog${"a".repeat(60_000)}!` }, "more than a person would write"],
  ["a pom.xml that is nested deeply", "maven", { "pom.xml": "<a>".repeat(1_000_000) }, "nested too deeply"],
  ["POMs whose profiles and properties have no end", "maven", manyProfiles(), "more properties than toolkey looks up"],
  ["a .env of spaces", "bun", { ".env": `A=x${" ".repeat(200_000)}y` }, ""],
  ["thousands of registries", "npm", { ".npmrc": Array.from({ length: 30_000 }, (_, index) => `@a${index}:registry=https://r.example/${index}/\n`).join("") }, "30001 registries are configured"],
  ["a registry of slashes", "npm", { ".npmrc": `registry=https://r.example/${"/".repeat(200_000)}x\n` }, ""],
  ["a name of a host that goes on and on", "npm", { ".npmrc": `registry=https://${"\u4e00\u4e01".repeat(200_000)}/\n`, "package-lock.json": `http://${"\u4e00\u4e01".repeat(200_000)}/` }, ""],
  ["a line of spaces that JavaScript breaks and npm doesn't", "npm", { ".npmrc": `${" ".repeat(100_000)}a=\u2028` }, ""],
  ["a lock file of nothing but hosts", "npm", { ".npmrc": Array.from({ length: 50 }, (_, index) => `@a${index}:registry=https://r.example/${index}/\n`).join(""), "package-lock.json": Array.from({ length: 200_000 }, (_, index) => `http://a${index} `).join("") }, "names r.example"],
], [
  ["the same, where the parser has left no stack for a pattern", "pnpm", { "pnpm-workspace.yaml": "? ".repeat(60_000) }, "nested too deeply"],
  ["keys within keys of YAML", "pnpm", { "pnpm-workspace.yaml": "? ".repeat(500) }, "nested too deeply"],
  ["a .mvn/maven.config of line breaks", "maven", { "pom.xml": "<project/>", ".mvn/maven.config": `${"\n".repeat(100_000)}x` }, "more than a person would write"],
]))("%s: nobody waits for it, and the daemon lives on", async (_what, tool, files, said) => {
  const project = join(home.directory, `project-${count++}`);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(project, name)), { recursive: true });
    await writeFile(join(project, name), text);
  }
  const directory = tool === "npm" ? dirname(join(project, Object.keys(files).at(-1) ?? "")) : project;
  const ended = await home.toolkey(["run", "--direct", "--tool", tool, "--", "echo", "install"], { cwd: directory });
  expect(ended).toMatchObject({ code: 0, stdout: "install\n" });
  expect(ended.stderr).toContain(said);
  expect((await home.toolkey(["run", "--tool", tool, "--", "echo", "install"], { cwd: directory })).code).toBe(0);
  expect(await daemon()).toBe(pid);
}, PATIENCE_MS);

test("what is in /proc is not what the command would read", async () => {
  const project = join(home.directory, "linked");
  await mkdir(project);
  await writeFile(join(project, "own"), "-Dmaven.wagon.http.ssl.insecure=true\n");
  await mkdir(join(project, "real"));
  await symlink("/proc/self/cwd/real", join(project, ".mvn"));
  await symlink("../own", join(project, "real", "jvm.config"));
  const { stderr } = await home.toolkey(["run", "--tool", "maven", "--", "echo", "install"], { cwd: project });
  expect(stderr).toContain(`cannot read ${join(project, ".mvn", "maven.config")}: it leads to /proc`);
});

/** Each module asks for each property in each profile of each parent. */
function manyProfiles(): Record<string, string> {
  const names = (name: string): string => `<groupId>g</groupId><artifactId>${name}</artifactId><version>1</version>`;
  const parent = (name: string, path: string): string => `<parent>${names(name)}<relativePath>${path}</relativePath></parent>`;
  const list = (length: number, item: (index: number) => string): string => Array.from({ length }, (_, index) => item(index)).join("");
  const profiles = `<profiles>${list(200, (index) => `<profile><id>p${index}</id><activation><property><name>x</name></property></activation></profile>`)}</profiles>`;
  const repositories = list(200, (index) => `<repository><id>r${index}</id><url>https://r.example/${list(100, (other) => `\${v${other}}`)}</url></repository>`);
  const files: Record<string, string> = {
    "pom.xml": `<project>${names("root")}${parent("p0", "p0/pom.xml")}<modules>${list(8, (index) => `<module>m${index}</module>`)}</modules></project>`,
    "p30/pom.xml": `<project>${names("p30")}<properties>${list(100, (index) => `<v${index}>a</v${index}>`)}</properties>${profiles}</project>`,
  };
  for (let index = 0; index < 30; index += 1) {
    files[`p${index}/pom.xml`] = `<project>${names(`p${index}`)}${parent(`p${index + 1}`, `../p${index + 1}/pom.xml`)}${index === 0 ? `<repositories>${repositories}</repositories>` : ""}${profiles}</project>`;
  }
  for (let index = 0; index < 8; index += 1) files[`m${index}/pom.xml`] = `<project>${names(`m${index}`)}${parent("p0", "../p0/pom.xml")}</project>`;
  return files;
}

async function daemon(): Promise<unknown> {
  return (await home.status())?.pid;
}
