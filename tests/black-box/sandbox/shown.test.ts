/** What is there in a sandbox, what is not, and what can't be changed: as root, where the tests are, and as a plain user. */
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BIN, expectDone } from "../../fixtures/homes/home.ts";
import { ASKS, keepUnderPassphrase, PASSPHRASE } from "../../fixtures/homes/locked-home.ts";
import { openTerminal } from "../../fixtures/processes/pseudo-terminal.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { HOME_FILES, isOpenToOthers, makeSandboxHome, SECRET, type SandboxHome } from "./sandbox-home.ts";

const SOMEBODY = 54321;
const USERS: readonly (readonly [who: string, uid: number | undefined])[] =
  process.getuid?.() === 0
    ? [["root", undefined], ...(isOpenToOthers() ? [["a plain user", SOMEBODY] as const] : [])]
    : [["a plain user", undefined]];

describe.skipIf(missing("bwrap", "setpriv")).each([...USERS])("a sandbox of %s", (_who, uid) => {
  let world: SandboxHome;
  const inside: SandboxHome["inside"] = (script, options) => world.inside(script, options);
  const output = async (script: string): Promise<string> => expectDone(await inside(script)).stdout;

  beforeAll(async () => {
    world = await makeSandboxHome(uid);
  });
  afterAll(() => world.dispose());

  it("says in one line what it hides, unless it is to be quiet", async () => {
    const said = expectDone(await inside("true")).stderr.split("\n");
    // There is no vault, which is said before.
    expect(said.slice(-2)).toEqual([
      "toolkey: in a sandbox: no keys, logins, agents, D-Bus, docker, display; 9 files without secrets; start-up files and git's hooks read-only; new files directly in ~ are not kept",
      "",
    ]);
    expect(expectDone(await inside("true", { words: ["--quiet"] })).stderr).toBe("");
  });

  it("has no secret in any file of the home", async () => {
    const found = await inside(`grep -rlE '${SECRET}|${Buffer.from(`a:${SECRET}`).toString("base64")}' ~ /tmp 2>/dev/null`);
    expect(found.stdout).toBe("");
    // It was looked for where it is.
    expect((await world.home.run("grep", ["-rl", SECRET, world.home.directory])).stdout.split("\n").length).toBeGreaterThan(10);
  });

  it("shows the rest of the files that keep secrets, and they can't be changed", async () => {
    expect(await output("cat ~/.npmrc")).toBe("registry=https://npm.example/\nfund=false\n");
    expect(await output("cat ~/.m2/settings.xml")).toContain("<settings>");
    expect(await output("for file in .npmrc .m2/settings.xml .netrc .docker/config.json; do (echo x >> ~/$file) 2>/dev/null || echo no; rm -f ~/$file 2>/dev/null || echo no; done")).toBe("no\n".repeat(8));
    for (const path of [".npmrc", ".m2/settings.xml"]) expect(readFileSync(world.at(path), "utf8")).toBe(HOME_FILES[path]);
  });

  it("has the rest of the home, caches and the project as they are, writable", async () => {
    await output("cat ~/.config/other/settings ~/.local/share/other/data ~/.cache/other package.json >&2; for at in ~/.config/other ~/.local/share/other ~/.cache ~/.npm .; do echo new > $at/new; done");
    for (const path of [".config/other/new", ".local/share/other/new", ".cache/new", ".npm/new", "project/new"]) expect(readFileSync(world.at(path), "utf8")).toBe("new\n");
  });

  it("leaves what other programs start or read as it was outside, there or not", async () => {
    const paths = [
      ".bashrc .gitconfig .config/git/ignore .config/systemd/user/mine.service .local/bin/mine".split(" "),
      ".bash_profile .profile .zshrc .config/autostart/a.desktop .config/fish/conf.d/a.fish .config/environment.d/a.conf".split(" "),
      ".local/bin/new .config/systemd/user/new.service .gradle/init.d/a.gradle .cargo/config.toml .mavenrc bin/git .ssh/authorized_keys".split(" "),
      "project/.git/hooks/pre-commit project/.git/config .local/share/dbus-1/services/a.service .local/share/systemd/user/a.service".split(" "),
    ].flat();
    const now = () => Object.fromEntries(paths.map((path) => [path, existsSync(world.at(path)) ? readFileSync(world.at(path), "utf8") : undefined]));
    const before = now();
    // Each by itself: one that gets through is not to be in another's way.
    await inside(paths.map((path) => `mkdir -p "$(dirname ~/${path})"; echo evil > ~/${path}; echo evil > ~/new; mv ~/new ~/${path}; ln -sf /etc/passwd ~/${path}`).join("\n"));
    expect(now()).toEqual(before);
  });

  it("can't put another directory in the place of one that leads to these", async () => {
    const paths = [".config", ".config/git", ".local", ".local/bin", "project", "project/.git", "project/.git/hooks"];
    // By the call itself: mv would copy what it can't rename.
    const code = `for (const path of ${JSON.stringify(paths)}) for (const to of ["moved", path + ".moved", ".cache/moved"]) try { fs.renameSync(home + "/" + path, home + "/" + to); console.log("done", path); } catch (error) { console.log(error.code); }`;
    const moved = expectDone(await inside(`node -e 'const home = process.env.HOME; ${code}'`));
    expect(moved.stdout).toMatch(/^((EBUSY|EXDEV|EROFS)\n){21}$/);
    expect(paths.filter((path) => !existsSync(world.at(path)))).toEqual([]);
  });

  it("has a /tmp and a /run of its own, and none of toolkey's directories", async () => {
    expect(await output("ls -A /tmp")).not.toContain("tk-tls");
    expect(await output("ls -A ~/t/data ~/t/config ~/t/log 2>/dev/null | grep -v : | grep . || true")).toBe("");
    expect(await output("touch /tmp/a /run/b || true; ls /run | grep -E 'dbus|systemd|docker' || true")).toBe("");
    expect(existsSync("/tmp/a")).toBe(false);
  });

  it("has no variables that lead to sockets, and none with secrets, whose names it tells", async () => {
    const env = { SSH_AUTH_SOCK: "/tmp/x", DBUS_SESSION_BUS_ADDRESS: "unix:path=/run/bus", DISPLAY: ":0", WAYLAND_DISPLAY: "w", DOCKER_HOST: "tcp://x", TMUX: "/tmp/t,1,0", STY: "1.x", MY_TOKEN: "t", AWS_SECRET_ACCESS_KEY: "k", MINE: "kept" };
    const ended = expectDone(await inside("env", { env }));
    expect(Object.keys(env).filter((name) => new RegExp(`^${name}=`, "m").test(ended.stdout))).toEqual(["MINE"]);
    expect(ended.stderr).toContain("; no MY_TOKEN, AWS_SECRET_ACCESS_KEY; ");
  });

  it("reaches no socket that a variable names, wherever it is", async () => {
    const socket = join(world.project, "agent.sock");
    const server = await new Promise<Server>((resolve) => {
      const listening = createServer((connection) => connection.end("hello")).listen(socket, () => resolve(listening));
    });
    try {
      chmodSync(socket, 0o666);
      const reach = `node -e 'require("net").connect("${socket}").on("error", (e) => console.log(e.code)).on("data", (d) => console.log(String(d)))'`;
      expect((await world.home.run("sh", ["-c", reach])).stdout).toBe("hello\n");
      const reached = await inside(reach, { env: { SSH_AUTH_SOCK: socket } });
      expect(reached.stdout).toMatch(/^E[A-Z]+\n$/);
    } finally {
      server.close();
    }
  });

  it("has the targets of links read-only, too, and adds nothing where a link leads to nothing", async () => {
    const dots = world.at("dots");
    mkdirSync(join(dots, "there"), { recursive: true });
    writeFileSync(join(dots, "there", "zshenv"), "# mine\n");
    symlinkSync(join(dots, "there", "zshenv"), world.at(".zshenv"));
    mkdirSync(join(dots, "empty"));
    symlinkSync(join(dots, "empty", "zlogin"), world.at(".zlogin"));
    await world.home.run("chown", ["-Rh", `${uid ?? 0}`, dots]);
    await inside("echo evil > ~/.zshenv; echo evil > ~/dots/there/zshenv; mv ~/dots/there ~/dots/gone; echo evil > ~/.zlogin; echo evil > ~/dots/empty/zlogin");
    expect(readFileSync(join(dots, "there", "zshenv"), "utf8")).toBe("# mine\n");
    expect(readdirSync(join(dots, "empty"))).toEqual([]);
  });

  it("is a home in which git works, and the project's configuration is kept", async () => {
    await output("echo a > a && git add a && git commit -q -m a && git checkout -q -b b && git log --oneline");
    const before = readFileSync(join(world.project, ".git/config"), "utf8");
    expect((await inside("git config core.fsmonitor 'touch evil'; git config core.hooksPath evil")).code).not.toBe(0);
    expect(readFileSync(join(world.project, ".git/config"), "utf8")).toBe(before);
  });

  it("puts aside what would lead git elsewhere", async () => {
    const ended = await inside("echo /tmp/evil > .git/commondir");
    expect(ended.stderr).toContain(`toolkey: the command has made ${world.project}/.git/commondir, which other programs would read: it is `);
    expect(readdirSync(join(world.project, ".git")).filter((name) => name.startsWith("commondir"))).toEqual(["commondir.from-sandbox"]);
  });

  it("puts aside repositories that were put into the project, into which its own git would look", async () => {
    const made = "git init -q linked && git -C linked commit -q --allow-empty -m x && git -C linked config core.fsmonitor 'touch ~/started; false' && git update-index --add --cacheinfo 160000,$(git -C linked rev-parse HEAD),linked";
    const ended = expectDone(await inside(made));
    expect(ended.stderr).toContain(`toolkey: the command has made ${world.project}/linked/.git, which other programs would read`);
    await world.home.git(["status"], { cwd: world.project });
    expect(existsSync(world.at("started"))).toBe(false);
    // An index whose entries are in another file.
    const again = expectDone(await inside("mv linked/.git.from-sandbox linked/.git && git update-index --split-index"));
    expect(again.stderr).toContain(`toolkey: the command has made ${world.project}/linked/.git, which other programs would read`);
    await world.home.git(["update-index", "--no-split-index", "--force-remove", "linked"], { cwd: world.project });
  });

  it("protects those within a project with an index of megabytes; where git can't tell of them, it is none", async () => {
    const [large, own] = [world.at("large"), world.at("large/own")];
    for (const directory of [large, own]) expectDone(await world.home.git(["init", "-q", directory]));
    expectDone(await world.home.git(["commit", "-q", "--allow-empty", "-m", "x"], { cwd: own }));
    const head = expectDone(await world.home.git(["rev-parse", "HEAD"], { cwd: own })).stdout.trim();
    const blob = expectDone(await world.home.git(["hash-object", "-w", "--stdin"], { cwd: large, stdin: "x" })).stdout.trim();
    const files = Array.from({ length: 14_000 }, (_, index) => `100644 ${blob}\tfile-with-a-name-that-is-long-${index}\n`);
    expectDone(await world.home.git(["update-index", "--add", "--index-info"], { cwd: large, stdin: `${files.join("")}160000 ${head}\town\n` }));
    expect((await inside("git config -f own/.git/config core.fsmonitor evil", { cwd: large })).code).not.toBe(0);
    expect(readFileSync(join(own, ".git/config"), "utf8")).not.toContain("evil");
    const index = join(large, ".git/index");
    const whole = readFileSync(index);
    writeFileSync(index, Buffer.concat([whole.subarray(0, 4096), whole.subarray(whole.indexOf(Buffer.from([0, 0, 0xe0, 0])))]));
    const broken = await inside("echo started", { cwd: large });
    expect([broken.stdout, broken.code]).toEqual(["", 1]);
    expect(broken.stderr).toContain(`toolkey: git can't say which repositories are within ${large}: `);
  });

  it("protects those within a project whatever git says of it besides", async () => {
    const [odd, own] = [world.at("not a git repository"), world.at("not a git repository/own")];
    for (const directory of [odd, own]) expectDone(await world.home.git(["init", "-q", directory]));
    expectDone(await world.home.git(["commit", "-q", "--allow-empty", "-m", "x"], { cwd: own }));
    const head = expectDone(await world.home.git(["rev-parse", "HEAD"], { cwd: own })).stdout.trim();
    expectDone(await world.home.git(["update-index", "--add", "--cacheinfo", `160000,${head},own`], { cwd: odd }));
    await inside("git config -f own/.git/config core.fsmonitor evil", { cwd: odd, env: { GIT_TRACE_SETUP: "1" } });
    expect(readFileSync(join(own, ".git/config"), "utf8")).not.toContain("evil");
  });

  it("protects those within one of these, into which git looks as well", async () => {
    const [top, own, deep] = ["top", "top/own", "top/own/deep"].map((name) => world.at(name)) as [string, string, string];
    for (const directory of [top, own, deep]) {
      expectDone(await world.home.git(["init", "-q", directory]));
      expectDone(await world.home.git(["commit", "-q", "--allow-empty", "-m", "x"], { cwd: directory }));
    }
    const head = expectDone(await world.home.git(["rev-parse", "HEAD"], { cwd: deep })).stdout.trim();
    for (const [name, cwd] of [["deep", own], ["own", top], ["back", top]] as const)
      expectDone(await world.home.git(["update-index", "--add", "--cacheinfo", `160000,${head},${name}`], { cwd }));
    // One that leads back is the same again.
    symlinkSync(".", join(top, "back"));
    expect((await inside("git config -f own/deep/.git/config core.fsmonitor evil", { cwd: top })).code).not.toBe(0);
    expect(readFileSync(join(deep, ".git/config"), "utf8")).not.toContain("evil");
  });

  it("protects the repository of a worktree, and of submodules", async () => {
    const git = (...argv: readonly string[]) => world.home.git(["-c", "protocol.file.allow=always", ...argv], { cwd: world.project });
    expectDone(await git("worktree", "add", "-q", world.at("tree")));
    expectDone(await git("clone", "-q", "--bare", world.project, world.at("bare.git")));
    expectDone(await git("submodule", "--quiet", "add", world.at("bare.git"), "sub"));
    const script = "echo evil > ~/project/.git/hooks/post-checkout; echo evil > ~/project/.git/config; echo evil > .git; echo evil > .git/modules/sub/config; echo evil > sub/.git; mkdir -p .git/modules/sub/hooks; echo evil > .git/modules/sub/hooks/pre-push";
    await inside(script);
    await inside(script, { cwd: world.at("tree") });
    expectDone(await git("config", "extensions.worktreeConfig", "true"));
    const led = "printf '[core]\\n\\tfsmonitor = touch %s/started; false\\n' \"$HOME\" > .git/config.worktree; echo evil > .git/worktrees/tree/commondir; echo evil > .git/worktrees/tree/config.worktree";
    await inside(led);
    expectDone(await world.home.git(["status"], { cwd: world.project }));
    expectDone(await world.home.git(["status"], { cwd: world.at("tree") }));
    expect(existsSync(world.at("started"))).toBe(false);
    expect((await world.home.run("grep", ["-rlx", "--exclude=*.from-sandbox", "evil", join(world.project, ".git"), join(world.project, "sub/.git"), world.at("tree/.git")])).stdout).toBe("");
    expectDone(await inside("git commit -q --allow-empty -m 'in a worktree' && git status", { cwd: world.at("tree") }));
  });
});

describe.skipIf(missing("bwrap"))("where the home is the project", () => {
  let world: SandboxHome;
  beforeAll(async () => {
    world = await makeSandboxHome();
  });
  afterAll(() => world.dispose());

  it("files are added to it, but for those that are read later: they are put aside", async () => {
    const cwd = world.home.directory;
    const ended = await world.inside("echo a > built; mkdir node_modules; echo evil > ~/.bash_profile; mkdir ~/.config/autostart; echo evil > .bashrc; cat .ssh/id_ed25519", { cwd });
    expect(ended.stderr).toContain(`toolkey: the command has made ${cwd}/.bash_profile, which other programs would read: it is ${cwd}/.bash_profile.from-sandbox now`);
    expect(readdirSync(cwd)).toEqual(expect.arrayContaining(["built", "node_modules", ".bash_profile.from-sandbox"]));
    expect([".bash_profile", ".config/autostart"].filter((path) => existsSync(world.at(path)))).toEqual([]);
    expect(readFileSync(world.at(".bashrc"), "utf8")).toBe("# mine\n");
    expect(ended.stdout).toBe("");
  });
});

it.skipIf(missing("bwrap"))("a sandbox has no secret of a file that is no UTF-8, too long, or above the current directory", async () => {
  const world = await makeSandboxHome();
  try {
    const npmrc = `; für alle\n//npm.example/:_authToken=${SECRET}\nfund=false\n`;
    const cwd = join(world.project, "z", "y");
    mkdirSync(cwd, { recursive: true });
    for (let other = 0; other < 150; other += 1) mkdirSync(join(world.project, `other-${other}`));
    writeFileSync(join(world.project, ".npmrc"), npmrc, "latin1");
    writeFileSync(join(world.project, "z", ".npmrc"), npmrc);
    writeFileSync(world.at(".netrc"), HOME_FILES[".netrc"] ?? "", "utf16le");
    writeFileSync(world.at(".pypirc"), `${HOME_FILES[".pypirc"]}${"#".repeat(600_000)}\n`);
    // Which a project can have, and which has no end.
    symlinkSync("/proc/self/pagemap", join(world.project, ".yarnrc.yml"));
    const ended = expectDone(await world.inside("cat ../../.npmrc ../.npmrc ~/.netrc ~/.pypirc | tr -d '\\000'", { cwd, words: ["--quiet"] }));
    expect(ended.stdout.match(/fund=false/g)).toHaveLength(2);
    expect(ended.stdout).not.toContain(SECRET);
  } finally {
    await world.dispose();
  }
});

it.skipIf(missing("bwrap", "script"))("a sandbox has no secret that was written while its passphrase was asked for", async () => {
  const world = await makeSandboxHome();
  const { home } = world;
  try {
    await home.init();
    await home.stop();
    await keepUnderPassphrase(home);
    const terminal = openTerminal(home, `exec ${join(BIN, "toolkey")} run --sandbox --quiet -- cat .pypirc ${world.at(".npmrc")}`, { cwd: world.project });
    await terminal.shows(ASKS);
    for (const path of [".npmrc", "project/.pypirc"]) writeFileSync(world.at(path), `${HOME_FILES[path.replace("project/", "")] ?? ""}; last\n`.replaceAll(SECRET, `${SECRET}-2`));
    terminal.type(`${PASSPHRASE}\r`);
    const { code, shown } = await terminal.ended;
    expect(code).toBe(0);
    expect(shown.match(/; last/g)).toHaveLength(2);
    expect(shown).not.toContain(SECRET);
  } finally {
    await world.dispose();
  }
});
