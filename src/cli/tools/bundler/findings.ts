import { OPEN } from "../../../protocols/bundler/direct.ts";
import { commandDoctor } from "../../doctor/command-doctor.ts";

export const bundlerDoctor = commandDoctor({
  tool: "bundler",
  program: "bundle",
  argument: "install",
  nothing: "names no source for which it has a token",
  usual: [OPEN],
});
