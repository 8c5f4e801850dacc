import type { Services } from "../../issuers/registry.ts";
import type { DeclaredPlace } from "../../protocols/tool-protocol.ts";

/** What the services declare for a tool, the user's own services first. */
export function declaredPlaces(services: Services, tool: string): DeclaredPlace[] {
  return services.all().flatMap(({ name, tools }) => {
    const use = tools[tool];
    return (use?.targets ?? []).map((target) => ({ service: name, target, server: use?.server, npmScope: use?.npmScope }));
  });
}
