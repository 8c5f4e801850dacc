/** Whether this Node is one that toolkey runs on: version managers put others first on PATH. */
import { Failure } from "../../core/failure.ts";

/** As `engines` of package.json has it. */
const OLDEST = [20, 19] as const;

/** @throws Failure `unavailable` for an older Node */
export function assertNodeIsNew(): void {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  throw new Failure("unavailable", `this is Node v${process.versions.node}, and toolkey needs ${OLDEST.join(".")} or newer`, {
    hint: [`it is ${process.execPath}`, "put a newer one first on PATH"],
  });
}
