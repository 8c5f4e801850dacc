/** npm 10 to 12: a token by a user configuration that is a file without a name. What is measured is in docs/tools/npm.md. */
import { join } from "node:path";
import { EMPTY_PLAN } from "../../core/plan.ts";
import { membersOf, namedMembers } from "./configuration/members.ts";
import { markedScripts } from "./scripts/marked-scripts.ts";
import { noNeeds, type ListDirectories, type ReadHeld, type ReadText, type RunRequest, type Survey } from "../tool-protocol.ts";
import { fetchedOf, manifestOf } from "./configuration/manifest.ts";
import { distrusted, proxies } from "./distrust.ts";
import { ownCredentials } from "./configuration/placeholders.ts";
import { findAbove, findTexts, nearest } from "../project-texts.ts";
import { npmRoot, personalPath } from "./configuration/project.ts";
import { workspacePatterns } from "./configuration/workspace-patterns.ts";
import {
  commandLineSettings,
  environmentSettings,
  npmrcSettings,
  registriesInForce,
  settingOf,
  type Settings,
} from "./configuration/settings.ts";
import { destinationsOf, publications, routesOf, workspacesNamed } from "./publishing.ts";
import { declaredScopes, surveyRegistries } from "./survey.ts";
import { npmThrough } from "./through.ts";
import { asksNothing, onlyFetches, optionAfter, writesUserConfig } from "./words.ts";

export const NPM_REGISTRY = "https://registry.npmjs.org/";
/** What npm takes for the global configuration, besides that of its own prefix, which only it knows. */
const GLOBAL_NPMRC = ["/usr/local/etc/npmrc", "/usr/etc/npmrc"];
const LOCKS = ["package-lock.json", "npm-shrinkwrap.json", "yarn.lock"];

export async function npm(request: RunRequest, read: ReadText, _held: ReadHeld, list: ListDirectories): Promise<Survey> {
  const { arguments: given, environment, directory } = request;
  if (asksNothing(given) || given.length === 0) return noNeeds(EMPTY_PLAN);
  const writing = writesUserConfig(given);
  if (writing !== undefined) return noNeeds(planOfWriting("npm", writing));

  const commandLine = commandLineSettings(given);
  const variables = environmentSettings("npm_config_", environment);
  if (commandLine.values.has("userconfig")) return noNeeds(planOfOwnFile("npm", "--userconfig"));
  const start = personalPath(commandLine.values.get("prefix") ?? optionAfter(given, "-C") ?? directory, request);
  const isGlobal =
    /^(true|global)$/.test(settingOf([commandLine, variables], "global") ?? settingOf([commandLine, variables], "location") ?? "") ||
    given.includes("-g");
  const root = await npmRoot(start, read, !commandLine.values.has("no-workspaces"));

  const userPath = personalPath(variables.values.get("userconfig") ?? join(request.home, ".npmrc"), request);
  const userText = (await read(userPath)) ?? "";
  const user = npmrcSettings({ path: userPath, text: userText }, false, environment);
  const ownHome = join(root, ".npmrc") === join(request.home, ".npmrc");
  const projectFiles = isGlobal ? [] : await findTexts([join(root, ".npmrc")], read);
  const project = projectFiles.map((file) => npmrcSettings(file, !ownHome, environment));
  const global = await globalSettings(request, [commandLine, variables, user], read);
  const settings = [commandLine, variables, ...project, user, ...global];

  // Where npm stops on its way up depends on directories, which can't be seen from here: what forbids counts wherever it is.
  const above = isGlobal ? [] : await findAbove(start, [".npmrc"], request.home, read);
  const ofProject = above.map((file) => npmrcSettings(file, true, environment));
  const manifests = isGlobal ? [] : await findTexts([start, root].map((place) => join(place, "package.json")), read);
  const locks = isGlobal ? [] : await findAbove(start, LOCKS, request.home, read);
  const patterns = workspacePatterns(manifestOf(manifests.find(({ path }) => path === join(root, "package.json"))?.text));
  const members = onlyFetches(given) ? [] : namedMembers(root, await membersOf(root, patterns, read, list), workspacesNamed(given));
  const own = await findTexts([join((await nearest(start, ["package.json"], read)) ?? start, "package.json")], read);
  const published = await publications(request, [...manifests, ...own, ...members], read);
  const inForce = registriesInForce(settings, NPM_REGISTRY);
  const routed = [...inForce, ...(onlyFetches(given) ? [] : published.flatMap(({ values, source }) => routesOf(values, source)))];
  const scopes = declaredScopes(request.declared, routed, [...given, ...manifests.map(({ text }) => text)]);

  const survey = surveyRegistries({
    tool: "npm",
    given,
    registries: [...routed, ...scopes],
    distrusted: distrusted([...ofProject, ...published]),
    proxies: proxies([...ofProject, ...published]),
    texts: [...manifests.map(fetchedOf), ...locks, ...above],
    preferred: ownCredentials([...project, variables]),
    command: request,
    channel: {
      userConfig: userText,
      environment,
      variables: userConfigVariables(environment),
      also: {},
      keyPrefix: () => "",
      besides: {},
      anyPort: false,
    },
  });
  const situation = {
    request,
    registries: [...inForce, ...scopes],
    destinations: destinationsOf(request, { own: own[0], members, published }),
    personal: settings.filter(({ ofProject }) => !ofProject),
    userConfig: userText,
    manifests,
    texts: [...manifests, ...locks],
  };
  return survey.needs.length === 0
    ? survey
    : {
        ...survey,
        scripts: markedScripts(request, situation.personal, ["npm_config_"]),
        planThrough: (grants, doorway) => npmThrough(situation, grants, doorway),
      };
}

/** Each spelling that is set already, since a client takes one or the other; else the usual one. */
export function userConfigVariables(environment: Readonly<Record<string, string>>): string[] {
  const set = Object.keys(environment).filter((name) => /^npm_config_userconfig$/i.test(name));
  return set.length === 0 ? ["NPM_CONFIG_USERCONFIG"] : set;
}

/** A command that keeps what it is told: it runs on the user's own file. */
export function planOfWriting(tool: string, command: string): typeof EMPTY_PLAN {
  return {
    ...EMPTY_PLAN,
    notes: [`'${tool} ${command}' writes into your own configuration, so it gets no token`],
    hints: /^log|user$/.test(command) ? [`toolkey add URL --tool ${tool}, toolkey revoke ID: tokens that no file holds`] : [],
  };
}

/** The person named a file on the command line, which the client takes before any variable. */
export function planOfOwnFile(tool: string, option: string): typeof EMPTY_PLAN {
  return {
    ...EMPTY_PLAN,
    notes: [`${tool} gets no token, since it is told to read the file of ${option}`],
    hints: [`leave ${option} out`],
  };
}

async function globalSettings(request: RunRequest, settings: readonly Settings[], read: ReadText): Promise<Settings[]> {
  const { environment } = request;
  const prefix = settingOf(settings, "prefix") ?? environment["PREFIX"];
  const named = settingOf(settings, "globalconfig") ?? (prefix === undefined ? undefined : join(prefix, "etc/npmrc"));
  const files = await findTexts(named === undefined ? GLOBAL_NPMRC : [personalPath(named, request)], read);
  return files.map((file) => npmrcSettings(file, false, environment));
}
