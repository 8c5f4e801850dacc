import type { ServiceView } from "../../core/administration.ts";
import { formatTarget } from "../../core/target.ts";
import { KINDS } from "../../issuers/declarations.ts";
import { ISSUERS } from "../../issuers/issuers.ts";
import type { Services } from "../../issuers/registry.ts";
import type { IssuerName, Service } from "../../issuers/service.ts";

/** The services and the kinds of services, as `toolkey services` shows them. */
export function viewServices(services: Services): ServiceView[] {
  const kinds = Object.entries(KINDS).map(([kind, { title, at }]): ServiceView => {
    const example = at(`${kind}@HOST`, "https://HOST");
    return { ...viewService(example), name: `${kind}@HOST`, title: `${title}, any host`, url: undefined, page: undefined };
  });
  return [...services.all().map(viewService), ...kinds];
}

export function viewService(service: Service): ServiceView {
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
    })),
    can: abilities(service.issuer),
    auto: service.auto,
  };
}

function abilities(name: IssuerName): ServiceView["can"] {
  const { inspect, mint, revoke, list } = ISSUERS[name];
  const abilities = { check: inspect, mint, revoke, list };
  return (["check", "mint", "revoke", "list"] as const).filter((ability) => abilities[ability] !== undefined);
}
