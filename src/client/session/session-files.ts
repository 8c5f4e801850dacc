/** What a session has on disk, and who answers its shims. None of it needs the daemon's answer: it is made while that is waited for. */
import { join } from "node:path";
import type { Environment } from "../../platform/paths.ts";
import { leaveCommandDirectory, removeCommandDirectory } from "../../platform/files/command-directory.ts";
import { findProgram, programsPresent } from "../../platform/processes/programs.ts";
import { PROGRAMS } from "../../protocols/tool-facts.ts";
import type { Installation } from "../../protocols/tool-protocol.ts";
import { makeSessionDirectory } from "./directory.ts";
import { listenToShims, type ShimAnswers } from "./shim-answers.ts";

/** Where it is made, and from what. */
export interface Base extends Pick<Installation, "built" | "sealedPrograms"> {
  /** The daemon's directory for what is kept as long as it runs. */
  readonly runtime: string;
}

export interface SessionFiles {
  readonly base: Base;
  readonly directory: string;
  readonly answers: ShimAnswers;
  /** Its command is over. */
  readonly leave: () => void;
  /** It is for no command. */
  readonly remove: () => void;
}

/** @throws Failure `unavailable` if the directory can't be made */
export function makeSessionFiles(base: Base, environment: Environment): SessionFiles {
  const sealed = (name: string): string => join(base.sealedPrograms, name);
  const git = findProgram("git", environment);
  // Those of tools that are on PATH: a shim for what isn't there would look as if it was.
  const present = programsPresent(
    PROGRAMS.map(([name]) => name),
    environment,
  );
  const directory = makeSessionDirectory(base.runtime, "sessions", {
    shims: Object.fromEntries(present.map((name) => [name, sealed(name === "git" ? "session-git" : "session-shim")])),
    programs: { node: process.execPath, lead: join(base.built, "lead.cjs"), ...(git === undefined ? {} : { git }) },
  });
  const answers = listenToShims(directory);
  const end = (directoryEnds: (path: string) => void) => () => {
    answers.end();
    directoryEnds(directory);
  };
  return { base, directory, answers, leave: end(leaveCommandDirectory), remove: end(removeCommandDirectory) };
}

/** Those that were made already, if their base is this one; else others in their place. @throws Failure as `makeSessionFiles` */
export function sessionFilesOn(base: Base, made: SessionFiles | undefined, environment: Environment): SessionFiles {
  const names = ["runtime", "built", "sealedPrograms"] as const;
  if (made !== undefined && names.every((name) => made.base[name] === base[name])) return made;
  made?.remove();
  return makeSessionFiles(base, environment);
}
