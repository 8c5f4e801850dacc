/** Throw-away homes, and programs run in them. */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { constants, accessSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));
export const BIN = join(ROOT, "bin");
export const LANE = join(BIN, "git-credential-toolkey");

/**
 * Makes an empty home below the temporary directory. Its environment holds nothing of the machine's own
 * configuration, certificates or credentials; NODE_OPTIONS and NODE_EXTRA_CA_CERTS are not in it.
 */
export async function makeHome() {
  // Short, because the path of a socket may be.
  const directory = await mkdtemp(join(tmpdir(), "toolbench-"));
  const environment = {
    HOME: directory,
    // The same Node for toolkey as for `node -e 0`.
    PATH: [BIN, dirname(process.execPath), process.env.PATH ?? "/usr/bin:/bin"].join(delimiter),
    TOOLKEY_HOME: join(directory, "t"),
    XDG_RUNTIME_DIR: join(directory, "run"),
    TMPDIR: tmpdir(),
    LANG: "C.UTF-8",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
  };
  await mkdir(environment.XDG_RUNTIME_DIR, { mode: 0o700 });
  return { directory, environment, remove: () => rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }) };
}

/** Runs a program to its end. @throws with what it said unless it exits with 0 */
export async function run(program, argv, { environment, input = "", cwd = "/" }) {
  const child = spawn(program, argv, { env: environment, cwd, stdio: ["pipe", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  if (code !== 0) throw new Error(`${program} ${argv.join(" ")}: exit ${code}\n${stdout}${stderr}`);
  return stdout;
}

/** Whether a program is on PATH. */
export function isInstalled(program) {
  return (process.env.PATH ?? "").split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
