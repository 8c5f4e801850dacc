/**
 * The variables by which a caller's session reaches the key store and services, and by which commands do that fetch tokens. The daemon
 * outlives sessions, so that each request says its own, a header line `env.NAME=` for each; what it doesn't name isn't set there.
 */

/** Files and directories: absolute paths. */
const PLACES = ["TOOLKEY_IDENTITY_FILE", "CREDENTIALS_DIRECTORY", "NODE_EXTRA_CA_CERTS", "XDG_RUNTIME_DIR", "SSH_AUTH_SOCK"] as const;
const OTHERS = [
  "DBUS_SESSION_BUS_ADDRESS", "KRB5CCNAME", "DISPLAY", "WAYLAND_DISPLAY",
  "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY",
] as const;

export const CALLER_VARIABLES: readonly string[] = [...PLACES, ...OTHERS];

/** Those that say where the key of the vault is are toolkey's own. */
const OF_KEY: readonly string[] = ["TOOLKEY_IDENTITY_FILE", "CREDENTIALS_DIRECTORY"];

/** Those of commands that fetch tokens. */
export const VARIABLES_OF_COMMANDS = CALLER_VARIABLES.filter((name) => !OF_KEY.includes(name));

const PREFIX = "env.";

export type Variables = Readonly<Record<string, string | undefined>>;

/** The header lines for an environment. @param absolute makes a path absolute */
export function variableHeaders(environment: Variables, absolute: (path: string) => string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of CALLER_VARIABLES) {
    const value = environment[name];
    // A line break would end the header line; nothing that works has one.
    if (value === undefined || value === "" || /\p{Cc}/u.test(value)) continue;
    headers[PREFIX + name] = isPlace(name) ? absolute(value) : value;
  }
  return headers;
}

/** What header lines say. The shell scripts send paths as they are; a relative one says nothing here. */
export function readVariables(headers: ReadonlyMap<string, string>): Variables {
  const said = CALLER_VARIABLES.map((name) => [name, headers.get(PREFIX + name)] as const);
  return Object.fromEntries(said.filter(([name, value]) => value !== undefined && (!isPlace(name) || value.startsWith("/"))));
}

function isPlace(name: string): boolean {
  return (PLACES as readonly string[]).includes(name);
}
