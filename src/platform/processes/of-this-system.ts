/** What this system tells of its processes: by /proc on Linux, by libproc and sysctl on macOS (docs/decisions/0044-macos.md). */
import { createRequire } from "node:module";
import * as linux from "../linux/processes.ts";
import type { ConnectionTable, ProcessTable } from "./process-table.ts";

/** What is for macOS is a file of its own in dist: no other system loads it. */
function ofMacos(): ProcessTable & ConnectionTable {
  const { processTable: found } = createRequire(import.meta.filename)("./macos.cjs") as typeof import("../libc-macos.ts");
  return found();
}

/** Undefined on other systems. */
export const macos = process.platform === "darwin" ? ofMacos() : undefined;

/** That of the system on which this runs. */
export const processTable: ProcessTable = macos ?? linux;
