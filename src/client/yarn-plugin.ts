/**
 * The plugin that Yarn loads: dist/yarn-plugin.cjs. It answers the question of Yarn 3 and newer for the header of
 * a registry with what `toolkey-authorization` prints. It runs within Yarn, so that it uses nothing of ours.
 */
import { execFile } from "node:child_process";
import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** As long as somebody may take to type a passphrase, in milliseconds. */
const PATIENCE_MS = 60_000;

/** Settings of Yarn by which somebody else could pose as a registry. */
const CERTIFICATES = ["httpsCaFilePath", "caFilePath"] as const;

/** What is used of Yarn's configuration. */
interface Configuration {
  readonly values: ReadonlyMap<string, unknown>;
  /** By setting: the file that it is from, or several with commas between; `<environment>`. */
  readonly sources: ReadonlyMap<string, string>;
}

export const name = "plugin-toolkey";

export function factory(): object {
  const answers = new Map<string, Promise<string | undefined>>();
  return {
    hooks: {
      /** @returns what Yarn has already if there is no token */
      async getNpmAuthenticationHeader(current: string | undefined, registry: string, { configuration }: { configuration: Configuration }) {
        // Another plugin's; or our own, if it is loaded from two places.
        if (current !== undefined || projectWeakensTls(configuration)) return current;
        const answer = answers.get(registry) ?? askToolkey(registry);
        answers.set(registry, answer);
        return answer;
      },
    },
  };
}

function askToolkey(registry: string): Promise<string | undefined> {
  const program = join(__dirname, "..", "bin", "toolkey-authorization");
  return new Promise((resolve) => {
    execFile(program, ["yarn", registry], { timeout: PATIENCE_MS }, (error, stdout, stderr) => {
      process.stderr.write(stderr);
      resolve(error === null && stdout !== "" ? stdout.trimEnd() : undefined);
    });
  });
}

/** Whether a file of the project, and not the person, switches checks off or brings certificates. */
function projectWeakensTls({ values, sources }: Configuration): boolean {
  const networks = values.get("networkSettings");
  const byHost = networks instanceof Map ? [...networks.values()] : [];
  const bringsCertificates = (settings: unknown): boolean =>
    settings instanceof Map && CERTIFICATES.some((setting) => typeof settings.get(setting) === "string");
  return (
    (values.get("enableStrictSsl") === false && isOfProject(sources.get("enableStrictSsl"))) ||
    (bringsCertificates(values) && CERTIFICATES.some((setting) => isOfProject(sources.get(setting)))) ||
    (byHost.some(bringsCertificates) && isOfProject(sources.get("networkSettings")))
  );
}

function isOfProject(source: string | undefined): boolean {
  const home = realDirectory(homedir());
  return (source ?? "").split(", ").some((file) => file.startsWith("/") && realDirectory(dirname(file)) !== home);
}

function realDirectory(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
