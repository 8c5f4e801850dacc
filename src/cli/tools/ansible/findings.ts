import { OPEN } from "../../../protocols/ansible/plan.ts";
import { commandDoctor } from "../../doctor/command-doctor.ts";

export const ansibleDoctor = commandDoctor({
  tool: "ansible",
  program: "ansible-galaxy",
  argument: "install",
  nothing: "names no server for which it has a token",
  usual: [OPEN],
});
