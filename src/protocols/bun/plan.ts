/** bun: a token by a user configuration that is a file without a name. What is measured is in docs/tools/bun.md. */
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { EMPTY_PLAN } from "../../core/plan.ts";
import { withoutFinalSlashes } from "../text/final-slashes.ts";
import { distrusted, proxies } from "../npm/distrust.ts";
import { NPM_REGISTRY, userConfigVariables } from "../npm/plan.ts";
import { publications, routesOf } from "../npm/publishing.ts";
import { isUnset, ownCredentials } from "../npm/configuration/placeholders.ts";
import { asRecord } from "../text/as-record.ts";
import { findAbove, findTexts, type FoundText } from "../project-texts.ts";
import { npmRoot, personalPath } from "../npm/configuration/project.ts";
import {
  commandLineSettings,
  environmentSettings,
  npmrcSettings,
  registriesInForce,
  type Settings,
} from "../npm/configuration/settings.ts";
import { declaredScopes, surveyRegistries } from "../npm/survey.ts";
import { asksNothing, onlyFetches, optionAfter } from "../npm/words.ts";
import { noNeeds, type ReadText, type RunRequest, type Survey } from "../tool-protocol.ts";

const DOTENV = ["", "development", "production", "test"].flatMap((name) =>
  name === "" ? [".env", ".env.local"] : [`.env.${name}`, `.env.${name}.local`],
);
/** Variables of a `.env`, which bun takes for its own, that say whom to trust. */
const OF_TRUST = /^(NODE_TLS_REJECT_UNAUTHORIZED|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|npm_config_(userconfig|ca|cafile|strict_ssl))$/i;
const PROXY = /^(npm_config_)?(https?_|all_)?proxy$/i;

/** In UTF-16 units; more is no configuration, and would take its time. */
const MAX_TOML_LENGTH = 512 * 1024;

export async function bun(request: RunRequest, read: ReadText): Promise<Survey> {
  const { arguments: given, environment, home } = request;
  if (asksNothing(given) || given.length === 0) return noNeeds(EMPTY_PLAN);
  const commandLine = commandLineSettings(given);
  const start = personalPath(commandLine.values.get("cwd") ?? request.directory, request);
  const root = await npmRoot(start, read);
  const variables = variableSettings(environment);

  const userPath = personalPath(environmentSettings("npm_config_", environment).values.get("userconfig") ?? join(home, ".npmrc"), request);
  const userText = (await read(userPath)) ?? "";
  const user = npmrcSettings({ path: userPath, text: userText }, false, environment);
  const project = (await findTexts([join(root, ".npmrc")], read)).map((file) =>
    npmrcSettings(file, file.path !== join(home, ".npmrc"), environment),
  );
  const configuration = commandLine.values.get("config") ?? optionAfter(given, "-c");
  const bunfig = await bunfigs(
    configuration === undefined ? [root, start].map((place) => join(place, "bunfig.toml")) : [personalPath(configuration, request)],
    configuration === undefined,
    read,
  );
  const personal = await bunfigs([environment["XDG_CONFIG_HOME"] ?? home, home].map((place) => join(place, ".bunfig.toml")), false, read);
  const dotenv = await findTexts([...new Set([start, root])].flatMap((place) => DOTENV.map((name) => join(place, name))), read);

  const above = (await findAbove(start, [".npmrc"], home, read)).map((file) => npmrcSettings(file, true, environment));
  const manifests = await findTexts([start, root].map((place) => join(place, "package.json")), read);
  const published = await publications(request, manifests, read);
  const routed = [
    ...registriesInForce([commandLine, variables, ...dotenv.map(dotenvSettings), ...bunfig, ...personal, ...project, user], NPM_REGISTRY),
    ...(onlyFetches(given) ? [] : published.flatMap(({ values, source }) => routesOf(values, source))),
  ];
  // What is in a `.env` is set for bun.
  const command =
    request.variableNames === undefined
      ? {}
      : { variableNames: [...request.variableNames, ...dotenv.flatMap(({ text }) => variablesOf(text).map(([name]) => name))] };
  const survey = surveyRegistries({
    tool: "bun",
    given,
    registries: [...routed, ...declaredScopes(request.declared, routed, [...given, ...manifests.map(({ text }) => text)])],
    distrusted: [...distrusted([...above, ...bunfig, ...published]), ...dotenv.flatMap((file) => variablesNamed(file, OF_TRUST))],
    proxies: [...proxies([...above, ...bunfig, ...published]), ...dotenv.flatMap((file) => variablesNamed(file, PROXY))],
    // It compares the scheme and the port as well (measured with 1.4.5).
    texts: [],
    // Of a bunfig it passes over what isn't set.
    preferred: [
      ...ownCredentials([...bunfig, ...personal]).filter(({ variable }) => variable === undefined || !isUnset(variable, command)),
      ...ownCredentials(project),
    ],
    command,
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
  return { ...survey, planThrough: () => ({ direct: "bun writes the hosts of registries into its lock file" }) };
}

/** Of the variables, the first that is set. */
function variableSettings(environment: Readonly<Record<string, string>>): Settings {
  const url = environment["BUN_CONFIG_REGISTRY"] ?? environment["NPM_CONFIG_REGISTRY"] ?? environment["npm_config_registry"];
  return { source: "the environment", ofProject: false, values: new Map(url === undefined ? [] : [["registry", url]]) };
}

async function bunfigs(paths: readonly string[], ofProject: boolean, read: ReadText): Promise<Settings[]> {
  const settings: Settings[] = [];
  for (const file of await findTexts(paths, read)) settings.push(await bunfigSettings(file, ofProject));
  return settings;
}

/** `[install]` of a `bunfig.toml`, under the names of `.npmrc`. */
async function bunfigSettings({ path, text }: FoundText, ofProject: boolean): Promise<Settings> {
  if (text.length > MAX_TOML_LENGTH) throw new Failure("unavailable", `cannot read ${path}: it is too long for a configuration`);
  const { parse } = await import("smol-toml");
  let document;
  try {
    document = parse(text);
  } catch (error) {
    throw new Failure("unavailable", `cannot read ${path}: it is not TOML`, { cause: error });
  }
  const install = asRecord(document["install"]);
  const values = new Map<string, string>();
  const add = (name: string, value: unknown): void => {
    const { url, token, password } = asRecord(value);
    const place = typeof value === "string" ? value : url;
    if (typeof place !== "string") return;
    values.set(name, place);
    if (token !== undefined || password !== undefined)
      values.set(`${withoutFinalSlashes(place.replace(/^https?:/i, ""))}/:_authToken`, String(token ?? password));
  };
  add("registry", install["registry"]);
  for (const [scope, value] of Object.entries(asRecord(install["scopes"]))) add(`@${scope.replace(/^@/, "")}:registry`, value);
  for (const name of ["ca", "cafile"]) if (name in install) values.set(name, "");
  return { source: path, ofProject, values };
}

/** The registry that a `.env` names: bun reads them before all else, and what the person has set counts more. */
function dotenvSettings({ path, text }: FoundText): Settings {
  const registry = variablesOf(text).find(([name]) => /^(BUN_CONFIG|NPM_CONFIG|npm_config)_(REGISTRY|registry)$/.test(name));
  return { source: path, ofProject: true, values: new Map(registry === undefined ? [] : [["registry", registry[1]]]) };
}

function variablesNamed({ path, text }: FoundText, which: RegExp): string[] {
  return variablesOf(text).filter(([name]) => which.test(name)).map(([name]) => `${name} in ${path}`);
}

function variablesOf(text: string): (readonly [name: string, value: string])[] {
  return text.split(/[\r\n]+/).flatMap((line) => {
    const [, name, value = ""] = /^\s*(?:export\s+)?([\w.]+)\s*[=:](.*)$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, value.trim().replace(/^(["'`])(.*)\1$/, "$2")] as const];
  });
}
