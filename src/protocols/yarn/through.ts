/**
 * Yarn 2 and newer through the gateway: our plugin leads each request there (client/programs/yarn/yarn-gateway.ts). What is measured
 * is in docs/tools/yarn.md. Pure.
 */
import { EMPTY_PLAN } from "../../core/plan.ts";
import { Secret } from "../../core/secret.ts";
import { formatTarget } from "../../core/target.ts";
import { personalPath } from "../npm/configuration/project.ts";
import { wordsOf } from "../npm/words.ts";
import type { Doorway, Grant, PlanThrough, RunRequest, WhyNotThrough } from "../tool-protocol.ts";
import type { BerryConfiguration } from "./berry.ts";

/** What Yarn is configured with, as far as its way through the gateway goes. */
interface BerrySituation {
  readonly request: RunRequest;
  readonly configuration: BerryConfiguration;
  /** The value of `YARN_PLUGINS` by which it is loaded. */
  readonly plugin: string;
}

export function berryThrough(
  { request, configuration, plugin }: BerrySituation,
  grants: readonly Grant[],
  { gateway, phantom }: Doorway,
): PlanThrough | WhyNotThrough {
  const { caFile, httpProxy, httpsProxy, others } = configuration.personal;
  if (others[0] !== undefined) return { withheld: `the gateway can't follow ${others[0]}` };
  const publishes = request.publish || /(^| )npm (publish|tag)( |$)/.test(wordsOf(request.arguments).join(" "));
  const way = { gateway, phantom: phantom.reveal(), registries: grants.map(({ need }) => formatTarget(need.target)) };
  return {
    plan: {
      ...EMPTY_PLAN,
      environment: grants.length === 0 ? {} : { YARN_PLUGINS: plugin, TOOLKEY_YARN: new Secret(JSON.stringify(way)) },
      given: grants.map(({ need, token }) => ({ token: token.id, place: formatTarget(need.target) })),
    },
    permit: {
      addressing: "url",
      ...(configuration.yarnPath === undefined
        ? { holder: "command" }
        : { holder: "launched", replacement: { file: configuration.yarnPath } }),
      publishes: false,
      routes: grants.map(({ need: { target } }) => ({ target, isAuthorized: true, publishes })),
      ...(caFile === undefined ? {} : { caFiles: [personalPath(caFile, request)] }),
      ...(httpProxy === undefined && httpsProxy === undefined
        ? {}
        : { proxies: { ...(httpProxy === undefined ? {} : { httpProxy }), ...(httpsProxy === undefined ? {} : { httpsProxy }) } }),
    },
  };
}
