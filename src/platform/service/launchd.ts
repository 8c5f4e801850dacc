import { join } from "node:path";
import { homeOf } from "../paths.ts";
import type { Service, ServiceManager } from "./service-manager.ts";

const LABEL = "toolkey";

/** Where agents of a person who is logged in on the screen are: launchctl(1). */
const domain = (): string => `gui/${process.getuid?.() ?? 0}`;

/** launchd.plist(5), launchctl(1). */
export const launchd: ServiceManager = {
  name: "launchd",
  // An agent is there as long as its session: launchd.plist(5).
  beyondLogin: undefined,
  fileOf: (environment) => join(homeOf(environment), "Library", "LaunchAgents", `${LABEL}.plist`),
  describe: (service) => Promise.resolve(propertyList(service)),
  presence: () => ["launchctl", "print", domain()],
  starting: (file) => ({
    // It reads the file once: what was there before has to go.
    ending: ["launchctl", "bootout", `${domain()}/${LABEL}`],
    steps: [["launchctl", "enable", `${domain()}/${LABEL}`], ["launchctl", "bootstrap", domain(), file]],
  }),
  stopping: () => ({
    step: ["launchctl", "bootout", `${domain()}/${LABEL}`],
    presence: ["launchctl", "print", `${domain()}/${LABEL}`],
  }),
};

/** What systemd's unit says (install/systemd), by the keys of launchd.plist(5). */
function propertyList({ node, options, daemon, variables }: Service): string {
  // Empty ones are none to Node.
  const environment = { NODE_OPTIONS: "", NODE_EXTRA_CA_CERTS: "", ...variables };
  const entries = [
    ["Label", string(LABEL)],
    ["ProgramArguments", list([node, ...options, daemon, "--wait"])],
    ["EnvironmentVariables", dictionary(Object.entries(environment).map(([name, value]) => [name, string(value)]))],
    ["WorkingDirectory", string("/")],
    // 0077, in decimal.
    ["Umask", "<integer>63</integer>"],
    ["HardResourceLimits", dictionary([["Core", "<integer>0</integer>"]])],
    ["RunAtLoad", "<true/>"],
    ["KeepAlive", "<true/>"],
    // In seconds, in place of ten: there are clients that stop if nobody answers.
    ["ThrottleInterval", "<integer>1</integer>"],
  ] as const;
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Of 'toolkey setup', which removes it when its setup is undone. -->
<plist version="1.0">
${dictionary(entries)}
</plist>
`;
}

function dictionary(entries: readonly (readonly [key: string, value: string])[]): string {
  return `<dict>\n${entries.map(([key, value]) => `<key>${escaped(key)}</key>\n${value}\n`).join("")}</dict>`;
}

function list(values: readonly string[]): string {
  return `<array>\n${values.map((value) => `${string(value)}\n`).join("")}</array>`;
}

function string(value: string): string {
  return `<string>${escaped(value)}</string>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
