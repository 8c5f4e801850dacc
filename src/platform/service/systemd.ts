import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { configHome } from "../paths.ts";
import type { ServiceManager } from "./service-manager.ts";

const UNIT = "toolkey.service";

/** systemd.unit(5), systemctl(1). */
export const systemd: ServiceManager = {
  name: "systemd",
  beyondLogin: "loginctl enable-linger",
  fileOf: (environment) => join(configHome(environment), "systemd", "user", UNIT),
  async describe({ node, daemon, variables }) {
    const template = await readFile(join(import.meta.dirname, "..", "install", "systemd", UNIT), "utf8");
    const unit = template.replace("@NODE@", () => word(node)).replace("@DAEMON@", () => word(daemon));
    const places = Object.entries(variables).map(([name, value]) => `Environment=${word(`${name}=${value}`)}\n`);
    return unit.replace("[Service]\n", () => `[Service]\n${places.join("")}`);
  },
  presence: () => ["systemctl", "--user", "show-environment"],
  starting: () => ({ steps: [["systemctl", "--user", "daemon-reload"], ["systemctl", "--user", "enable", "--now", UNIT]] }),
  stopping: () => ({ step: ["systemctl", "--user", "disable", "--now", UNIT] }),
};

/** As systemd.syntax(7) has it: quotes, escapes, `%` for specifiers, `$` for variables. */
function word(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`).replaceAll("%", "%%").replaceAll("$", "$$$$")}"`;
}
