/**
 * Cargo through the gateway: in its settings for this one command each registry is replaced by one that is at the gateway. Its lock file
 * and its manifests name the registry itself, as before. Pure. Source: https://doc.rust-lang.org/cargo/reference/source-replacement.html
 */
import { resolve } from "node:path";
import { GATEWAY_HOST, throughGateway } from "../../core/gateway/url.ts";
import { EMPTY_PLAN } from "../../core/plan.ts";
import { Secret } from "../../core/secret.ts";
import { formatTarget, sameTarget } from "../../core/target.ts";
import type { Doorway, Grant, PlanThrough, RunRequest } from "../tool-protocol.ts";
import { settingAt, sourceNames, type Settings } from "./configuration.ts";
import { sparseIndex } from "./index-url.ts";
import type { Placed } from "./indexes.ts";
import { ownName, registryLines, table, withSettings } from "./settings-text.ts";
import type { CargoWords } from "./words.ts";

export interface Situation {
  readonly request: RunRequest;
  readonly words: CargoWords;
  readonly settings: readonly Settings[];
  readonly indexes: readonly Placed[];
}

export function cargoThrough(
  { request, words, settings, indexes }: Situation,
  grants: readonly Grant[],
  { gateway, phantom }: Doorway,
): PlanThrough {
  const led = grants.filter(({ need }) => indexes.some(({ target }) => sameTarget(target, need.target)));
  const token = new Secret(`Bearer ${phantom.reveal()}`);
  const lines = led.flatMap(({ need: { target } }, number) => {
    const own = indexes.filter((index) => sameTarget(index.target, target));
    const name = ownName(own.find((each) => each.name !== undefined)?.name, target, number);
    const index = sparseIndex(throughGateway(gateway, target));
    return [
      ...own.flatMap(({ url }, at) => {
        const [source = `${name}-itself${at === 0 ? "" : `-${at}`}`] = sourceNames(settings, url);
        return table(["source", source], { registry: url, "replace-with": name });
      }),
      ...table(["source", name], { registry: index }),
      ...registryLines(name, token, { index }),
    ];
  });
  const plan = led.length === 0 ? EMPTY_PLAN : withSettings(words, lines);
  return {
    plan: {
      ...plan,
      // Cargo asks a proxy of its settings for everything else.
      environment: led.length === 0 ? {} : { ...plan.environment, no_proxy: exceptions(request.environment) },
      given: led.map(({ token, need }) => ({ token: token.id, place: formatTarget(need.target) })),
    },
    permit: {
      addressing: "url",
      holder: "command",
      publishes: false,
      routes: led.map(({ need }) => ({ target: need.target, isAuthorized: true, publishes: false })),
      ...wayOfPerson(settings, request),
    },
  };
}

/** The hosts for which no proxy is asked, the gateway among them. */
function exceptions(environment: RunRequest["environment"]): string {
  const own = Object.entries(environment).filter(([name]) => /^no_proxy$/i.test(name)).map(([, value]) => value);
  return [...own, GATEWAY_HOST].filter((text) => text !== "").join(",");
}

/** Certificates and a proxy as the person has set them for Cargo: the gateway takes this way. */
function wayOfPerson(settings: readonly Settings[], request: RunRequest): Pick<PlanThrough["permit"], "caFiles" | "proxies"> {
  const { environment, directory } = request;
  const own = settings.filter(({ ofProject }) => !ofProject);
  const set = (variable: string, key: string): { readonly value: string; readonly base: string } | undefined => {
    const ofVariable = environment[variable];
    if (ofVariable !== undefined && ofVariable !== "") return { value: ofVariable, base: directory };
    const found = own.find((each) => settingAt([each], "http", key) !== undefined);
    const value = found && settingAt([found], "http", key);
    // A path in a file begins above the directory that the file is in.
    const base = found?.source.startsWith("/") === true ? resolve(found.source, "../..") : directory;
    return typeof value === "string" && value !== "" ? { value, base } : undefined;
  };
  const [ca, proxy] = [set("CARGO_HTTP_CAINFO", "cainfo"), set("CARGO_HTTP_PROXY", "proxy")?.value];
  const url = proxy === undefined || proxy.includes("://") ? proxy : `http://${proxy}`;
  return {
    ...(ca === undefined ? {} : { caFiles: [resolve(ca.base, ca.value)] }),
    ...(url === undefined ? {} : { proxies: { httpProxy: url, httpsProxy: url } }),
  };
}
