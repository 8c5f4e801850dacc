declare const TOOLKEY_BUILD: string;

/** Version and content hash of this build, `0.1.0+3f9a…`; `build.mjs` fills it in. */
export const BUILD: string = typeof TOOLKEY_BUILD === "string" ? TOOLKEY_BUILD : "0.0.0+source";

/**
 * Whether a daemon of build `ours` should make way for a client of build `theirs`: another build of the
 * same or a newer version.
 */
export function makesWayFor(theirs: string, ours: string): boolean {
  return theirs !== ours && compareVersions(theirs, ours) >= 0;
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((build) => (build.split("+", 1)[0] ?? "").split(".").map(Number)) as [number[], number[]];
  for (let index = 0; index < 3; index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
