/** What the person's own settings mean for a client that goes through the gateway. Pure. */
import { GATEWAY_HOST } from "../../../core/gateway/url.ts";
import { covers } from "../../../core/target.ts";
import type { Grant, PlanThrough, RunRequest, WhyNotThrough } from "../../tool-protocol.ts";
import { CREDENTIAL } from "../distrust.ts";
import { personalPath } from "./project.ts";
import { isUnset, variableIn } from "./placeholders.ts";
import { registryPlace } from "../registry-key.ts";
import { settingOf, type Registry, type Settings } from "./settings.ts";
import { placeOf } from "../survey.ts";

/** Certificates by which the person is known to a registry; also of one registry: `//host/:certfile`. */
const OF_CLIENT = /^(\/\/.*:)?(cert|certfile|key|keyfile)$/;

/** The registries that the command line names, by their settings: `registry`, `@acme:registry`. */
export function typedRegistries(personal: readonly Settings[]): string[] {
  const typed = personal.find(({ source }) => source === "the command line")?.values.keys() ?? [];
  return [...typed].filter((key) => key === "registry" || /^@[^:]*:registry$/.test(key));
}

/**
 * @param personal the settings that are not the project's
 * @param typed registries of the command line that the client can't be led past
 */
export function affairOfPerson(personal: readonly Settings[], [named] = typedRegistries(personal)): WhyNotThrough | undefined {
  if (named !== undefined) return { direct: `--${named} is taken before the gateway` };
  const unchecked = personal.find(({ values }) => values.has("strict-ssl"));
  if (unchecked !== undefined && /^(false|0|null)$/.test(unchecked.values.get("strict-ssl") ?? ""))
    return as(unchecked, `strict-ssl is off in ${unchecked.source}, and the gateway always checks certificates`);
  for (const settings of personal) {
    const certificate = [...settings.values.keys()].find((key) => key === "ca" || OF_CLIENT.test(key));
    if (certificate !== undefined) return as(settings, `the gateway can't use '${certificate}' in ${settings.source}`);
  }
  return undefined;
}

/** What was typed or exported here counts; a file may be a script's. */
function as({ source }: Settings, reason: string): WhyNotThrough {
  return source === "the command line" || source === "the environment" ? { direct: reason } : { withheld: reason };
}

/** The same for a client that takes all its registries through the gateway: what it could do without. */
export function accessOfPerson(
  request: RunRequest,
  personal: readonly Settings[],
  registries: readonly Registry[],
  grants: readonly Grant[],
): WhyNotThrough | undefined {
  const unnamed = registries.flatMap((registry) =>
    placeOf(registry).length > 0 ? [] : personal.filter(({ source }) => source === registry.source),
  )[0];
  if (unnamed !== undefined) return as(unnamed, `${unnamed.source} has a registry that the gateway can't lead to`);
  for (const settings of personal) {
    const { source, values } = settings;
    const kept = registries
      .flatMap(placeOf)
      .find(
        ({ url, target }) => !grants.some(({ need }) => covers(need.target, target)) && hasCredentials(values, registryPlace(url), request),
      );
    if (kept !== undefined)
      return {
        ...as(settings, `${source} has a token for ${kept.url} that toolkey doesn't`),
        hint: "toolkey import, which takes that token over",
      };
  }
  return undefined;
}

/** The hosts that no proxy is asked for, the gateway among them. */
export function exceptions(personal: readonly Settings[], environment: Readonly<Record<string, string>>): string {
  const named = settingOf(personal, "noproxy") ?? environment["no_proxy"] ?? environment["NO_PROXY"] ?? "";
  return [named, GATEWAY_HOST].filter((text) => text !== "").join(",");
}

/** The certificates and proxies by which the gateway is to reach the registries. */
export function wayOfPerson(personal: readonly Settings[], request: RunRequest): Pick<PlanThrough["permit"], "caFiles" | "proxies"> {
  const [caFile, proxy, noProxy] = [
    settingOf(personal, "cafile"),
    settingOf(personal, "https-proxy") ?? settingOf(personal, "proxy"),
    settingOf(personal, "noproxy"),
  ].map((value) => (value === "" || value === "null" || value === "false" ? undefined : value));
  return {
    ...(caFile === undefined ? {} : { caFiles: [personalPath(caFile, request)] }),
    ...(proxy === undefined && noProxy === undefined
      ? {}
      : {
          proxies: {
            ...(proxy === undefined ? {} : { httpProxy: proxy, httpsProxy: proxy }),
            ...(noProxy === undefined ? {} : { noProxy }),
          },
        }),
  };
}

/** Looked for from the registry upwards, as clients do. A variable that isn't there is no token. */
function hasCredentials(values: ReadonlyMap<string, string>, place: string, command: RunRequest): boolean {
  return [...values].some(([key, value]) => {
    const [, holder] = CREDENTIAL.exec(key) ?? [];
    return holder !== undefined && value !== "" && !isPlaceholder(value, command) && place.startsWith(holder.replace(/\/*$/, "/"));
  });
}

function isPlaceholder(value: string, command: RunRequest): boolean {
  const variable = variableIn(value);
  return variable !== undefined && (command.variableNames === undefined || isUnset(variable, command));
}
