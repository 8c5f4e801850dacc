import { userInfo } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

/** The environment variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The home of this user by the system's list of users; undefined for one who is not in it, as in some containers. */
export function accountHome(): string | undefined {
  try {
    return userInfo().homedir;
  } catch {
    return undefined;
  }
}

/** The person's home directory. Who has none is at home in `/`, as login(1) and container runtimes have it. */
export function homeOf(environment: Environment): string {
  return environment["HOME"] || accountHome() || "/";
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
  /** Where the daemon has its socket: beside the data, unless that can't be (`runtime-directory.ts`). */
  readonly runtime: string;
  /** The age file that holds all tokens, in `data`. */
  readonly vault: string;
  readonly configFile: string;
  /** Beneath that of the user: who administers the machine writes it, and no variable leads elsewhere. */
  readonly systemConfigFile: string;
  /** The port and the phantoms of the gateway, in `config`. */
  readonly gatewayFile: string;
  readonly socket: string;
}

/**
 * The directories by the XDG base directory specification, on macOS, too (docs/decisions/0044-macos.md), or all below `TOOLKEY_HOME`,
 * absolute. The scripts in `bin/` and `install/uninstall.sh` find the same.
 */
export function paths(environment: Environment): Paths {
  const { data, config, log } = directories(environment);
  return withRuntime(join(data, "run"), {
    data,
    config,
    log,
    vault: join(data, "vault.age"),
    configFile: join(config, "config.toml"),
    systemConfigFile: "/etc/toolkey/config.toml",
    gatewayFile: join(config, "gateway.json"),
  });
}

/** The same paths with another runtime directory. */
export function withRuntime(runtime: string, paths: Omit<Paths, "runtime" | "socket">): Paths {
  return { ...paths, runtime, socket: join(runtime, "agent.sock") };
}

/** Where temporary files go, as POSIX has it, without a final slash. */
export function temporaryDirectory(environment: Environment): string {
  const named = environment["TMPDIR"] || environment["TMP"] || environment["TEMP"] || "/tmp";
  return named.replace(/(?<=.)\/+$/, "");
}

function directories(environment: Environment): Pick<Paths, "data" | "config" | "log"> {
  const own = environment["TOOLKEY_HOME"];
  if (own) return { data: resolve(own, "data"), config: resolve(own, "config"), log: resolve(own, "log") };
  const home = resolve(homeOf(environment));
  // "If an implementation encounters a relative path in any of these variables it should consider the path invalid and ignore it."
  const base = (variable: string, usual: string): string => {
    const named = environment[variable] ?? "";
    return join(isAbsolute(named) ? named : join(home, usual), "toolkey");
  };
  return {
    data: base("XDG_DATA_HOME", ".local/share"),
    config: base("XDG_CONFIG_HOME", ".config"),
    log: base("XDG_STATE_HOME", ".local/state"),
  };
}
