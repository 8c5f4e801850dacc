import type { Tool } from "../tool.ts";

export const ansible: Tool = {
  programs: ["ansible-galaxy"],
  variables: "ANSIBLE_(CONFIG|GALAXY_(IGNORE|SERVER(_.*)?))",
  withoutHook: ["ansible-galaxy"],
  protocol: async () => (await import("./plan.ts")).ansible,
};
