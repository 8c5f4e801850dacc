/** pnpm 10 to 12: a token by a user configuration that is a file without a name. What is measured is in docs/tools/pnpm.md. */
import { join } from "node:path";
import { EMPTY_PLAN } from "../../core/plan.ts";
import { configHome } from "../config-home.ts";
import { fetchedOf } from "../npm/configuration/manifest.ts";
import { distrusted, proxies } from "../npm/distrust.ts";
import { membersOf, namedMembers } from "../npm/configuration/members.ts";
import { markedScripts } from "../npm/scripts/marked-scripts.ts";
import { NPM_REGISTRY, planOfOwnFile, planOfWriting, userConfigVariables } from "../npm/plan.ts";
import { publications, routesOf, workspacesNamed } from "../npm/publishing.ts";
import { ownCredentials } from "../npm/configuration/placeholders.ts";
import { findAbove, findTexts, nearest } from "../project-texts.ts";
import { npmRoot, personalPath } from "../npm/configuration/project.ts";
import {
  commandLineSettings,
  environmentSettings,
  npmrcSettings,
  registriesInForce,
  settingOf,
  type Registry,
  type Settings,
} from "../npm/configuration/settings.ts";
import { declaredScopes, surveyRegistries } from "../npm/survey.ts";
import { asksNothing, npmCommand, onlyFetches, optionAfter, writesUserConfig } from "../npm/words.ts";
import { programApart } from "../program-words.ts";
import { noNeeds, type ListDirectories, type ReadHeld, type ReadText, type RunRequest, type Survey } from "../tool-protocol.ts";
import { PNPM_BLOCK } from "./setup.ts";
import { pnpmThrough } from "./through.ts";
import { workspacePackages, workspaceSettings } from "./workspace.ts";

/** pnpm 11 and newer take this one before all others; pnpm 10 knows that of npm only. */
const AUTH_FILE = "pnpm_config_npmrc_auth_file";

/** Commands that hand what follows their first operand to a program or a script. */
const STARTING = /^(dlx|exec|create|run|run-script|test|t|tst|start)$/;

export async function pnpm(
  { arguments: typed, ...asked }: RunRequest,
  read: ReadText,
  _held: ReadHeld,
  list: ListDirectories,
): Promise<Survey> {
  const given = ownArguments(typed);
  const request = { ...asked, arguments: given };
  const { environment, directory } = request;
  if (asksNothing(given) || given.length === 0) return noNeeds(EMPTY_PLAN);
  const writing = writesUserConfig(given);
  if (writing !== undefined) return noNeeds(planOfWriting("pnpm", writing));

  const commandLine = commandLineSettings(given);
  const own = ["npmrc-auth-file", "userconfig"].find((name) => commandLine.values.has(name));
  if (own !== undefined) return noNeeds(planOfOwnFile("pnpm", `--${own}`));
  const npmVariables = environmentSettings("npm_config_", environment);
  const pnpmVariables = environmentSettings("pnpm_config_", environment);

  const start = personalPath(
    commandLine.values.get("dir") ?? commandLine.values.get("prefix") ?? optionAfter(given, "-C") ?? directory,
    request,
  );
  const workspaceRoot = await nearest(start, ["pnpm-workspace.yaml"], read);
  const root = workspaceRoot ?? start;
  const config = join(configHome(request), "pnpm");
  const [globalFile] = await findTexts([join(config, "config.yaml")], read);
  const globalYaml = globalFile === undefined ? undefined : await workspaceSettings(globalFile, false);
  const yaml = await findTexts(workspaceRoot === undefined ? [] : [join(workspaceRoot, "pnpm-workspace.yaml")], read);
  const workspace = await Promise.all(yaml.map((file) => workspaceSettings(file, true)));

  const named =
    settingOf([pnpmVariables], "npmrc-auth-file") ??
    settingOf([pnpmVariables], "userconfig") ??
    globalYaml?.values.get("npmrc-auth-file") ??
    settingOf([npmVariables], "userconfig");
  const userPath = personalPath(named ?? join(request.home, ".npmrc"), request);
  const userText = (await read(userPath)) ?? "";
  const user = npmrcSettings({ path: userPath, text: userText }, false, environment);
  const npmrcOf = async (paths: readonly string[], ofProject: boolean): Promise<Settings[]> =>
    (await findTexts(paths, read)).map((file) => npmrcSettings(file, ofProject && file.path !== join(request.home, ".npmrc"), environment));
  // pnpm 10 reads that of the package as well, pnpm 11 and newer only that of the workspace.
  const members = await npmrcOf([join(await npmRoot(start, read, false), ".npmrc")], true);
  const project = await npmrcOf([join(root, ".npmrc")], true);
  // Our own helpers in it ask for the same token.
  const authIni = (await findTexts([join(config, "auth.ini")], read)).map((file) =>
    npmrcSettings({ ...file, text: PNPM_BLOCK.remove(file.text) ?? "" }, false, environment),
  );
  const rc = await npmrcOf([join(config, "rc")], false);

  const files = [...project, ...members];
  const manifests = await findTexts(
    [start, root].map((place) => join(place, "package.json")),
    read,
  );
  // Where pnpm stops on its way up depends on directories, which can't be seen from here: what forbids counts wherever it is.
  const above = await findAbove(start, [".npmrc", "pnpm-lock.yaml"], request.home, read);
  const npmrcAbove = above.filter(({ path }) => path.endsWith("/.npmrc")).map((file) => npmrcSettings(file, true, environment));
  const patterns = onlyFetches(given) ? [] : (await Promise.all(yaml.map(workspacePackages))).flat();
  const packages = namedMembers(root, await membersOf(root, patterns, read, list), workspacesNamed(given));
  const published = await publications(request, [...manifests, ...packages], read);
  const globals = globalYaml === undefined ? [] : [globalYaml];
  const inForce = unique([
    ...registriesInForce([commandLine, ...workspace, npmVariables, ...members, ...project, user, ...rc], NPM_REGISTRY),
    ...registriesInForce([commandLine, pnpmVariables, ...workspace, ...globals, ...project, ...authIni, user], NPM_REGISTRY),
  ]);
  const routed = unique([...inForce, ...(onlyFetches(given) ? [] : published.flatMap(({ values, source }) => routesOf(values, source)))]);
  const scopes = declaredScopes(request.declared, routed, [...given, ...manifests.map(({ text }) => text)]);

  const survey = surveyRegistries({
    tool: "pnpm",
    given,
    registries: [...routed, ...scopes],
    distrusted: distrusted([...npmrcAbove, ...workspace, ...published]),
    proxies: proxies([...npmrcAbove, ...workspace, ...published]),
    texts: [...manifests.map(fetchedOf), ...yaml, ...above],
    preferred: ownCredentials([...files, ...authIni, npmVariables, pnpmVariables]),
    command: request,
    channel: {
      userConfig: userText,
      environment,
      variables: [...userConfigVariables(environment), ...authFileVariables(environment)],
      also: {},
      keyPrefix: () => "",
      besides: {},
      anyPort: true,
    },
  });
  const situation = {
    request,
    registries: [...inForce, ...scopes],
    personal: [commandLine, pnpmVariables, npmVariables, ...globals, ...authIni, user, ...rc],
    userConfig: userText,
    variables: [...userConfigVariables(environment), ...authFileVariables(environment)],
    manifests,
    locks: above.filter(({ path }) => path.endsWith("/pnpm-lock.yaml")),
  };
  return {
    ...survey,
    scripts: markedScripts(request, situation.personal, ["npm_config_", "pnpm_config_"]),
    planThrough: (grants, doorway) => pnpmThrough(situation, grants, doorway),
  };
}

function authFileVariables(environment: Readonly<Record<string, string>>): string[] {
  const set = Object.keys(environment).filter((name) => name.toLowerCase() === AUTH_FILE);
  return set.length === 0 ? [AUTH_FILE] : set;
}

/** What both readings have in common, once. */
function unique(registries: readonly Registry[]): Registry[] {
  const first = new Map<string, Registry>();
  for (const registry of registries) {
    const key = JSON.stringify([registry.url, registry.scope]);
    if (!first.has(key)) first.set(key, registry);
  }
  return [...first.values()];
}

/** Up to what pnpm itself takes for its options: `pnpm dlx tool --registry URL` has none. */
function ownArguments(given: readonly string[]): readonly string[] {
  const { name } = npmCommand(given);
  if (!STARTING.test(name)) return given;
  const at = given.indexOf(name) + 1;
  return [...given.slice(0, at), ...programApart(given.slice(at))];
}
