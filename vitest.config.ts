import { defineConfig } from "vitest/config";
import { DearestFirst } from "./tests/fixtures/dearest-first.ts";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    globalSetup: "tests/fixtures/programs/program-path.ts",
    // Real processes on a shared machine: the limit is there to end what hangs, not to measure.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Twice the cores of a small machine: the tests wait for processes much of the time.
    maxWorkers: 4,
    // A process for each file costs more than most files: they share no state but the modules.
    isolate: false,
    // Else one that takes a minute may be the last one, beside a processor that has nothing to do.
    sequence: { sequencer: DearestFirst },
    reporters: ["default"],
  },
});
