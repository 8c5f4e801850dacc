/** Yarn 1: `.yarnrc` and `.npmrc` of the directory, of the home, and of all directories above. Reads only through `ReadText`. */
import { join } from "node:path";
import { namesHost, type ProjectText } from "../text/named-hosts.ts";
import { credentialPlaces } from "../npm/distrust.ts";
import { findTexts, upwards, type FoundText } from "../project-texts.ts";
import { personalPath } from "../npm/configuration/project.ts";
import { environmentSettings, npmrcSettings, type Settings } from "../npm/configuration/settings.ts";
import type { ReadText, RunRequest } from "../tool-protocol.ts";
import { readYarnrc } from "./yarnrc.ts";

/** Its own name for the registry of npm, to which it also takes tokens for that one. */
export const YARN_REGISTRY = "https://registry.yarnpkg.com/";

const GLOBAL = ["/usr/local/etc/", "/usr/etc/"];

/** Where Yarn 1 is configured. */
interface ClassicConfiguration {
  /** In the order in which it takes them. */
  readonly settings: readonly Settings[];
  readonly project: readonly Settings[];
  readonly projectFiles: readonly FoundText[];
  /** The user's `.npmrc`. */
  readonly userConfig: string;
}

/** What a `.yarnrc` sets, its options by their own names: `--command.option` is an argument for that command. */
function yarnrcSettings({ path, text }: FoundText, ofProject: boolean): Settings {
  const values = new Map(readYarnrc(text).map(([key, value]) => [key.replace(/^--(?:[^.]+\.)?/, ""), value]));
  return { source: path, ofProject, values };
}

export async function classicConfiguration(request: RunRequest, commandLine: Settings, read: ReadText): Promise<ClassicConfiguration> {
  const { environment, home } = request;
  const { directory: start } = request;
  const npmVariables = environmentSettings("npm_config_", environment);
  const yarnVariables = environmentSettings("yarn_", environment);
  const userPath = personalPath(npmVariables.values.get("userconfig") ?? join(home, ".npmrc"), request);
  const above = upwards(start).filter((directory) => directory !== home);
  const projectNpmrc = await findTexts(above.map((directory) => join(directory, ".npmrc")), read);
  const projectYarnrc = await findTexts(above.map((directory) => join(directory, ".yarnrc")), read);
  const [user, ...global] = await findTexts([userPath, ...GLOBAL.map((directory) => join(directory, "npmrc"))], read);
  const person = (await findTexts([join(home, ".yarnrc"), ...GLOBAL.map((directory) => join(directory, "yarnrc"))], read)).map((file) =>
    yarnrcSettings(file, false),
  );
  const personNpmrc = [user, ...global].filter((file) => file !== undefined).map((file) => npmrcSettings(file, false, environment));
  const npmrc = projectNpmrc.map((file) => npmrcSettings(file, true, environment));
  const yarnrc = projectYarnrc.map((file) => yarnrcSettings(file, true));
  const [nearestNpmrc, furtherNpmrc] = split(npmrc, join(start, ".npmrc"));
  const [nearestYarnrc, furtherYarnrc] = split(yarnrc, join(start, ".yarnrc"));
  const options = yarnrc.filter(({ source }) =>
    projectYarnrc.some(({ path, text }) => path === source && readYarnrc(text).some(([key]) => key.startsWith("--"))),
  );
  return {
    settings: [
      commandLine,
      ...options,
      npmVariables,
      ...nearestNpmrc,
      ...personNpmrc,
      ...furtherNpmrc,
      yarnVariables,
      ...nearestYarnrc,
      ...person,
      ...furtherYarnrc,
    ],
    project: [...npmrc, ...yarnrc],
    projectFiles: [...projectNpmrc, ...projectYarnrc],
    userConfig: user?.path === userPath ? user.text : "",
  };
}

/**
 * Credentials by which Yarn 1 is made to send a token elsewhere: where a line for a host without a port says
 * that a URL needs credentials, it sends those of the package's own registry (`requestNeedsAuth`, measured
 * with 1.22.22). Lines of the project always, lines of the person where the project names that host.
 */
export function betrayingCredentials({ settings, project }: ClassicConfiguration, texts: readonly ProjectText[]): string[] {
  return settings.flatMap((own) => {
    const places = credentialPlaces(own).filter((place) => !place.slice(2).includes(":"));
    if (project.includes(own)) return places.map((place) => `credentials for ${place} in ${own.source}`);
    const named = places.flatMap((place) => texts.find((text) => namesHost(text, place.slice(2).replace(/\/.*$/, ""))) ?? []);
    return named.map(({ path }) => `credentials in ${own.source} for a host in ${path}`);
  });
}

function split(settings: readonly Settings[], nearest: string): [nearest: Settings[], further: Settings[]] {
  return [settings.filter(({ source }) => source === nearest), settings.filter(({ source }) => source !== nearest)];
}
