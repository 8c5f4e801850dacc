/** What a session has on disk, and who answers its shims. It needs nothing of the daemon's answer, and is made while that is waited for. */
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import type { Environment } from "../../platform/paths.ts";
import { findProgram, programsPresent } from "../../platform/processes/programs.ts";
import { PROGRAMS } from "../../protocols/tool-facts.ts";
import { makeSessionDirectory, removeSessionDirectory } from "./directory.ts";
import { listenToShims, type ShimAnswers } from "./shim-answers.ts";

/** By what a place is made. */
export interface Ground {
  /** The daemon's directory for what is kept as long as it runs. */
  readonly runtime: string;
  /** Of toolkey, as `Installation`. */
  readonly built: string;
  readonly sealedPrograms: string;
}

export interface Place {
  readonly ground: Ground;
  readonly directory: string;
  readonly answers: ShimAnswers;
  readonly remove: () => void;
}

/** @throws Failure `unavailable` if its directory can't be made */
export function makePlace(ground: Ground, environment: Environment): Place {
  const sealed = (name: string): string => join(ground.sealedPrograms, name);
  const git = findProgram("git", environment);
  // Those of tools that are on PATH: a shim for what isn't there would look as if it was.
  const present = programsPresent(
    PROGRAMS.map(([name]) => name),
    environment,
  );
  const directory = makeSessionDirectory(join(ground.runtime, "sessions"), {
    shims: Object.fromEntries(present.map((name) => [name, sealed(name === "git" ? "session-git" : "session-shim")])),
    programs: { node: process.execPath, lead: join(ground.built, "lead.cjs"), ...(git === undefined ? {} : { git }) },
  });
  const answers = listenToShims(directory);
  return {
    ground, directory, answers,
    remove() {
      answers.end();
      removeSessionDirectory(directory);
    },
  };
}

/** The same for a ground that is likely; undefined if it can't be made there. */
export function makeLikelyPlace(ground: Ground, environment: Environment): Place | undefined {
  try {
    return makePlace(ground, environment);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** That place if it is on this ground, else another one. @throws Failure as `makePlace` */
export function placeOn(ground: Ground, likely: Place | undefined, environment: Environment): Place {
  const { runtime, built, sealedPrograms } = ground;
  const isRight = likely?.ground.runtime === runtime && likely.ground.built === built && likely.ground.sealedPrograms === sealedPrograms;
  if (isRight) return likely;
  likely?.remove();
  return makePlace(ground, environment);
}
