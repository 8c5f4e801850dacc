import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import envPaths from "env-paths";
import { Failure } from "../core/failure.ts";
import { MAX_SOCKET_PATH_BYTES } from "../core/wire.ts";

/** The environment variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The person's home directory. */
export function homeOf(environment: Environment): string {
  return environment["HOME"] || homedir();
}

/** Where programs keep a person's configuration, by the XDG base directory specification. */
export function configHome(environment: Environment): string {
  return environment["XDG_CONFIG_HOME"] || join(homeOf(environment), ".config");
}

/** Every place where toolkey keeps something. Nothing is created by asking. */
export interface Paths {
  readonly data: string;
  readonly config: string;
  readonly log: string;
  readonly runtime: string;
  /** The age file that holds all tokens, in `data`. */
  readonly vault: string;
  readonly configFile: string;
  /** The port and the phantoms of the gateway, in `config`. */
  readonly gatewayFile: string;
  /** What Maven 4 reads without the hook, in `config`; there only where it was set up so. */
  readonly mavenSettings: string;
  readonly socket: string;
}

/**
 * The directories by the platform's rules, or all below `TOOLKEY_HOME`. The runtime directory is
 * computed the same way by `bin/git-credential-toolkey`.
 *
 * @throws Failure `unavailable` if the path of the socket would be too long: Node 20 cuts it silently.
 */
export function paths(environment: Environment): Paths {
  const home = environment["TOOLKEY_HOME"];
  const base =
    home === undefined || home === ""
      ? { ...envPaths("toolkey", { suffix: "" }), runtime: runtimeDirectory(environment) }
      : { data: join(home, "data"), config: join(home, "config"), log: join(home, "log"), runtime: join(home, "run") };
  const socket = join(base.runtime, "agent.sock");
  if (Buffer.byteLength(socket) > MAX_SOCKET_PATH_BYTES) {
    throw new Failure("unavailable", `the path of the socket is longer than ${MAX_SOCKET_PATH_BYTES} bytes: ${socket}`, {
      hint: home ? "set TOOLKEY_HOME to a shorter path" : "set XDG_RUNTIME_DIR to a shorter path",
    });
  }
  return {
    data: base.data,
    config: base.config,
    log: base.log,
    runtime: base.runtime,
    vault: join(base.data, "vault.age"),
    configFile: join(base.config, "config.toml"),
    gatewayFile: join(base.config, "gateway.json"),
    mavenSettings: join(base.config, "maven-settings.xml"),
    socket,
  };
}

function runtimeDirectory(environment: Environment): string {
  const runtime = environment["XDG_RUNTIME_DIR"];
  if (runtime !== undefined && runtime !== "") return join(runtime, "toolkey");
  return join(tmpdir(), `toolkey-${process.getuid?.() ?? 0}`);
}
