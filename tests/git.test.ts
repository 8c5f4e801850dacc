import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGitServer, type GitServer } from "./fixtures/git-server.mjs";
import { expectDone, makeHome, type TestHome } from "./fixtures/home.ts";
import { newestGit } from "./fixtures/programs.ts";

const gits: [name: string, directory: string | undefined][] = [
  ["the git on PATH", ""],
  ["the newest git", newestGit()],
];

describe.each(gits)("with %s", (_name, directory) => {
  let home: TestHome;
  let server: GitServer;
  let options: { env: Record<string, string> };

  beforeAll(async () => {
    if (directory === undefined) return;
    server = await startGitServer({ projects: ["acme"], accounts: [{ username: "alice", token: "ALICE-TOKEN" }] });
    home = await makeHome();
    await home.init();
    expectDone(await home.toolkey(["setup", "git"]));
    expectDone(await home.git(["config", "--global", "http.sslCAInfo", server.caFile]));
    options = directory === "" ? { env: {} } : { env: { PATH: `${directory}:${home.environment["PATH"] ?? ""}` } };
    await home.addGitToken(`${server.origin}/nuxeo/git`, "alice", "ALICE-TOKEN");
  });

  afterAll(async () => {
    await home?.dispose();
    await server?.close();
  });

  it.skipIf(directory === undefined && process.env["CI"] !== "true")(
    "clones, commits, pushes, fetches and lists without a prompt, and no secret lies in the home",
    async () => {
      expectDone(await home.git(["clone", server.url("acme"), "work"], options));
      const work = { ...options, cwd: `${home.directory}/work` };
      expectDone(await home.git(["commit", "--allow-empty", "-m", "change"], work));
      expectDone(await home.git(["push", "origin", "HEAD:refs/heads/feature/x"], work));
      expectDone(await home.git(["fetch"], work));
      expect(expectDone(await home.git(["ls-remote", "origin"], work)).stdout).toContain("refs/heads/feature/x");
      const found = await home.run("grep", ["-rl", "ALICE-TOKEN", home.directory]);
      expect(found.stdout).toBe("");
    },
  );
});
