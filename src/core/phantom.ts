/** What phantoms look like. */

/** What all begin with, so that people and scanners know one when they see it. */
export const PHANTOM_PREFIX = "tkphantom_";

/** Whether a text is one, and so no secret that is worth to be found. */
export function isPhantom(text: string): boolean {
  return text.startsWith(PHANTOM_PREFIX);
}

/** For what the phantom was made that is in the person's settings of Maven. */
export const MAVEN_SETTINGS = "maven settings";
