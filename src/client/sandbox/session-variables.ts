/** Variables that lead out of a sandbox, or hold secrets of the session. Pure. */
import type { Environment } from "../../platform/paths.ts";

/** Sockets and servers of the session. */
const OF_SESSION = new RegExp(
  `^(${[
    "SSH_AUTH_SOCK SSH_AGENT_PID GPG_AGENT_INFO DBUS_(SESSION|SYSTEM|STARTER)_(BUS_)?(ADDRESS|PID|TYPE) AT_SPI_BUS_ADDRESS",
    "DISPLAY WAYLAND_DISPLAY WAYLAND_SOCKET XAUTHORITY SESSION_MANAGER PULSE_SERVER PIPEWIRE_REMOTE",
    "DOCKER_HOST DOCKER_CONTEXT CONTAINER_HOST TMUX TMUX_PANE STY ZELLIJ.* NVIM NVIM_LISTEN_ADDRESS",
    "VSCODE_.* KITTY_LISTEN_ON WEZTERM_UNIX_SOCKET ALACRITTY_SOCKET SWAYSOCK I3SOCK HYPRLAND_INSTANCE_SIGNATURE NIRI_SOCKET",
    "GNOME_KEYRING_.* NOTIFY_SOCKET LISTEN_(FDS|PID|FDNAMES) CREDENTIALS_DIRECTORY WSL_INTEROP KRB5CCNAME",
  ]
    .join(" ")
    .replaceAll(" ", "|")})$`,
);

/** Secrets, and files of secrets. */
const SECRET = new RegExp(
  `^(${[
    ".*_(TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|ACCESS_KEY|ACCESS_KEY_ID|PRIVATE_KEY|ACCESSTOKEN|AUTH_CONFIG)",
    "(.*_)?PAT TOKEN SECRET PASSWORD PASSPHRASE [A-Z]+_AUTH npm_config_.*:_(auth|authToken|password)",
    "SSHPASS PGPASSFILE PGPASSWORD MYSQL_PWD",
    "AWS_(SHARED_CREDENTIALS_FILE|WEB_IDENTITY_TOKEN_FILE|CONTAINER_.*) AZURE_(CONFIG_DIR|CLIENT_CERTIFICATE_PATH)",
    "GOOGLE_(APPLICATION_)?CREDENTIALS CLOUDSDK_CONFIG KUBECONFIG GNUPGHOME TOOLKEY_IDENTITY_FILE",
  ]
    .join(" ")
    .replaceAll(" ", "|")})$`,
  "i",
);

/** Programs that ask for passwords by a socket of the session. */
const ASKS = /^(GIT|SSH|SUDO)_ASKPASS$/;

/** What is left of an environment, and where what is not leads to. */
export interface WithoutSession {
  readonly kept: Environment;
  /** Absolute paths that may be sockets. */
  readonly sockets: readonly string[];
  /** Absolute paths of files or directories with secrets. */
  readonly secrets: readonly string[];
  /** The names of variables with secrets. */
  readonly names: readonly string[];
}

/** @param settings names that the person wants to be left out, and kept, whatever they are */
export function withoutSession(
  environment: Environment,
  { variables, keep }: { readonly variables: readonly string[]; readonly keep: readonly string[] },
): WithoutSession {
  const all = Object.entries(environment);
  const isSecret = ([name]: readonly [string, unknown]): boolean => !keep.includes(name) && (SECRET.test(name) || variables.includes(name));
  const leaves = (entry: readonly [string, unknown]): boolean => OF_SESSION.test(entry[0]) || ASKS.test(entry[0]) || isSecret(entry);
  return {
    kept: Object.fromEntries(all.filter((entry) => !leaves(entry))),
    sockets: all.filter(leaves).flatMap(([, value]) => pathsIn(value)),
    secrets: all.filter(isSecret).flatMap(([, value]) => pathsIn(value)),
    names: all.filter(isSecret).map(([name]) => name),
  };
}

/** Sockets are named as `unix:path=…`, `unix://…`, `PATH,PID,…`. */
function pathsIn(value: string | undefined): string[] {
  const parts = (value ?? "").split(/[,;:=]+/).map((part) => part.replace(/^\/\/+/, "/"));
  return parts.filter((part) => part.startsWith("/") && part !== "/");
}
