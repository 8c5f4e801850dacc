/**
 * The files of docs/ci.md, run step by step in the way in which each CI starts them, with the variables that its jobs have. What they install comes from
 * a stand-in for JFrog, which gives tokens for the identities of a stand-in for the CI.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { hear } from "../../fixtures/processes/heard.ts";
import { expectDone, makeHome, type Ended, type TestHome } from "../../fixtures/homes/home.ts";
import { startJfrogAccess, type JfrogAccess } from "../../fixtures/services/jfrog/jfrog-access.ts";
import { startJobRunner, type JobRunner } from "../../fixtures/services/job-runner.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { tarball } from "../../fixtures/registries/npm/tarball.mjs";
import { makeTls, type TestTls } from "../../fixtures/network/tls.ts";

const PAGE = readFileSync(join(import.meta.dirname, "..", "..", "..", "docs", "ci.md"), "utf8");
/** How toolkey itself gets there is tested in npm-package.test.ts. */
const INSTALL = "npm install --global toolkey";
const PACKAGE = "api/npm/npm/left/-/left-1.0.0.tgz";

/** The blocks of the page in one language. */
function blocks(language: string): string[] {
  return [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, "gm"))].map(([, text = ""]) => text);
}

let tls: TestTls;
let runner: JobRunner;
let jfrog: JfrogAccess;
let job: TestHome;
/** The checkout. */
let project: string;
/** What the steps have printed. */
let printed: string;
const files = new Map<string, Buffer>();

beforeAll(async () => {
  tls = await makeTls();
  runner = await startJobRunner({ tls });
  const { claimsOf } = runner;
  const integration = { claimsOf, audience: "acme", repository: "acme/notes", username: "ci-notes", scope: "artifact:npm/**:r", expiresIn: 1800 };
  jfrog = await startJfrogAccess({ tls, files, users: [{ name: "alice" }, { name: "ci-notes" }], integrations: { github: integration, gitlab: integration, jenkins: integration } });
  // It looks around, as one that was taken over would.
  const scripts = { install: "env > \"$INIT_CWD/seen\"" };
  files.set(PACKAGE, tarball({ "package.json": JSON.stringify({ name: "left", version: "1.0.0", scripts }), "index.js": "" }));
});
afterAll(async () => {
  await jfrog?.close();
  await runner?.close();
  await tls?.remove();
});

beforeEach(async () => {
  job = await makeHome();
  printed = "";
  project = join(job.directory, "work", "notes");
  mkdirSync(project, { recursive: true });
  const integrity = `sha512-${createHash("sha512").update(files.get(PACKAGE) ?? "").digest("base64")}`;
  const entry = { version: "1.0.0", resolved: `${jfrog.origin}/artifactory/${PACKAGE}`, integrity, hasInstallScript: true };
  const manifest = { name: "notes", version: "1.0.0", dependencies: { left: "1.0.0" } };
  writeFileSync(join(project, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(project, "package-lock.json"), JSON.stringify({ ...manifest, lockfileVersion: 3, packages: { "": manifest, "node_modules/left": entry } }));
  writeFileSync(join(project, ".npmrc"), `registry=${jfrog.origin}/artifactory/api/npm/npm/\n`);
});
afterEach(() => job?.dispose());

/** Runs a script of the page as a step, with the service where it is here. */
async function step(shell: readonly [string, ...string[]], script: string, env: Readonly<Record<string, string>>): Promise<Ended> {
  const file = join(job.directory, "step.sh");
  writeFileSync(file, script.replaceAll("jfrog@acme.jfrog.io", `jfrog@${new URL(jfrog.origin).host}`).replaceAll("npm.example.com", `${jfrog.origin}/artifactory/api/npm/npm`));
  const [program, ...options] = shell;
  // A machine of a company, with a certificate of its own; no variable of ours is in a job.
  const ended = await job.run(program, [...options, file], { cwd: project, env: { TOOLKEY_HOME: undefined, NODE_EXTRA_CA_CERTS: tls.caFile, CI: "true", ...env } });
  printed += ended.stdout + ended.stderr;
  return ended;
}

/** When the daemon of the job has ended, by its lock, whose file may be gone before. Rejects if none runs. */
async function watchDaemon(toolkeyHome: string): Promise<() => Promise<void>> {
  const lock = join(toolkeyHome, "data", "run", "daemon.lock");
  const waiting = spawn("sh", ["-c", `exec 9<"$1" && ! flock --nonblock 9 && echo waits && flock 9`, "sh", lock], { stdio: ["ignore", "pipe", "pipe"] });
  job.running.add(waiting);
  const ended = once(waiting, "close");
  await hear(waiting).line(/^waits$/);
  return async () => {
    expect(await ended).toEqual([0, null]);
    job.running.delete(waiting);
  };
}

/** What holds after each: the build has had its package by a token of the job, nothing was seen of that, and nothing is left. */
async function expectBuilt(toolkeyHome: string, daemonEnded: (() => Promise<void>) | undefined): Promise<void> {
  expect(existsSync(join(project, "node_modules", "left", "index.js"))).toBe(true);
  const asked = jfrog.requests.findLast(({ path }) => path.endsWith(PACKAGE));
  expect(asked).toMatchObject({ status: 200, as: jfrog.tokens.at(-1)?.id });
  const seen = readFileSync(join(project, "seen"), "utf8");
  for (const secret of [...runner.made, runner.environment.ACTIONS_ID_TOKEN_REQUEST_TOKEN]) expect(printed + seen).not.toContain(secret);
  expect(printed + seen).not.toMatch(/eyJ[\w-]+\.|cmVmdGtu/);
  expect(existsSync(toolkeyHome)).toBe(false);
  expect(daemonEnded).toBeDefined();
  await daemonEnded?.();
}

interface WorkflowStep {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string;
  readonly env?: Readonly<Record<string, string>>;
}

describe.skipIf(process.platform !== "linux" || missing("bash"))("the example of", () => {
  const [workflow = "", added = "", pipeline = ""] = blocks("yaml");

  /** As a runner of GitHub's does: `bash -e FILE`, and variables that a step has written are those of the next. */
  async function runWorkflow(steps: readonly WorkflowStep[]): Promise<{ readonly toolkeyHome: string; readonly ended: (() => Promise<void>) | undefined }> {
    const temporary = join(job.directory, "work", "_temp");
    mkdirSync(temporary, { recursive: true });
    const environment: Record<string, string> = { GITHUB_ACTIONS: "true", GITHUB_WORKSPACE: project, GITHUB_REPOSITORY: "acme/notes", RUNNER_TEMP: temporary, ...runner.environment };
    let ended: (() => Promise<void>) | undefined;
    for (const each of steps.filter(({ run }) => run !== undefined && run !== INSTALL)) {
      const file = join(temporary, "set-env");
      writeFileSync(file, "");
      if (each.if === "always()") ended = await watchDaemon(environment["TOOLKEY_HOME"] ?? "");
      expectDone(await step(["bash", "-e"], each.run ?? "", { ...environment, GITHUB_ENV: file, ...each.env }));
      for (const line of readFileSync(file, "utf8").split("\n").filter((text) => text !== "")) environment[line.slice(0, line.indexOf("="))] = line.slice(line.indexOf("=") + 1);
    }
    return { toolkeyHome: environment["TOOLKEY_HOME"] ?? "", ended };
  }

  const stepsOf = (text: string): readonly WorkflowStep[] => (parse(text) as { jobs: { build: { steps: WorkflowStep[] } } }).jobs.build.steps;

  it("GitHub Actions", async () => {
    const steps = stepsOf(workflow);
    expect(steps.map(({ name, uses }) => name ?? uses)).toEqual(["actions/checkout@v4", "actions/setup-node@v4", "Install toolkey", "Log in", "Build", "Leave nothing behind"]);
    expect(steps.find(({ name }) => name === "Install toolkey")?.run).toBe(INSTALL);
    expect((parse(workflow) as { permissions: object }).permissions).toEqual({ contents: "read", "id-token": "write" });
    const { toolkeyHome, ended } = await runWorkflow(steps);
    expect(toolkeyHome).toBe(join(job.directory, "work", "_temp", "toolkey"));
    await expectBuilt(toolkeyHome, ended);
    expect(readFileSync(join(project, "seen"), "utf8")).not.toContain("ACTIONS_ID_TOKEN_REQUEST_TOKEN");
  });

  it("GitHub Actions, with a secret of the repository", async () => {
    const [own] = parse(added) as readonly WorkflowStep[];
    expect(own?.env).toEqual({ NPM_TOKEN: "${{ secrets.NPM_TOKEN }}" });
    const { referenceToken } = jfrog.makeUserToken();
    const steps = stepsOf(workflow).flatMap((each) => {
      const withoutLogin = { ...each, run: each.run?.replace(/^toolkey login .*\n/m, "") } as WorkflowStep;
      return each.name === "Log in" ? [withoutLogin, { ...own, env: { NPM_TOKEN: referenceToken } }] : [each];
    });
    const { toolkeyHome, ended } = await runWorkflow(steps);
    await expectBuilt(toolkeyHome, ended);
  });

  it("GitLab CI", async () => {
    const { build } = parse(pipeline) as { build: Record<"before_script" | "script" | "after_script", string[]> & { id_tokens: object; variables: Record<string, string> } };
    expect(build.id_tokens).toEqual({ JFROG_ID_TOKEN: { aud: "acme" } });
    const id = `${process.pid}${Date.now()}`;
    const toolkeyHome = (build.variables["TOOLKEY_HOME"] ?? "").replace("$CI_JOB_ID", id);
    const env = { GITLAB_CI: "true", CI_JOB_ID: id, CI_PROJECT_DIR: project, TOOLKEY_HOME: toolkeyHome };
    try {
      // Its first two parts run in one shell, the third in another.
      const together = [...build.before_script, ...build.script].filter((line) => line !== INSTALL);
      expect(together.length).toBe(build.before_script.length + build.script.length - 1);
      expectDone(await step(["bash"], ["set -eo pipefail", ...together].join("\n"), { ...env, JFROG_ID_TOKEN: runner.idToken() }));
      const ended = await watchDaemon(toolkeyHome);
      expectDone(await step(["bash"], ["set -eo pipefail", ...build.after_script].join("\n"), env));
      await expectBuilt(toolkeyHome, ended);
      expect(readFileSync(join(project, "seen"), "utf8")).not.toContain("JFROG_ID_TOKEN");
    } finally {
      rmSync(toolkeyHome, { recursive: true, force: true });
    }
  });

  it("Jenkins, whose shell prints what it runs", async () => {
    const [pipelineFile = ""] = blocks("groovy");
    const scripts = [...pipelineFile.matchAll(/sh '''\n([^]*?)'''/g)].map(([, text = ""]) => text);
    expect(scripts.length).toBe(3);
    const temporary = `${project}@tmp`;
    mkdirSync(join(temporary, "secretFiles"), { recursive: true });
    const file = join(temporary, "secretFiles", "id-token");
    writeFileSync(file, runner.idToken(), { mode: 0o400 });
    const env = { JENKINS_URL: "https://jenkins.example", WORKSPACE: project, WORKSPACE_TMP: temporary };
    const [logIn = "", build = "", leave = ""] = scripts;
    expectDone(await step(["sh", "-xe"], logIn, { ...env, ID_TOKEN_FILE: file }));
    expectDone(await step(["sh", "-xe"], build, env));
    const ended = await watchDaemon(join(temporary, "toolkey"));
    expectDone(await step(["sh", "-xe"], leave, env));
    expect(printed).toContain("+ toolkey login");
    await expectBuilt(join(temporary, "toolkey"), ended);
  });

  it("any other, as the page begins", async () => {
    const [shell = ""] = blocks("sh");
    const token = join(job.directory, "npm-token");
    writeFileSync(token, `${jfrog.makeUserToken().referenceToken}\n`, { mode: 0o600 });
    const env = { JOB: `${process.pid}${Date.now()}`, NPM_TOKEN_FILE: token };
    const toolkeyHome = `/tmp/toolkey-${env.JOB}`;
    try {
      const lines = shell.trimEnd().split("\n");
      const [last = ""] = lines.slice(-1);
      expectDone(await step(["sh", "-e"], lines.slice(0, -1).join("\n"), env));
      const ended = await watchDaemon(toolkeyHome);
      expectDone(await step(["sh", "-e"], [lines[0], last].join("\n"), env));
      await expectBuilt(toolkeyHome, ended);
    } finally {
      rmSync(toolkeyHome, { recursive: true, force: true });
    }
  });
});
