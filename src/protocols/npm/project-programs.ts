/** Which commands of the clients of npm registries run programs of the project's. Pure. */

/** All that fetch, ask or change a registry, or look at what is installed. Any other runs something, or is none. */
const OWN =
  "access|add?|adduser|approve-builds|audit|author|bin|bugs|c|cache|ci|clean-install|completion|config|dd?p|dedupe|deprecate|diff" +
  "|dist-tags?|docs|doctor|edit|env|explain|fetch|find|find-dupes|fund|get|help|help-search|home|hook|i|ic|import|in|info|ins" +
  "|inst|install|install-clean|isntall|licenses|link|list?|ll|ln|login|logout|ls|la|npm|org|outdated|owner|pack|patch" +
  "|patch-commit|patch-remove|ping|pkg|plugin|prefix|profile|prune|publish|query|r|rb|rebuild|remove|repo|rm|root|s|sbom|se" +
  "|search|self-update|set|set-script|setup|shrinkwrap|stage|stars?|store|team|token|trust|un|undeprecate|uninstall|unlink" +
  "|unpublish|unstar|up|update|upgrade|upgrade-interactive|v|versions?|view|whoami|why";

/** @param more commands that are the client's own besides, as a pattern: `|pm` */
export function runsProject(more: string): string {
  return `^(?!(${OWN}${more})( |$))(?=.)`;
}
