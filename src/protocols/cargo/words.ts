/** What a command line of Cargo's is about. Pure. */

/** Options before the command whose value is the next word. */
const WITH_VALUE = /^(-C|-Z|--color|--config|--explain)$/;
const SHORT: Readonly<Record<string, string>> = { b: "build", c: "check", d: "doc", r: "run", t: "test", rm: "remove" };

/** They ask no registry. */
const LOCAL =
  /^(clean|config|fmt|help|init|locate-project|new|pkgid|read-manifest|report|uninstall|verify-project|version)?$/;
/** They ask the registry that is named, and by no other address than its own. */
const BY_NAME = /^(owner|publish|search|yank)$/;

/**
 * Its own commands that run no program of the project's, as operands with a space between: all others build something, or are programs of
 * their own. What is published is built before, too; but that gets nothing from the gateway.
 */
const RUNS_NOTHING =
  "add|clean|config|fetch|generate-lockfile|help|info|init|locate-project|login|logout|metadata|new|owner|pkgid|publish|read-manifest" +
  "|remove|report|rm|search|tree|uninstall|update|vendor|verify-project|version|yank";
export const RUNS_PROJECT = String.raw`^(\+\S+ )?(?!(${RUNS_NOTHING})( |$))[^+]`;

export interface CargoWords {
  /** `+nightly`, by which rustup chooses another Cargo. */
  readonly toolchain: string | undefined;
  /**
   * - `local`: it asks for nothing
   * - `account`: it keeps a token, or forgets one
   * - `by-name`: it asks the one registry that is named, for which it has a token of its own
   * - `fetches`: it fetches what the project needs
   */
  readonly kind: "local" | "account" | "by-name" | "fetches";
  readonly command: string;
  /** Whether it changes something at a registry. */
  readonly changes: boolean;
  /** Whether it builds what it publishes. */
  readonly verifies: boolean;
  /** The registry that is named, or its index. */
  readonly registry: string | undefined;
  readonly index: string | undefined;
  readonly manifest: string | undefined;
}

export function cargoWords(given: readonly string[]): CargoWords {
  const [first = ""] = given;
  const toolchain = first.startsWith("+") ? first : undefined;
  const end = given.indexOf("--");
  const own = end === -1 ? given : given.slice(0, end);
  const typed = own.find((word, index) => !/^[-+]/.test(word) && !WITH_VALUE.test(own[index - 1] ?? "")) ?? "";
  const command = SHORT[typed] ?? typed;
  const value = (option: string): string | undefined => valueOf(own, option);
  return {
    toolchain, command,
    kind: isHelp(own) ? "local" : kindOf(command),
    changes: BY_NAME.test(command) && command !== "search",
    verifies: command === "publish" && !own.includes("--no-verify"),
    registry: value("--registry"),
    index: value("--index"),
    manifest: value("--manifest-path"),
  };
}

function kindOf(command: string): CargoWords["kind"] {
  if (LOCAL.test(command)) return "local";
  if (command === "login" || command === "logout") return "account";
  return BY_NAME.test(command) ? "by-name" : "fetches";
}

function isHelp(own: readonly string[]): boolean {
  return own.some((word) => /^(-h|--help|-V|--version|--list)$/.test(word));
}

function valueOf(own: readonly string[], option: string): string | undefined {
  const at = own.indexOf(option);
  return own.find((word) => word.startsWith(`${option}=`))?.slice(option.length + 1) ?? (at === -1 ? undefined : own[at + 1]);
}
