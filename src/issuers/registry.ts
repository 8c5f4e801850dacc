import { Failure } from "../core/failure.ts";
import { parseTarget, type Target } from "../core/target.ts";

/** A place that accepts tokens. */
export interface Service {
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** For each tool that can use it, the target of its tokens. */
  readonly targets: Readonly<Record<string, Target>>;
  /** The page on which a person makes and revokes tokens. */
  readonly page: string;
}

const SERVICES: readonly Service[] = [
  {
    name: "nuxeo",
    title: "Nuxeo Online Services",
    targets: { git: parseTarget("https://connect.nuxeo.com/nuxeo/git") },
    page: "https://connect.nuxeo.com/nuxeo/site/connect/tokens",
  },
];

/**
 * What a person means by a place: a service by its name, or any host by URL. A URL at a known
 * service belongs to that service.
 *
 * @throws Failure `usage` if it is neither, or the service is not for this tool.
 */
export function findPlace(place: string, tool: string): { readonly service: string; readonly target: Target } {
  const named = SERVICES.find((service) => service.name === place);
  if (named !== undefined) {
    const target = named.targets[tool];
    if (target === undefined) {
      throw new Failure("usage", `toolkey does not know which part of ${named.title} is for ${tool}`, {
        hint: "give the URL instead of the service",
      });
    }
    return { service: named.name, target };
  }
  if (!/[.:/]/.test(place) && place !== "localhost") {
    throw new Failure("usage", `there is no service '${place}'`, {
      hint: `give a URL, or one of: ${SERVICES.map((service) => service.name).join(", ")}`,
    });
  }
  const target = parseTarget(place);
  return { service: serviceOf(target), target };
}

/** The name of the service that a target belongs to: a known one, or the host. */
export function serviceOf(target: Target): string {
  const known = SERVICES.find((service) =>
    Object.values(service.targets).some((own) => own.host === target.host && own.port === target.port),
  );
  return known?.name ?? (target.host === "" ? target.scheme : target.host);
}
