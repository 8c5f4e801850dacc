import { hostname } from "node:os";
import type { ServiceView } from "../../core/views/service.ts";
import { formatTarget } from "../../core/target.ts";
import { kindExamples, type Services } from "../../issuers/registry.ts";
import { signInPageOf, type Service } from "../../issuers/service.ts";

/** The services and the kinds of services, as `toolkey services` shows them. */
export function viewServices(services: Services): ServiceView[] {
  const kinds = kindExamples().map(({ title, example }): ServiceView => ({
    ...viewService(example),
    title: `${title}, any host`,
    url: undefined,
    page: undefined,
  }));
  return [...services.all().map(viewService), ...kinds];
}

export function viewService(service: Service): ServiceView {
  const signInPage = signInPageOf(service);
  return {
    name: service.name,
    title: service.title,
    url: service.url,
    page: service.page,
    tools: Object.entries(service.tools).map(([tool, use]) => ({
      tool,
      targets: use.targets.map(formatTarget),
      presents: use.presents,
      server: use.server,
      username: use.username,
      signsIn: signInPage !== undefined && signInPage.isOnlyForLogin !== true,
      newTokenPage: service.issuer.newTokenPage?.(service, tool, `${tool} on ${hostname()}`),
    })),
    can: [...abilities(service), ...(service.command === undefined ? [] : ["fetch" as const])],
    forRepositories: service.issuer.partFor !== undefined,
    command: service.command?.argv,
    signIn: service.issuer.signIn,
    auto: service.auto,
  };
}

function abilities(service: Service): ServiceView["can"] {
  const { inspect, mint, refresh, renewsItself, revoke, revokeByValue, list, exchange } = service.issuer;
  const signIn = signInPageOf(service);
  const renew = mint ?? (signIn === undefined && renewsItself === undefined ? undefined : refresh);
  const abilities = { "sign-in": signIn, check: inspect, mint, renew, revoke: revoke ?? revokeByValue, list, exchange };
  const inOrder = ["sign-in", "check", "mint", "renew", "revoke", "list", "exchange"] as const;
  return inOrder.filter((ability) => abilities[ability] !== undefined);
}
