/** What `[sandbox]` of `config.toml` says. All paths are absolute, or begin with `~/`. */
export interface SandboxSettings {
  /** Whether commands run in it without `--sandbox`: all; those of these tools, or of programs of that name. */
  readonly default: boolean | readonly string[];
  /** Not there. */
  readonly hide: readonly string[];
  readonly readonly: readonly string[];
  /** There as outside, and writable. */
  readonly show: readonly string[];
  /** Names of variables that are left out. */
  readonly variables: readonly string[];
  /** Names of variables that are kept, whatever they are. */
  readonly keep: readonly string[];
  /** What is wrong with what it is to take away: then none can be made. */
  readonly fault?: { readonly what: string; readonly hints: readonly string[] } | undefined;
}

export const NO_SANDBOX_SETTINGS: SandboxSettings = { default: false, hide: [], readonly: [], show: [], variables: [], keep: [] };
