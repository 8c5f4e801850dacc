/** Yarn 2 and newer: `.yarnrc.yml` of the directory, of those above, and of the home. Reads only through `ReadText`. */
import { dirname, join, resolve } from "node:path";
import type { Placeholder } from "../npm/configuration/placeholders.ts";
import { asRecord } from "../text/as-record.ts";
import { findTexts, upwards, type FoundText } from "../project-texts.ts";
import { registriesInForce, type Registry, type Settings } from "../npm/configuration/settings.ts";
import { readYamlSettings } from "../npm/configuration/yaml.ts";
import type { ReadText, RunRequest } from "../tool-protocol.ts";
import { YARN_REGISTRY } from "./classic.ts";

/** The settings of certificates, of the whole and of a host. */
const CERTIFICATES = ["httpsCaFilePath", "caFilePath", "httpsCertFilePath", "httpsKeyFilePath"];

const PROXIES = ["httpProxy", "httpsProxy"];

/** Where Yarn is configured, in the order in which it takes it. */
export interface BerryConfiguration {
  readonly registries: readonly Registry[];
  /** `enableStrictSsl in /p/.yarnrc.yml`: for whose sake nothing is given. */
  readonly distrusted: readonly string[];
  /** `httpProxy in /p/.yarnrc.yml` */
  readonly proxies: readonly string[];
  /** The Yarn that it starts in its place, as another process; absolute. */
  readonly yarnPath: string | undefined;
  /** Variables that secrets are taken from, without a value for where they are not set. */
  readonly placeholders: readonly Placeholder[];
  /** What the person's own file and variables say of certificates and proxies. */
  readonly personal: PersonalSettings;
}

interface PersonalSettings {
  readonly caFile: string | undefined;
  readonly httpProxy: string | undefined;
  readonly httpsProxy: string | undefined;
  /** The settings that only Yarn itself can follow. */
  readonly others: readonly string[];
}

export async function berryConfiguration(request: RunRequest, read: ReadText): Promise<BerryConfiguration> {
  const { environment, home, directory } = request;
  const name = environment["YARN_RC_FILENAME"] ?? ".yarnrc.yml";
  const files = await findTexts([...upwards(directory), home].map((place) => join(place, name)), read);
  const documents: { file: FoundText; document: Readonly<Record<string, unknown>> }[] = [];
  for (const file of files) documents.push({ file, document: await readYamlSettings(file) });
  const settings = [environmentRegistries(environment), ...documents.map(({ file, document }) => registrySettings(file.path, document))];
  const ofProject = documents.filter(({ file }) => file.path !== join(home, name));
  const own = documents.find(({ file }) => file.path === join(home, name))?.document ?? {};
  return {
    // Both: Yarn fetches from one and publishes to the other.
    registries: [
      ...registriesInForce(settings.map(({ fetching }) => fetching), YARN_REGISTRY),
      ...settings.flatMap(({ publishing }) => publishing),
    ],
    distrusted: ofProject.flatMap(({ file, document }) => weakened(document).map((setting) => `${setting} in ${file.path}`)),
    proxies: ofProject.flatMap(({ file, document }) => passing(document).map((setting) => `${setting} in ${file.path}`)),
    yarnPath: yarnPath(request, documents),
    placeholders: documents.flatMap(({ file, document }) => secretsIn(document).flatMap((text) => placeholdersIn(text, file.path))),
    personal: personalSettings(own, environment),
  };
}

/** Of the whole, of scopes and of registries. */
function secretsIn(document: Readonly<Record<string, unknown>>): string[] {
  const parts = [
    document,
    ...[document["npmScopes"], document["npmRegistries"]].flatMap((part) => Object.values(asRecord(part)).map(asRecord)),
  ];
  return parts.flatMap((part) => ["npmAuthToken", "npmAuthIdent"].flatMap((name) => (typeof part[name] === "string" ? [part[name]] : [])));
}

/** `${NAME-x}` and `${NAME:-x}` have a value of their own. */
function placeholdersIn(text: string, source: string): Placeholder[] {
  return [...text.matchAll(/\$\{(\w+)\}/g)].map(([, variable = ""]) => ({ variable, source }));
}

function yarnPath(
  { environment, directory }: RunRequest,
  documents: readonly { readonly file: FoundText; readonly document: Readonly<Record<string, unknown>> }[],
): string | undefined {
  const named = environment["YARN_YARN_PATH"];
  if (named !== undefined) return resolve(directory, named);
  return documents.flatMap(({ file, document }) =>
    typeof document["yarnPath"] === "string" ? resolve(dirname(file.path), document["yarnPath"]) : [],
  )[0];
}

function personalSettings(document: Readonly<Record<string, unknown>>, environment: Readonly<Record<string, string>>): PersonalSettings {
  const setting = (name: string): string | undefined => {
    const value = environment[`YARN_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`] ?? document[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const isLax = document["enableStrictSsl"] === false || /^(false|0)$/.test(environment["YARN_ENABLE_STRICT_SSL"] ?? "");
  return {
    caFile: setting("httpsCaFilePath") ?? setting("caFilePath"),
    httpProxy: setting("httpProxy"),
    httpsProxy: setting("httpsProxy"),
    others: [
      ...(isLax ? ["enableStrictSsl"] : []),
      ...["httpsCertFilePath", "httpsKeyFilePath"].filter((name) => setting(name) !== undefined),
      ...("networkSettings" in document ? ["networkSettings"] : []),
    ],
  };
}

interface RegistrySettings {
  readonly fetching: Settings;
  readonly publishing: readonly Registry[];
}

function registrySettings(source: string, document: Readonly<Record<string, unknown>>): RegistrySettings {
  const scopes = Object.entries(asRecord(document["npmScopes"])).map(([scope, value]) => [`@${scope}`, asRecord(value)] as const);
  const own = [[undefined, document] as const, ...scopes];
  const read = (setting: string): Registry[] =>
    own.flatMap(([scope, values]) => {
      const url = values[setting];
      return typeof url === "string" ? [{ url, scope, source }] : [];
    });
  const values = new Map(read("npmRegistryServer").map(({ scope, url }) => [scope === undefined ? "registry" : `${scope}:registry`, url]));
  return { fetching: { source, ofProject: false, values }, publishing: read("npmPublishRegistry") };
}

function environmentRegistries(environment: Readonly<Record<string, string>>): RegistrySettings {
  const source = "the environment";
  const { YARN_NPM_REGISTRY_SERVER: fetching, YARN_NPM_PUBLISH_REGISTRY: publishing } = environment;
  return {
    fetching: { source, ofProject: false, values: new Map(fetching === undefined ? [] : [["registry", fetching]]) },
    publishing: publishing === undefined ? [] : [{ url: publishing, scope: undefined, source }],
  };
}

/** The settings by which somebody else could pose as a registry. */
function weakened(document: Readonly<Record<string, unknown>>): string[] {
  const ofHosts = Object.values(asRecord(document["networkSettings"])).some((host) => CERTIFICATES.some((name) => name in asRecord(host)));
  return [
    ...(document["enableStrictSsl"] === undefined || document["enableStrictSsl"] === true ? [] : ["enableStrictSsl"]),
    ...CERTIFICATES.filter((name) => name in document),
    ...(ofHosts ? ["networkSettings"] : []),
  ];
}

function passing(document: Readonly<Record<string, unknown>>): string[] {
  const ofHosts = Object.values(asRecord(document["networkSettings"])).some((host) => PROXIES.some((name) => name in asRecord(host)));
  return [...PROXIES.filter((name) => name in document), ...(ofHosts ? ["networkSettings"] : [])];
}
