/** Where secrets lie in plain text: by the rules of each tool, and of those that toolkey does not serve. */
import type { ServiceView } from "../../core/views/service.ts";
import { configHome, homeOf, type Environment } from "../../platform/paths.ts";
import type { PlaintextSecret } from "../../protocols/plaintext/plaintext-secret.ts";

/** The files of one tool in which secrets lie, and what is known of those. */
export interface SecretFiles {
  /** By format: the text of a file in, its secrets out. A text that can't be read is a Failure with line and column. */
  readonly formats: Readonly<Record<string, (text: string) => PlaintextSecret[]>>;
  /** The files of a person; most are not there. */
  home(home: Home): readonly NamedFile[];
  /** By how its path ends: the files of a project. */
  readonly project: readonly NamedFile[];
  /** Files of the person that may say what secrets of the home are for. */
  saying?(home: Home): readonly string[];
  /** The name of files that may say what secrets of the project are for which they are in. */
  readonly beside?: string;
  /** The names of files that may say it of a project's secrets in the same directory alone. */
  readonly near?: readonly string[];
  /** Secrets in clear that lie there encrypted. Those that can't be decrypted with what is on this machine stay as they are. */
  decrypt?(secrets: readonly PlaintextSecret[], environment: Environment): Promise<readonly PlaintextSecret[]>;
  /**
   * Finds the URL that a secret is for, where its file has only a name.
   *
   * @param documents those that may say it: those of the home for its own secrets, those of a project for that
   */
  locate?(services: readonly ServiceView[], documents: readonly string[]): (name: string) => string | undefined;
  /** By format: what to know before secrets are taken from there. */
  readonly notes?: Readonly<Record<string, string>>;
  /** By tool: what to do about secrets that toolkey does not take. */
  readonly advice?: Readonly<Record<string, string>>;
}

export type NamedFile = readonly [path: string, format: string];

/** What the rules of tools go by. */
export interface Home {
  /** Absolute. */
  readonly home: string;
  /** Where programs have their configuration, absolute. */
  readonly config: string;
  /** A variable; undefined for an empty one, too. */
  readonly set: (name: string) => string | undefined;
}

export function homeFiles(environment: Environment): Home {
  return {
    home: homeOf(environment),
    config: configHome(environment),
    set: (name) => (environment[name] === "" ? undefined : environment[name]),
  };
}
