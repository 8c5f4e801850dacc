/**
 * Yarn: 1 gets a user configuration that is a file without a name, 2 and newer the plugin that asks for
 * itself. What is measured is in docs/tools/yarn.md.
 */
import { dirname, join } from "node:path";
import { EMPTY_PLAN, type Plan } from "../../core/plan.ts";
import { fetchedOf, manifestOf } from "../npm/configuration/manifest.ts";
import { distrusted, proxies } from "../npm/distrust.ts";
import { membersOf } from "../npm/configuration/members.ts";
import { emptied, ownCredentials, type Placeholder } from "../npm/configuration/placeholders.ts";
import { planOfWriting, userConfigVariables } from "../npm/plan.ts";
import { publications, routesOf } from "../npm/publishing.ts";
import { findAbove, findTexts, upwards, type FoundText } from "../project-texts.ts";
import { personalPath } from "../npm/configuration/project.ts";
import { workspacePatterns } from "../npm/configuration/workspace-patterns.ts";
import { commandLineSettings, registriesInForce } from "../npm/configuration/settings.ts";
import { declaredScopes, surveyRegistries } from "../npm/survey.ts";
import { asksNothing, onlyFetches, writesUserConfig } from "../npm/words.ts";
import {
  noNeeds,
  type Grant,
  type ListDirectories,
  type Need,
  type ReadHeld,
  type ReadText,
  type RunRequest,
  type Survey,
} from "../tool-protocol.ts";
import { berryConfiguration } from "./berry.ts";
import { berryThrough } from "./through.ts";
import { betrayingCredentials, classicConfiguration, YARN_REGISTRY } from "./classic.ts";

export async function yarn(asked: RunRequest, read: ReadText, _held: ReadHeld, list: ListDirectories): Promise<Survey> {
  const { arguments: given } = asked;
  const request = { ...asked, directory: personalPath(commandLineSettings(given).values.get("cwd") ?? asked.directory, asked) };
  if (asksNothing(given)) return noNeeds(EMPTY_PLAN);
  // 'set version' is about the project's Yarn.
  const writing = given[0] === "set" ? undefined : writesUserConfig(given[0] === "npm" ? given.slice(1) : given);
  if (writing !== undefined) return noNeeds(planOfWriting("yarn", writing));
  const kind = await kindOf(request, read);
  const surveys = [
    ...(kind === "berry" ? [] : [await surveyClassic(request, read, list)]),
    ...(kind === "classic" ? [] : [await surveyBerry(request, read, list)]),
  ];
  const [berry] = kind === "berry" ? surveys : [];
  return {
    needs: surveys.flatMap(({ needs }) => needs).filter(isFirst),
    asks: surveys.flatMap(({ asks = [] }) => asks).filter(isFirst),
    plan: (grants) => surveys.map((survey) => survey.plan(grantsOf(survey, grants))).reduce(bothPlans),
    ...(berry?.scripts === undefined ? {} : { scripts: berry.scripts }),
    planThrough: (grants, doorway) =>
      berry?.planThrough?.(grants, doorway) ?? {
        withheld: `${kind === "classic" ? "yarn 1" : "yarn, which may be yarn 1,"} writes the hosts of registries into its lock file`,
      },
  };
}

/** Which Yarn a project is for. Unknown: it gets what either takes, and each passes over what is the other's. */
async function kindOf({ directory }: RunRequest, read: ReadText): Promise<"classic" | "berry" | "unknown"> {
  for (const place of upwards(directory)) {
    const [manager] = (await findTexts([join(place, "package.json")], read)).map(({ text }) => manifestOf(text)["packageManager"]);
    const version = typeof manager === "string" ? /^yarn@(\d+)/.exec(manager)?.[1] : undefined;
    if (version !== undefined) return version === "1" ? "classic" : "berry";
    const [lock] = await findTexts([join(place, "yarn.lock")], read);
    if (lock !== undefined && /^__metadata:/m.test(lock.text)) return "berry";
    if (lock !== undefined && /^# yarn lockfile v1/m.test(lock.text)) return "classic";
    if ((await read(join(place, ".yarnrc.yml"))) !== undefined) return "berry";
  }
  return "unknown";
}

async function surveyClassic(request: RunRequest, read: ReadText, list: ListDirectories): Promise<Survey> {
  const { arguments: given, environment, directory, home } = request;
  const configuration = await classicConfiguration(request, commandLineSettings(given), read);
  const manifests = await findAbove(directory, ["package.json"], home, read);
  const locks = await findAbove(directory, ["yarn.lock"], home, read);
  const published = await publications(request, [...manifests, ...(await membersIn(request, manifests, read, list))], read);
  const texts = [...manifests.map(fetchedOf), ...locks, ...configuration.projectFiles];
  const routed = [
    ...registriesInForce(configuration.settings, YARN_REGISTRY),
    ...(onlyFetches(given) ? [] : published.flatMap(({ values, source }) => routesOf(values, source))),
  ];
  const survey = surveyRegistries({
    tool: "yarn",
    given,
    registries: [...routed, ...declaredScopes(request.declared, routed, [...given, ...manifests.map(({ text }) => text)])],
    distrusted: [...distrusted([...configuration.project, ...published]), ...betrayingCredentials(configuration, texts)],
    proxies: proxies([...configuration.project, ...published]),
    texts,
    // It looks under the whole URL first, where nobody but us writes.
    preferred: [],
    command: request,
    channel: {
      userConfig: configuration.userConfig,
      environment,
      variables: userConfigVariables(environment),
      also: {},
      keyPrefix: (url) => new URL(url).protocol,
      // Else it sends a token for names with a scope only.
      besides: { "always-auth": "true" },
      anyPort: false,
    },
  });
  const placeholders = ownCredentials(configuration.settings).flatMap(({ source, variable }) =>
    variable === undefined ? [] : [{ source, variable }],
  );
  return { ...survey, plan: (grants) => withEmptied(survey.plan(grants), placeholders, request) };
}

async function surveyBerry(request: RunRequest, read: ReadText, list: ListDirectories): Promise<Survey> {
  const { arguments: given, environment, directory, home, installation } = request;
  const configuration = await berryConfiguration(request, read);
  const { registries, distrusted: weakened, proxies: passing } = configuration;
  const manifests = await findAbove(directory, ["package.json"], home, read);
  const published = onlyFetches(given)
    ? []
    : await publications(request, [...manifests, ...(await membersIn(request, manifests, read, list))], read);
  const survey = surveyRegistries({
    tool: "yarn",
    given,
    registries: [...registries, ...published.flatMap(({ values, source }) => routesOf(values, source))],
    distrusted: weakened,
    proxies: passing,
    // Its plugin is asked by the whole URL, and looks at each request.
    texts: [],
    preferred: [],
    command: request,
    channel: { userConfig: "", environment, variables: [], also: {}, keyPrefix: () => "", besides: {}, anyPort: false },
  });
  const plugins = environment["YARN_PLUGINS"];
  const own = join(installation.built, "yarn-plugin.cjs");
  const named = plugins === undefined || plugins === "" ? [] : plugins.split(";").filter((path) => path !== own);
  const plugin = [...named, own].join(";");
  return {
    needs: survey.needs,
    ...(survey.asks === undefined ? {} : { asks: survey.asks }),
    plan: (grants) => {
      const plan = survey.plan(grants);
      // The token itself stays out of it.
      if (plan.given.length === 0) return plan;
      return withEmptied({ ...plan, descriptors: {}, environment: { YARN_PLUGINS: plugin } }, configuration.placeholders, request);
    },
    scripts: { YARN_PLUGINS: plugin, TOOLKEY_YARN_SCRIPTS: `${installation.sealedPrograms}/script-shell` },
    planThrough(grants, doorway) {
      const through = berryThrough({ request, configuration, plugin }, grants, doorway);
      return "plan" in through ? { ...through, plan: withEmptied(through.plan, configuration.placeholders, request) } : through;
    },
  };
}

/** Yarn does not start where a variable is missing that its files name. */
function withEmptied(plan: Plan, placeholders: readonly Placeholder[], request: RunRequest): Plan {
  if (plan.given.length === 0) return plan;
  const { environment, notes } = emptied("yarn", placeholders, request);
  return { ...plan, environment: { ...environment, ...plan.environment }, notes: [...plan.notes, ...notes] };
}

/** Of the workspace that one of these manifests is of. */
async function membersIn(
  { arguments: given }: RunRequest,
  manifests: readonly FoundText[],
  read: ReadText,
  list: ListDirectories,
): Promise<FoundText[]> {
  const root = onlyFetches(given) ? undefined : manifests.find(({ text }) => workspacePatterns(manifestOf(text)).length > 0);
  return root === undefined ? [] : membersOf(dirname(root.path), workspacePatterns(manifestOf(root.text)), read, list);
}

function isFirst<Each extends Need>(need: Each, index: number, all: readonly Each[]): boolean {
  return all.findIndex((other) => sameNeed(other, need)) === index;
}

function grantsOf({ needs }: Survey, grants: readonly Grant[]): Grant[] {
  return grants.filter(({ need }) => needs.some((own) => sameNeed(own, need)));
}

function sameNeed(a: Need, b: Need): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function bothPlans(one: Plan, other: Plan): Plan {
  const given = [...one.given, ...other.given];
  return {
    ...EMPTY_PLAN,
    environment: { ...one.environment, ...other.environment },
    descriptors: { ...one.descriptors, ...other.descriptors },
    given: given.filter(({ token, place }, index) => given.findIndex((same) => same.token === token && same.place === place) === index),
    notes: [...new Set([...one.notes, ...other.notes])],
    hints: [...new Set([...one.hints, ...other.hints])],
  };
}
