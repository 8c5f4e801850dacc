/** git through the gateway: what it does, what it writes down, and what it may not. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { filesWith } from "../../../fixtures/files-with.ts";
import { matrix } from "../../../fixtures/form.ts";
import { startGitServer, type GitServer } from "../../../fixtures/registries/git/git-server.mjs";
import { expectDone, makeHome, type Ended, type RunOptions, type TestHome } from "../../../fixtures/homes/home.ts";
import { newestGit } from "../../../fixtures/programs/programs.ts";

const ALICE = { username: "alice", token: "alice-r3al-t0ken" };
const BOB = { username: "bob", token: "bob-r3al-t0ken" };

/** The system's, and the newest, which is in a directory of its own and behind a script that says where its programs are. */
const GITS = matrix<readonly [name: string, directory: string | undefined]>([["the system's git", ""]], [["the newest git", newestGit()]]);

describe.each(GITS.filter(([, directory]) => directory !== undefined))("%s through the gateway", (_name, directory = "") => {
  let server: GitServer;
  let home: TestHome;
  const git = (argv: readonly string[], options: RunOptions = {}): Promise<Ended> => home.toolkey(["run", "--", "git", ...argv], { cwd: home.directory, ...options });
  /** Several commands of git, each started by the command itself. */
  const script = (text: string, ...options: readonly string[]): Promise<Ended> => home.toolkey(["run", "--tool", "http", ...options, "--", "sh", "-euc", text], { cwd: home.directory });
  const read = (path: string): Promise<string> => readFile(join(home.directory, path), "utf8");

  beforeAll(async () => {
    server = await startGitServer({ projects: ["acme", "lib", "big", "shared", "moved"], accounts: [{ ...ALICE, projects: ["acme", "lib", "big", "moved"] }, { ...BOB, projects: ["shared"] }] });
    home = await makeHome();
    const environment = home.environment as Record<string, string>;
    environment["NODE_EXTRA_CA_CERTS"] = server.caFile;
    if (directory !== "") environment["PATH"] = `${directory}:${environment["PATH"] ?? ""}`;
    await home.init();
    await home.addGitToken(`${server.origin}/nuxeo/git`, ALICE.username, ALICE.token);
    await home.addGitToken(server.url("shared"), BOB.username, BOB.token);
  });
  afterAll(async () => {
    await home?.dispose();
    await server?.close();
  });

  it("clones, fetches and pushes, and writes down the host's own URL", async () => {
    const cloned = expectDone(await git(["clone", server.url("acme"), "mine"]));
    expect(cloned.stderr).toMatch(/git uses git-\w+ for https:\/\/localhost\S+ through the gateway/);
    expectDone(await git(["-C", "mine", "commit", "--allow-empty", "-m", "second"]));
    const pushed = expectDone(await git(["-C", "mine", "push"]));
    expect(pushed.stderr).toContain(`To ${server.url("acme")}\n`);
    expectDone(await git(["-C", "mine", "fetch", "origin", "main"]));
    expect(await read("mine/.git/FETCH_HEAD")).toContain(`branch 'main' of ${server.origin}/nuxeo/git/acme\n`);
    expect(await read("mine/.git/config")).toContain(`url = ${server.url("acme")}\n`);
    expect(expectDone(await git(["-C", "mine", "remote", "-v"])).stdout).toBe(`origin\t${server.url("acme")} (fetch)\norigin\t${server.url("acme")} (push)\n`);
  });

  it("does what git can: shallow, partial, old and new protocols, the person's own rewriting, merges, submodules", async () => {
    await writeFile(join(home.directory, ".gitconfig"), `[url "${server.origin}/nuxeo/git/"]\n\tinsteadOf = own:\n[credential]\n\thelper = store\n[protocol "http"]\n\tallow = never\n`);
    const done = expectDone(
      await script(
        `git clone -q --depth 1 ${server.url("lib")} shallow
        git clone -q --filter=blob:none ${server.url("lib")} partial
        git -c protocol.version=0 clone -q ${server.url("lib")} old
        git -c protocol.version=2 clone -q ${server.url("lib")} new
        git clone -q own:lib.git lib
        git -C lib remote get-url origin
        git -C lib checkout -q -b other && git -C lib commit -q --allow-empty -m other && git -C lib push -q origin other && git -C lib checkout -q main
        git -C lib commit -q --allow-empty -m mine && git -C lib pull -q --no-rebase origin other && git -C lib log -1 --format=%s
        git -C lib -c http.postBuffer=65536 -c http.extraHeader='Expect: 100-continue' push -q origin main
        git -C lib submodule --quiet add ${server.url("acme")} sub && git -C lib commit -q -m sub && git -C lib push -q
        git clone -q --recurse-submodules own:lib.git whole && cat whole/sub/README.md whole/.gitmodules`,
        "--publish",
      ),
    );
    expect(done.stdout.split("\n")).toEqual([`${server.url("lib")}`, `Merge branch 'other' of ${server.origin}/nuxeo/git/lib`, "hello", '[submodule "sub"]', "\tpath = sub", `\turl = ${server.url("acme")}`, ""]);
    await expect(read(".git-credentials")).rejects.toThrow();
  });

  it("speaks the dumb protocol", async () => {
    const before = server.requests.length;
    expectDone(await git(["clone", "-q", server.url("lib"), "dumb"], { env: { GIT_SMART_HTTP: "0" } }));
    expect(await read("dumb/README.md")).toBe("hello\n");
    const paths = server.requests.slice(before).map(({ path }) => path.replace("/nuxeo/git/lib.git", ""));
    expect(paths).toEqual(expect.arrayContaining(["/HEAD", expect.stringMatching(/^\/objects\/../)]));
    expect(paths.join()).not.toContain("upload-pack");
  });

  it("sends its long questions compressed, as they are", async () => {
    expectDone(await script(`git clone -q ${server.url("lib")} asks; git clone -q ${server.url("lib")} tells; git -C tells commit -q --allow-empty -m new; git -C tells push -q`, "--publish"));
    // Forty of nothing, made by plumbing, which takes less time.
    expectDone(await home.run("sh", ["-ec", 'commit=$(git rev-parse HEAD); for index in $(seq 40); do commit=$(git commit-tree -p "$commit" -m "$index" "HEAD^{tree}"); done; git update-ref HEAD "$commit"'], { cwd: join(home.directory, "asks") }));
    const encodings: (string | undefined)[] = [];
    server.holdBack((_path, method, headers) => {
      if (method === "POST") encodings.push(headers["content-encoding"]);
      return undefined;
    });
    expectDone(await git(["-C", "asks", "fetch"]));
    server.holdBack(undefined);
    expect(encodings).toContain("gzip");
  });

  it("follows a repository that was moved at its host", async () => {
    server.holdBack((path) => (path.startsWith("/nuxeo/git/moved.git/") ? (request, response) => void response.writeHead(301, { Location: `https://${request.headers.host}${request.url?.replace("moved", "lib")}` }).end() : undefined));
    expectDone(await git(["clone", "-q", server.url("moved"), "moved"]));
    server.holdBack(undefined);
    expect(await read("moved/README.md")).toBe("hello\n");
  });

  it("takes a push of many megabytes and clones them back, in little memory", async () => {
    const most = async (): Promise<number> => Number(/^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${(await home.status())?.pid}/status`, "utf8"))?.[1]) / 1000;
    const before = await most();
    expectDone(
      await script(
        `git clone -q ${server.url("big")} big
        git -C big config core.compression 0
        head -c 50000000 /dev/urandom > big/blob && git -C big add blob && git -C big commit -q -m blob && git -C big push -q
        git clone -q ${server.url("big")} again && cmp big/blob again/blob`,
        "--publish",
      ),
    );
    // In megabytes.
    expect(await most() - before).toBeLessThan(40);
  });

  it("does not push unless that is what was asked for, and git says why", async () => {
    const refused = await script(`git clone -q ${server.url("acme")} unpushed; git -C unpushed commit -q --allow-empty -m x; git -C unpushed push`);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain("remote: toolkey: this phantom does not permit pushing\nremote: hint: toolkey run --publish\n");
    expect(server.requests.filter(({ path, method }) => path.endsWith("acme.git/git-receive-pack") && method === "POST")).toHaveLength(1);
  });

  it("finds the account by path and by user name", async () => {
    expectDone(await git(["clone", "-q", server.url("shared"), "by-path"]));
    expect(server.requests.at(-1)).toMatchObject({ username: "bob", status: 200 });
    await home.addGitToken(server.url("lib"), "carol", "carol-is-refused");
    const wrong = await git(["clone", "-q", server.url("lib").replace("//", "//carol@"), "carols"]);
    expect(wrong.stderr).toMatch(/remote: toolkey: localhost refused the git token git-\w+; it is suspended now\nremote: hint: a new secret for it: toolkey replace git-\w+\n/);
    expect(server.requests.at(-1)).toMatchObject({ username: "carol", status: 401 });
    expectDone(await git(["clone", "-q", server.url("lib").replace("//", "//alice@"), "alices"]));
    expect(server.requests.at(-1)).toMatchObject({ username: "alice", status: 200 });
    const nobody = await git(["ls-remote", server.url("lib").replace("//", "//dave@")]);
    expect(nobody.stderr).toContain("remote: toolkey: there is no git token of dave for ");
  });

  it("has no token for what a script starts, which reads why", async () => {
    const nested = await script(`sh -c 'git ls-remote ${server.url("acme")}; exit $?'`);
    expect(nested.code).not.toBe(0);
    expect(nested.stderr).toMatch(/remote: toolkey: localhost:\d+ wants a token, which is for git of the command itself/);
    expect(server.requests.at(-1)).toEqual({ method: "GET", path: "/nuxeo/git/acme.git/info/refs", status: 401 });
  });

  it("leaves the hosts of others alone, and addresses with a secret of the person's", async () => {
    const elsewhere = await script(`git ls-remote https://127.0.0.1:9/x.git; git ls-remote ${server.url("acme").replace("//", "//alice:own@")}`);
    expect(elsewhere.stderr).toContain("unable to access 'https://127.0.0.1:9/x.git/'");
    expect(elsewhere.stderr).not.toContain("/https/localhost");
  });

  it("leaves no token and no phantom in a file", async () => {
    expect(filesWith(home.directory, [ALICE.token, BOB.token, "tkphantom_"])).toEqual([]);
  });
});
