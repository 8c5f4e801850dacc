/** The processes in which Maven runs. Pure. */
import { basename } from "node:path";
import type { SeenProcess } from "../tool.ts";

/** Main classes under which it runs: by its script (NetBeans, too), in the daemon of mvnd, in IntelliJ. */
const MAVEN =
  /^(org\.codehaus\.plexus\.classworlds\.launcher\.Launcher|org\.codehaus\.classworlds\.Launcher|org\.apache\.maven\.cling\..*|org\.mvndaemon\.mvnd\..*|org\.jetbrains\.idea\.maven\..*)$/;

/** It runs within Eclipse and the Java language server of VS Code, which is one. */
const ECLIPSE = /(^|\/)org\.eclipse\.equinox\.launcher_[^/]*\.jar$/;
/** What Eclipse's own launcher, which has the JVM within it, has loaded from its installation. */
const ECLIPSE_LIBRARY = /\/plugins\/org\.eclipse\.equinox\.launcher\.[^/]+\/eclipse_\w+\.so$/;

/** Whether it is a JVM in which Maven runs. */
export function isMaven([program, ...given]: readonly string[]): boolean {
  return program !== undefined && basename(program) === "java" && given.some((argument) => MAVEN.test(argument));
}

/** Whether Maven runs there, or within what runs there. What a program calls itself does not count. */
export function hostsMaven(seen: SeenProcess): boolean {
  return isEclipse(seen) || (isMaven(seen.commandLine()) && seen.program() === "java");
}

/** What else such a program starts is not part of a build. */
function isEclipse(seen: SeenProcess): boolean {
  const program = seen.program();
  if (program === "java") return seen.commandLine().some((argument) => ECLIPSE.test(argument));
  return program === "eclipse" && seen.libraries().some((file) => ECLIPSE_LIBRARY.test(file));
}
