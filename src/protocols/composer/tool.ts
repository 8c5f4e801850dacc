import type { Tool } from "../tool.ts";

/** Its own commands; any other is the name of a script of the project's. */
const OWN =
  "about|archive|audit|browse|bump|cc|check-platform-reqs|clear-?cache|completion|config|create-project|depends|diagnose|dump-?autoload" +
  "|fund|global|help|home|i|info|init|install|licenses|list|outdated|prohibits|r|reinstall|remove|require|rm|search|self-?update|show" +
  "|status|suggests|u|uninstall|update|upgrade|validate|why|why-not";

export const composer: Tool = {
  programs: ["composer", "composer.phar"],
  sessions: `^(?!(${OWN})( |$))(?=.)`,
  variables: "COMPOSER(_AUTH|_HOME|_VENDOR_DIR)?",
  withoutHook: ["composer"],
  protocol: async () => (await import("./plan.ts")).composer,
};
