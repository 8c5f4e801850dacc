/** Opening a page in the browser of the person who is at this machine. */
import { spawn } from "node:child_process";
import { findProgram } from "../../platform/processes/programs.ts";
import type { Environment } from "../../platform/paths.ts";

/** What opens a URL in the person's browser: that of `BROWSER`, else what the desktop has. Undefined without a display, and over SSH. */
export function browserOf(environment: Environment): string | undefined {
  const { BROWSER: chosen = "", SSH_CONNECTION: ssh = "" } = environment;
  // One program: what else people write there (a list, %s) needs a shell.
  if (chosen !== "") return chosen.includes("/") ? chosen : findProgram(chosen, environment);
  if (ssh !== "") return undefined;
  if (process.platform === "darwin") return "/usr/bin/open";
  if ((environment["DISPLAY"] ?? "") === "" && (environment["WAYLAND_DISPLAY"] ?? "") === "") return undefined;
  return findProgram("xdg-open", environment) ?? findProgram("x-www-browser", environment);
}

/** Opens a page and goes on. False if it can't be started; what it does then nobody knows. @throws Error for what is no web page */
export function openInBrowser(browser: string, url: string, environment: Environment): Promise<boolean> {
  // Other schemes start programs.
  if (!/^https?:$/.test(new URL(url).protocol)) throw new Error("this is no web page");
  return new Promise((resolve) => {
    const opened = spawn(browser, [url], { env: { ...environment }, stdio: "ignore", detached: true });
    opened.once("error", () => resolve(false));
    opened.once("spawn", () => {
      opened.unref();
      resolve(true);
    });
  });
}
