/** What the client of each tool is told where toolkey has no answer: the vault is locked, or no daemon can be started. */
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ToolName } from "../../../src/protocols/tools.ts";
import { BIN, expectDone, makeHome, type Ended, type RunOptions, type TestHome } from "../../fixtures/homes/home.ts";
import { keepUnderPassphrase } from "../../fixtures/homes/locked-home.ts";
import { missing, type ProgramName } from "../../fixtures/programs/programs.ts";

const SECRET = "S3CRET-of-all-tools";
/** Where nobody listens. */
const PLACE = "https://localhost:1";

let home: TestHome;
let project: string;
const run = (program: string, argv: readonly string[], options: RunOptions = {}): Promise<Ended> =>
  home.run(program, argv, { cwd: project, ...options, env: { PATH: `${join(home.directory, "bin")}:${home.directory}/.local/bin:${home.environment["PATH"]}`, ...options.env } });
const helper = (name: string, argv: readonly string[], stdin = ""): Promise<Ended> => run(join(BIN, name), argv, { stdin });
const led = (argv: readonly string[], env: RunOptions["env"] = {}): Promise<Ended> => run(join(BIN, "toolkey"), ["run", ...argv], { env });
/** A program of this name, where the tool's own is not needed to see it. */
function standIn(name: string, ...argv: readonly string[]): Promise<Ended> {
  const path = join(home.directory, "bin", name);
  writeFileSync(path, "#!/bin/sh\nenv\nexit 4\n");
  chmodSync(path, 0o755);
  return led(["--", name, ...argv]);
}

interface Row {
  /** Programs that it takes. */
  readonly needs?: readonly ProgramName[];
  readonly ask: () => Promise<Ended>;
  readonly code: number;
  /** All of standard output, where that is for the client. */
  readonly stdout?: (why: string) => string;
  /** What stands before and behind what to do about it; a line of its own if absent. */
  readonly between?: readonly [string, string];
  /** What the client itself says then. */
  readonly own?: string;
}

const withoutToken = (program: string): [string, string] => ["\nhint: ", `\ntoolkey: ${program} runs without a token\n`];
const NOTHING = (): string => "";

/** A tool that is not in it is an error of types. Where the client needs more than this to ask, its own tests have it as well. */
const ROWS: Readonly<Record<ToolName, Row>> = {
  ansible: {
    needs: ["ansible-galaxy"],
    ask: () => led(["--", "ansible-galaxy", "collection", "install", "acme.thing", "-s", `${PLACE}/`, "-p", "c"]),
    code: 1,
    between: withoutToken("ansible-galaxy"),
    own: "ERROR! ",
  },
  bazel: { ask: () => helper("bazel-credential-toolkey", ["get"], JSON.stringify({ uri: `${PLACE}/x` })), code: 1, stdout: NOTHING },
  bun: { ask: () => standIn("bun", "install"), code: 4, between: withoutToken("bun") },
  bundler: { needs: ["bundle", "ruby"], ask: () => led(["--", "bundle", "install"], { BUNDLE_RETRY: "0" }), code: 17, between: withoutToken("bundle"), own: "Could not fetch specs from " },
  cargo: {
    ask: () => helper("cargo-credential-toolkey", ["--cargo-plugin"], `{"v":1,"registry":{"index-url":"sparse+${PLACE}/"},"kind":"get","operation":"read"}\n`),
    code: 0,
    stdout: (why) => `{"v":[1]}\n{"Err":{"kind":"other","message":"toolkey: ${why}","caused-by":[]}}\n`,
  },
  composer: {
    needs: ["composer"],
    ask: () => led(["--", "composer", "install"], { COMPOSER_ALLOW_SUPERUSER: "1", COMPOSER_NO_INTERACTION: "1" }),
    code: 1,
    between: withoutToken("composer"),
    own: "could not be downloaded",
  },
  conan: { ask: () => helper("conan-credential-toolkey", ["get", PLACE]), code: 1, stdout: (why) => `toolkey: ${why}\n` },
  coursier: { ask: () => standIn("cs", "fetch"), code: 4, between: withoutToken("cs") },
  docker: { needs: ["skopeo"], ask: () => run("skopeo", ["inspect", "docker://localhost:1/app:1"]), code: 1, stdout: NOTHING, own: "level=fatal msg=" },
  git: { ask: () => run("git", ["credential", "fill"], { stdin: "protocol=https\nhost=localhost:1\n\n" }), code: 128, stdout: NOTHING, own: "fatal: could not read Username" },
  go: { ask: () => helper("go-auth-toolkey", ["get", `${PLACE}/mods/x`]), code: 1, stdout: NOTHING },
  gradle: { ask: () => helper("toolkey-authorization", ["gradle", PLACE]), code: 3, stdout: NOTHING },
  http: { ask: () => led(["--tool", "http", "--env", `TOKEN=${PLACE}`, "--", "sh", "-c", "echo started"]), code: 3, stdout: NOTHING },
  maven: { needs: ["mvn", "java"], ask: () => run("mvn", ["-B", "-q", "validate"]), code: 0, between: ["; Maven runs without its tokens (", ")\n"] },
  netrc: { ask: () => led(["--tool", "netrc", "--", "sh", "-c", 'echo "netrc: $NETRC"']), code: 0, stdout: () => "netrc: \n", between: withoutToken("sh") },
  npm: { ask: () => standIn("npm", "install"), code: 4, between: withoutToken("npm") },
  nuxeoctl: { ask: () => standIn("nuxeoctl", "register", "alice", "project"), code: 4, between: withoutToken("nuxeoctl") },
  pip: { ask: () => run("keyring", ["get", PLACE, "bob"]), code: 1, stdout: NOTHING },
  pnpm: { ask: () => run(join(home.toolkeyHome, "data", "pnpm", readdirSync(join(home.toolkeyHome, "data", "pnpm"))[0] ?? ""), []), code: 0, stdout: () => "toolkey none-for-this-registry\n" },
  terraform: { ask: () => helper("terraform-credentials-toolkey", ["get", "localhost:1"]), code: 1, stdout: NOTHING },
  yarn: { ask: () => helper("toolkey-authorization", ["yarn", PLACE]), code: 3, stdout: NOTHING },
};

const runtime = (): string => join(home.toolkeyHome, "data", "run");
async function noDaemon(): Promise<void> {
  await home.stop();
  rmSync(runtime(), { recursive: true, force: true });
  writeFileSync(runtime(), "");
}

beforeAll(async () => {
  home = await makeHome();
  await home.init();
  project = join(home.directory, "project");
  for (const directory of [project, join(home.directory, "bin")]) mkdirSync(directory);
  for (const [name, text] of [
    ["Gemfile", `source "${PLACE}"\ngem "x"\n`],
    ["composer.json", JSON.stringify({ repositories: [{ type: "composer", url: PLACE }, { packagist: false }], require: { "acme/thing": "1.0.0" } })],
    [".npmrc", `registry=${PLACE}/\n`],
    ["package.json", "{}"],
    ["pom.xml", `<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>a</artifactId><version>1</version><packaging>pom</packaging><repositories><repository><id>acme</id><url>${PLACE}</url></repository></repositories></project>`],
  ] as const)
    writeFileSync(join(project, name), text);
  for (const tool of Object.keys(ROWS)) await home.addToken(tool, tool === "nuxeoctl" ? "https://connect.nuxeo.com" : PLACE, SECRET, "bob");
  await home.setUpGit();
  for (const tool of ["docker", "maven", "pip", "pnpm"]) expectDone(await home.toolkey(["setup", tool], { env: { PATH: `${home.directory}/.local/bin:${home.environment["PATH"]}` } }));
  await home.stop();
});
afterAll(() => home?.dispose());

describe.each<[what: string, prepare: () => Promise<void>, why: () => string, mended: string]>([
  ["the vault is locked", () => keepUnderPassphrase(home), () => "the vault is locked, and its passphrase is needed", "toolkey unlock"],
  ["no daemon can be started", noDaemon, () => `${runtime()} is not a directory`, "move it out of the way"],
])("where %s", (_what, prepare, why, mended) => {
  beforeAll(prepare);

  for (const [tool, { needs = [], ask, code, stdout, between = ["\nhint: ", "\n"], own = "" }] of Object.entries(ROWS)) {
    it.skipIf(missing(...needs))(`${tool} says why, and what to do`, async () => {
      const ended = await ask();
      expect(ended).toMatchObject({
        code,
        ...(stdout === undefined ? {} : { stdout: stdout(why()) }),
        stderr: expect.stringContaining(`toolkey: ${why()}${between[0]}${mended}${between[1]}`) as string,
      });
      expect(ended.stderr).toContain(own);
      expect(ended.stdout + ended.stderr).not.toContain("S3CRET");
    });
  }
});
