/** What a session costs: its start, the start of a tool in it, and git in it. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BIN, ROOT, run } from "./home.mjs";

/** How often a tool starts in one session, so that its own start counts little. */
export const STARTS = 10;
const GITS = 50;
const FILES = 2000;

/** A sandbox with as many mounts as toolkey has for most commands, and no code of toolkey's. */
function bareSandbox() {
  const often = (count, ...words) => Array.from({ length: count }, () => words).flat();
  const mounts = [...often(13, "--ro-bind", "/etc", "/etc"), ...often(8, "--tmpfs", "/tmp"), ...often(13, "--bind", "/usr", "/usr")];
  const apart = ["--die-with-parent", "--unshare-pid", "--unshare-ipc"];
  return ["bwrap", ...apart, "--bind", "/", "/", "--dev", "/dev", "--proc", "/proc", ...mounts, "sh", "-c", ":"];
}

/**
 * Commands to time. The tool is a script that does nothing, under the name of npm, in a project with a registry: what is left is the
 * shim, the plan and the phantom. The repository is one of a project of middle size.
 *
 * @param home with a vault
 * @param hasSandbox whether bubblewrap is installed
 */
export async function sessionCommands(home, hasSandbox) {
  const { directory, environment } = home;
  const [programs, project, repository] = ["session-programs", "session-project", "session-repository"].map((name) => join(directory, name));
  for (const made of [programs, project, repository]) await mkdir(made);
  await writeFile(join(programs, "npm"), "#!/bin/sh\nexit 0\n", { mode: 0o755 });
  await writeFile(join(project, ".npmrc"), "registry=https://npm.bench.example/\n");
  await writeFile(join(project, "package.json"), '{ "name": "project", "version": "1.0.0" }\n');
  await run("toolkey", ["add", "https://npm.bench.example", "--tool", "npm"], { environment, input: "a-token-of-npm" });
  await run("git", ["init", "--quiet", repository], { environment });
  for (let index = 0; index < FILES; index += 1) await writeFile(join(repository, `file-${index}`), `${index}\n`);
  await run("git", ["-C", repository, "add", "."], { environment });
  await run("git", ["-C", repository, "-c", "user.name=bench", "-c", "user.email=bench@example.com", "commit", "--quiet", "--message=files"], { environment });
  const around = { ...environment, PATH: `${programs}:${environment.PATH}` };
  const session = (name, script, ...options) => ({ name, argv: [join(BIN, "toolkey"), "run", "--quiet", ...options, "--", "sh", "-c", script], environment: around });
  const repeated = (count, what) => `i=0; while [ $i -lt ${count} ]; do ${what} >/dev/null; i=$((i + 1)); done`;
  const gits = repeated(GITS, `git -C ${repository} status`);
  return [
    session("session", ":"),
    { name: "session, bare", argv: ["node", join(ROOT, "bench", "bare-session.cjs"), directory, "sh", "-c", ":"], environment: around },
    ...(hasSandbox
      ? [
          session("session, --sandbox", ":", "--sandbox"),
          { name: "bwrap", argv: bareSandbox(), environment: around },
          { name: "sh -c :", argv: ["sh", "-c", ":"], environment: around },
        ]
      : []),
    session("session, tools past it", repeated(STARTS, `${programs}/npm ci`).replace("i=0", `cd ${project}; i=0`)),
    session("session, tools in it", repeated(STARTS, "npm ci").replace("i=0", `cd ${project}; i=0`)),
    session("session, git status", gits),
    { name: "git status", argv: ["sh", "-c", gits], environment: around },
  ];
}
