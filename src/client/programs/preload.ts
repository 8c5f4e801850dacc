/**
 * Loaded by every Node inside of a session (dist/preload.cjs, NODE_OPTIONS): a client that no shim has started, by an absolute path, by
 * corepack or a version manager, is led through the gateway as the shim would. It runs within other programs, also old Nodes, so that it
 * uses little, and never fails for them.
 */
import { randomBytes } from "node:crypto";
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, openSync, realpathSync, unlinkSync, writeSync } from "node:fs";
import { basename, join } from "node:path";
import { PROGRAMS, SCRIPTS } from "../../protocols/tool-facts.ts";

/** As core/plan.ts writes it. */
type WireText = string | { readonly secret: string } | { readonly descriptor: string; readonly before?: string };
interface WirePlan {
  readonly environment: Readonly<Record<string, WireText>>;
  readonly arguments: readonly WireText[];
  readonly trailing?: readonly string[];
  readonly descriptors: Readonly<Record<string, string>>;
}

/** Of Node's own arguments: the program, the script. */
const BEFORE = 2;

/** Where clients are installed: in a directory of their name, or of the versions that a project brings. */
const OF_CLIENT = new RegExp(String.raw`[/\\](${PROGRAMS.map(([name]) => name).join("|")}|corepack|releases|cli-dist)[/\\@]`);

const { env, argv } = process;

function lead(session: string): void {
  const command = commandOf(argv.slice(1));
  // It was the shim that led it, or that is its parent; a launcher between them makes another plan, which does no harm.
  if (command === undefined || [process.pid, process.ppid].map(String).includes(env["TOOLKEY_LED"] ?? "")) return;
  const { NODE_OPTIONS: _ours, NODE_EXTRA_CA_CERTS: _certificates, ...environment } = env;
  const { stdout, status } = spawnSync(join(session, "node"), [join(session, "lead"), "--plan", ...command], {
    env: environment,
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) return say("the plan of this command could not be had; it runs without a token");
  apply(JSON.parse(stdout) as WirePlan, argv.length - command.length + 1);
}

/** The client's name and its arguments; undefined for any other script. A project may have an `npm.js` of its own. */
function commandOf([path = "", ...rest]: readonly string[]): readonly string[] | undefined {
  if (path === "" || (/\.[cm]?js$/.test(path) && !OF_CLIENT.test(realPath(path)))) return undefined;
  const script = basename(path).replace(/^corepack(\.[cm]?js)?$/, "");
  const [name, ...given] = script === "" ? [basename(rest[0] ?? "").replace(/@.*$/, ""), ...rest.slice(1)] : [script, ...rest];
  const program =
    PROGRAMS.find(([known]) => known === name)?.[0] ?? PROGRAMS.find(([known]) => `${known}.js` === name || `${known}.cjs` === name)?.[0];
  if (program !== undefined) return [program, ...given];
  const known = SCRIPTS.find(([pattern]) => new RegExp(pattern).test(name));
  if (known === undefined) return undefined;
  return [PROGRAMS.find(([each, tool]) => tool === known[1] && name.startsWith(each))?.[0] ?? known[1], ...given];
}

/** @param at where the client's own arguments begin */
function apply(plan: WirePlan, at: number): void {
  const files = new Map(Object.entries(plan.descriptors).map(([name, content]) => [name, pathOf(content)]));
  const text = (value: WireText): string => {
    if (typeof value === "string") return value;
    return "secret" in value ? value.secret : `${value.before ?? ""}${files.get(value.descriptor) ?? ""}`;
  };
  for (const [name, value] of Object.entries(plan.environment)) env[name] = text(value);
  argv.splice(Math.max(at, BEFORE), 0, ...plan.arguments.map(text));
  argv.push(...(plan.trailing ?? []));
}

/**
 * The path of a file without a name, open as long as this process runs; on macOS, where there is no /proc, of one in the directory of
 * the session. It has phantoms alone.
 */
function pathOf(content: string): string {
  const directory = existsSync("/dev/shm") ? "/dev/shm" : (env["TOOLKEY_SESSION"] ?? "");
  const path = `${directory}/toolkey-${randomBytes(9).toString("hex")}`;
  const file = openSync(path, "wx+", 0o600);
  const isNamed = process.platform === "darwin";
  if (!isNamed) unlinkSync(path);
  writeSync(file, content, 0);
  return isNamed ? path : `/proc/${process.pid}/fd/${file}`;
}

/** Over once its directory is gone; and nothing for who can't read it, as another user. */
function isThere(directory: string): boolean {
  try {
    accessSync(join(directory, "session.json"), constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function say(text: string): void {
  process.stderr.write(`toolkey: ${text}\n`);
}

const { TOOLKEY_SESSION: session } = env;
if (session !== undefined && session !== "") {
  try {
    if (isThere(session)) lead(session);
  } catch (error) {
    say(`this command runs without a token: ${String(error)}`);
  }
}
