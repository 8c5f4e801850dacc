/** What is told of `config.toml`: the user's own, and that of the system. */

/** What the files say, and what of it holds. Times in milliseconds. */
export interface ConfigurationView extends ConfigurationSources {
  readonly file: string;
  readonly idleMs: number;
  readonly absoluteMs: number;
  readonly keepSuspendedMs: number;
  /** What was accepted and holds, as TOML; undefined while that is not known, since the vault has not been open. */
  readonly accepted: string | undefined;
  /** The same as it would be accepted now, with certificates that wait. */
  readonly written: string;
  /** Whether the two differ. */
  readonly waits: boolean;
  /** What of the system's file decides about trust, as TOML: it holds without anybody's yes. */
  readonly system: string;
  /** What is wrong with the files, the first of it. */
  readonly fault: string | undefined;
  readonly faults: readonly ConfigurationFault[];
}

/** What a file would say in the place of the system's. */
export interface CheckedConfiguration {
  /** The names of the settings that would count, and of those that it fixes. */
  readonly sets: readonly string[];
  readonly fixes: readonly string[];
  readonly faults: readonly ConfigurationFault[];
}

/** What is said where. */
export interface ConfigurationSources {
  /** The path of the system's file, if there is one. */
  readonly systemFile: string | undefined;
  /** Those that are in force, and not as by default. */
  readonly settings: readonly SettingView[];
}

export interface SettingView {
  /** `lock.idle`, `service.acme` */
  readonly name: string;
  /** That says it. */
  readonly file: string;
  /** Whether the user's own file can't say it. */
  readonly fixed: boolean;
}

/** What is wrong in a file, which is left out. */
export interface ConfigurationFault {
  readonly file: string;
  readonly line: number | undefined;
  /** Its name, or that of its table; undefined where it is all of the file. */
  readonly setting: string | undefined;
  /** `fixed`: the system's file does not leave it to the user's own. */
  readonly kind: "fault" | "fixed" | "left-out";
  readonly what: string;
  readonly hints: readonly string[];
}
