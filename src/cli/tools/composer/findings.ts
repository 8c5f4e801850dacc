import { OPEN } from "../../../protocols/composer/plan.ts";
import { commandDoctor } from "../../doctor/command-doctor.ts";

export const composerDoctor = commandDoctor({
  tool: "composer",
  program: "composer",
  argument: "install",
  nothing: "names no server for which it has a token",
  usual: [OPEN],
});
