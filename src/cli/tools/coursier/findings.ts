import { OPEN } from "../../../protocols/coursier/plan.ts";
import { commandDoctor } from "../../doctor/command-doctor.ts";

export const coursierDoctor = commandDoctor({
  tool: "coursier",
  program: "sbt",
  argument: "update",
  nothing: "has no token",
  usual: [OPEN],
});
