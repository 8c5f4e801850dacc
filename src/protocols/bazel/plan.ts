import { asksByHelper } from "../helper-plan.ts";

export const bazel = asksByHelper("bazel");
