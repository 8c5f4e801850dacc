/** What a sandbox shows, from what there is: the pure part, over machines of strings. */
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Files } from "../../src/client/sandbox/files.ts";
import { layOut, projectOf, type Situation } from "../../src/client/sandbox/layout.ts";
import { Mounts } from "../../src/client/sandbox/mounts.ts";
import { withoutSession } from "../../src/client/sandbox/session-variables.ts";

/** A machine with these files; a value that begins with `->` is a link, `=` a socket. */
function machine(contents: Readonly<Record<string, string>>): Files {
  const all = new Map<string, string | undefined>([["/", undefined]]);
  for (const [path, content] of Object.entries(contents)) {
    for (let at = dirname(path); at !== "/"; at = dirname(at)) all.set(at, undefined);
    if (!path.endsWith("/")) all.set(path, content);
    else all.set(path.slice(0, -1), undefined);
  }
  const real = (path: string): string | undefined => {
    if (path === "/") return "/";
    const parent = real(dirname(path));
    const at = parent === undefined ? undefined : join(parent, path.slice(path.lastIndexOf("/") + 1));
    if (at === undefined || !all.has(at)) return undefined;
    const content = all.get(at);
    return content?.startsWith("->") === true ? real(content.slice(2)) : at;
  };
  const files: Files = {
    kind: (path) => {
      const parent = real(dirname(path));
      const at = parent === undefined ? path : join(parent, path.slice(path.lastIndexOf("/") + 1));
      if (!all.has(at)) return undefined;
      const content = all.get(at);
      return content === undefined ? "directory" : content.startsWith("->") ? "link" : content.startsWith("=") ? "socket" : "file";
    },
    real,
    list: (directory) =>
      [...all.keys()]
        .filter((path) => path !== "/" && dirname(path) === directory)
        .map((path) => ({ name: path.slice(path.lastIndexOf("/") + 1), kind: files.kind(path) ?? "other" })),
    text: (path) => all.get(real(path) ?? ""),
    target: (path) => (files.kind(path) === "link" ? all.get(path)?.slice(2) : undefined),
  };
  return files;
}

const SYSTEM = { "/etc/passwd": "", "/usr/bin/true": "", "/run/bus": "=", "/tmp/": "", "/proc/sys/": "", "/dev/null": "" };

function situation(more: Partial<Situation>): Situation {
  return {
    home: "/home/ada",
    directory: "/home/ada/work/app",
    programs: [],
    named: [],
    sockets: [],
    secrets: [],
    temporary: ["/tmp"],
    texts: new Map(),
    visible: [],
    own: [],
    settings: { hide: [], readonly: [], show: [] },
    ...more,
  };
}

const kinds = (mounts: Mounts): Record<string, string> => Object.fromEntries(mounts.ordered().map(([path, { kind }]) => [path, kind]));

describe("the layout", () => {
  it("has a home of its own with what is there in it", () => {
    const files = machine({ ...SYSTEM, "/home/ada/.bashrc": "", "/home/ada/.ssh/id": "", "/home/ada/.config/git/config": "", "/home/ada/.config/app/a": "", "/home/ada/work/app/.git/config": "", "/home/ada/agent": "=" });
    const { mounts, made, absent } = layOut(files, situation({}));
    expect(kinds(mounts)).toMatchObject({
      "/home/ada": "private",
      "/home/ada/.bashrc": "readonly",
      "/home/ada/.ssh": "private",
      "/home/ada/.config": "private",
      "/home/ada/.config/git": "readonly",
      "/home/ada/.config/app": "writable",
      "/home/ada/work": "writable",
      "/home/ada/work/app": "writable",
      "/home/ada/work/app/.git": "writable",
      "/home/ada/work/app/.git/config": "readonly",
      "/home/ada/work/app/.git/hooks": "readonly",
      "/etc": "readonly",
      "/proc/sys": "readonly",
      "/run": "private",
      "/tmp": "private",
    });
    expect(mounts.at("/home/ada/agent")).toBeUndefined();
    expect(made).toEqual(["/home/ada/work/app/.git/hooks"]);
    expect(absent).toEqual(["/home/ada/work/app/.git/commondir", "/home/ada/work/app/.git/config.worktree"]);
  });

  it("finds a home that is a link, in /tmp, and a project there", () => {
    const files = machine({ ...SYSTEM, "/home/ada": "->/tmp/homes/ada", "/tmp/homes/ada/.ssh/id": "", "/tmp/app/.git/config": "" });
    expect(kinds(layOut(files, situation({ directory: "/tmp/app" })).mounts)).toMatchObject({
      "/tmp": "private",
      "/tmp/app": "writable",
      "/tmp/homes/ada": "private",
      "/tmp/homes/ada/.ssh": "private",
    });
  });

  it("shows files that the command line names, if they are temporary, and none of the home's secrets", () => {
    const files = machine({ ...SYSTEM, "/tmp/ca.pem": "", "/home/ada/.ssh/id": "", "/run/secret": "" });
    const { mounts } = layOut(files, situation({ named: ["/tmp/ca.pem", "/home/ada/.ssh/id", "/run/secret"] }));
    expect([mounts.at("/tmp/ca.pem")?.kind, mounts.at("/home/ada/.ssh/id"), mounts.at("/run/secret")]).toEqual(["readonly", undefined, undefined]);
  });

  it("lets the person's word count last, but for toolkey's own directories", () => {
    const files = machine({ ...SYSTEM, "/home/ada/.aws/a": "", "/data/toolkey/vault": "", "/home/ada/notes/a": "" });
    const settings = { hide: ["/home/ada/notes"], readonly: [], show: ["/home/ada/.aws", "/data/toolkey"] };
    expect(kinds(layOut(files, situation({ settings, own: ["/data/toolkey"] })).mounts)).toMatchObject({
      "/home/ada/.aws": "writable",
      "/home/ada/notes": "private",
      "/data/toolkey": "private",
    });
  });

  it("never covers the project with what is hidden", () => {
    const files = machine({ ...SYSTEM, "/home/ada/.config/nvim/lua/a": "" });
    const { mounts } = layOut(files, situation({ directory: "/home/ada/.config/nvim/lua", settings: { hide: ["/home/ada/.config/nvim"], readonly: [], show: [] } }));
    expect(mounts.at("/home/ada/.config/nvim/lua")?.kind).toBe("writable");
    expect(mounts.at("/home/ada/.config/nvim")?.kind).toBe("readonly");
  });

  it.each([
    ["/work/app/src", "/work/app"],
    ["/home/ada/work/x", "/home/ada/work/x"],
    ["/home/ada", "/home/ada"],
    ["/", "/"],
  ])("works in %s in the project %s", (directory, project) => {
    expect(projectOf(machine({ "/work/app/.git/HEAD": "", "/work/app/src/a": "", "/home/ada/.git/HEAD": "", "/home/ada/work/x/a": "" }), directory, "/home/ada")).toBe(project);
  });
});

describe("the words", () => {
  it("name what is above first, and keep the names of what is between", () => {
    const mounts = new Mounts();
    mounts.put("/a/b/c/d", { kind: "text", text: "t" });
    mounts.put("/a", { kind: "writable" });
    mounts.put("/z", { kind: "private" });
    mounts.put("/z/y/x", { kind: "readonly" });
    expect(mounts.words([7]).join(" ")).toBe(
      "--bind / / --bind /a /a --bind /a/b /a/b --bind /a/b/c /a/b/c --perms 0600 --ro-bind-data 7 /a/b/c/d --perms 0700 --tmpfs /z --ro-bind /z/y/x /z/y/x",
    );
    expect(mounts.texts()).toEqual(["t"]);
  });
});

describe("the variables", () => {
  it("lead nowhere, and hold no secrets but those that are kept", () => {
    const environment = { PATH: "/bin", SSH_AUTH_SOCK: "/x/agent", DBUS_SESSION_BUS_ADDRESS: "unix:path=/y/bus,guid=1", A_TOKEN: "a", B_TOKEN: "b", KUBECONFIG: "/k/config", ACME: "1", DOCKER_HOST: "unix:///z/d.sock" };
    const { kept, sockets, secrets, names } = withoutSession(environment, { variables: ["ACME"], keep: ["B_TOKEN"] });
    expect(kept).toEqual({ PATH: "/bin", B_TOKEN: "b" });
    expect(sockets).toEqual(expect.arrayContaining(["/x/agent", "/y/bus", "/z/d.sock"]));
    expect(secrets).toEqual(["/k/config"]);
    expect(names).toEqual(["A_TOKEN", "KUBECONFIG", "ACME"]);
  });
});
