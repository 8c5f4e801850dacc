import type { Tool } from "../tool.ts";

/** `gem` is none of its programs: it sends its key to whatever host a gemspec names. */
export const bundler: Tool = {
  programs: ["bundle", "bundler"],
  sessions: "^(e|ex|exe|exec|c|con|console)( |$)",
  variables: "BUNDLE_(GEMFILE|APP_CONFIG|CONFIG|USER_CONFIG|USER_HOME|MIRROR__.*)",
  withoutHook: ["bundle", "bundler"],
  protocol: async () => (await import("./plan.ts")).bundler,
  requests: async () => (await import("./requests.ts")).GEMS,
};
