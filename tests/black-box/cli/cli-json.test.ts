/** Every field that `--json` prints is in docs/json.md, below the command that prints it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BIN, expectDone, makeHome, type TestHome } from "../../fixtures/home.ts";

const DOCUMENT = readFileSync(join(import.meta.dirname, "../../../docs/json.md"), "utf8");
const SECTIONS = DOCUMENT.split(/^## /m).slice(1);

let home: TestHome;
let id: string;

beforeAll(async () => {
  home = await makeHome();
  await home.init();
  id = await home.addGitToken("https://git.example/team", "alice", "S3CRET");
  expectDone(await home.helper("store", "protocol=https\nhost=other.example\nusername=bob\npassword=T0KEN\n\n"));
  expectDone(await home.helper("get", "protocol=https\nhost=git.example\npath=team/x\n\n"));
  expectDone(await home.toolkey(["revoke", "--yes", "--local", await home.addGitToken("https://git.example/old", "alice", "0LD")]));
  writeFileSync(join(home.directory, ".git-credentials"), "https://alice:PLA1N@plain.example\n", { mode: 0o600 });
  await home.toolkey(["run", "--tool", "http", "--", "sh", "-c", "true; curl -s --netrc-file \"$TOOLKEY_NETRC\" \"$TOOLKEY_HTTP/https/127.0.0.1:9/\""]);
});
afterAll(() => home.dispose());

/** The names of all fields, at any depth. */
function fieldsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(fieldsOf);
  return typeof value === "object" && value !== null ? Object.entries(value).flatMap(([name, inner]) => [name, ...fieldsOf(inner)]) : [];
}

function withFault(argv: readonly string[]): readonly string[] {
  writeFileSync(join(home.toolkeyHome, "config", "config.toml"), "idle = 900\n");
  return argv;
}

/** Also those of a section that it refers to. */
function documented(command: string): Set<string> {
  const own = SECTIONS.filter((section) => section.split("\n", 1)[0]?.includes(`\`${command}\``));
  const all = own.some((section) => section.includes("as in `list`")) ? [...own, ...SECTIONS.filter((section) => section.startsWith("`list`"))] : own;
  return new Set(all.flatMap((section) => [...section.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name)));
}

describe.each<[command: string, argv: () => readonly string[], some: string]>([
  ["list", () => ["list"], "storedByTool"],
  ["show", () => ["show", id], "lastUsedAt"],
  ["check", () => ["check"], "verdict"],
  ["services", () => ["services"], "presents"],
  ["status", () => ["status"], "memoryBytes"],
  ["log", () => ["log"], "traffic"],
  ["config", () => ["config"], "written"],
  ["doctor", () => ["doctor"], "what"],
  ["import", () => ["import"], "encrypted"],
  ["lock", () => ["lock"], "state"],
  ["unlock", () => ["unlock"], "tokens"],
  ["import", () => ["import", "--yes"], "outcome"],
  ["status", () => ["run", "--tool", "http", "--", join(BIN, "toolkey"), "status"], "purpose"],
  ["config", () => withFault(["config"]), "fault"],
  ["stop", () => ["stop"], "stopped"],
])("%s --json", (command, argv, some) => {
  it("prints one document, with fields that are documented", async () => {
    const printed = fieldsOf(JSON.parse((await home.toolkey([...argv(), "--json"])).stdout));
    expect(printed).toContain(some);
    const known = documented(command);
    expect(printed.filter((name) => !known.has(name))).toEqual([]);
  });
});
