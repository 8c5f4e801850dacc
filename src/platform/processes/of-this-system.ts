/** What this system tells of its processes: by /proc on Linux, by libproc and sysctl on macOS (docs/decisions/0044-macos.md). */
import { createRequire } from "node:module";
import { clientEnds, socketsOf } from "../linux/connections.ts";
import * as linux from "../linux/processes.ts";
import type { ProcessTable } from "./process-table.ts";

const ofLinux: ProcessTable = { ...linux, clientEnds, socketsOf, tellsOwners: process.platform === "linux" };

/** What is for macOS is a file of its own in dist: no other system loads it. */
function ofMacos(): ProcessTable {
  const { processTable: found } = createRequire(import.meta.url)("./macos.cjs") as typeof import("../libc-macos.ts");
  return found();
}

/** That of the system on which this runs. */
export const processTable = process.platform === "darwin" ? ofMacos() : ofLinux;
