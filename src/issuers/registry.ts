import { Failure } from "../core/failure.ts";
import { covers, formatTarget, isReadableOnTheWay, origin, parseTarget, type Target } from "../core/target.ts";
import { nearest } from "../core/text/suggestion.ts";
import { newTarget } from "../protocols/new-target.ts";
import type { Issuer } from "./issuer.ts";
import { ISSUERS } from "./issuers.ts";
import { serviceOf, type Service } from "./service.ts";

/** Services at one place. */
const DECLARED: readonly Service[] = ISSUERS.flatMap((issuer) => (issuer.services ?? []).map((declared) => serviceOf(issuer, declared)));

/** A kind of services of which there are many. */
type Kind = Issuer & Required<Pick<Issuer, "anyHost">>;

const KINDS: readonly Kind[] = ISSUERS.filter((issuer): issuer is Kind => issuer.anyHost !== undefined);

/** An example of each of those kinds, at the host `HOST`. */
export function kindExamples(): readonly { readonly title: string; readonly example: Service }[] {
  return KINDS.map((kind) => ({ title: kind.anyHost.title, example: instance(kind, `${kind.name}@HOST`, "https://HOST") }));
}

/** What a person meant by a place: the service it belongs to, if it is a known one, and the target there. */
export interface ServicePlace {
  readonly service: string;
  readonly target: Target;
}

/** The services: those that toolkey knows, and the user's own. */
export class Services {
  readonly #services: readonly Service[];

  /**
   * @param own from `config.toml`; one with the name of a known service takes its place
   * @param inDoubt names that are taken there, and it can't be told by what
   */
  constructor(own: readonly Service[], inDoubt: readonly string[] = []) {
    const taken = new Set([...own.map(({ name }) => name), ...inDoubt]);
    this.#services = [...own, ...DECLARED.filter(({ name }) => !taken.has(name))];
  }

  all(): readonly Service[] {
    return this.#services;
  }

  /** A service by its name, also `KIND@HOST`. */
  named(name: string): Service | undefined {
    const [before = "", host, ...rest] = name.split("@");
    const kind = kindNamed(before);
    if (kind !== undefined && host !== undefined && rest.length === 0) return instance(kind, name, instanceUrl(host));
    return this.#services.find((service) => service.name === name);
  }

  /** The service at a target: one that has a tool there, else one whose interface is at that origin. */
  at(target: Target): Service | undefined {
    const place = origin(target);
    return (
      this.#services.find((service) =>
        Object.values(service.tools).some(({ targets }) => targets.some((own) => covers(own, target))),
      ) ?? this.#services.find((service) => origin(parseTarget(service.url)) === place)
    );
  }

  /** The name under which a token for this target is filed: the service's, or the host's. */
  nameOf(target: Target): string {
    const known = this.at(target);
    if (known !== undefined) return known.name;
    const kind = KINDS.find(({ anyHost }) => anyHost.isAt?.(target) === true);
    if (kind !== undefined) return instanceName(kind, target);
    return target.host === "" ? target.scheme : target.host;
  }

  /**
   * What a person means: a service by its name, or any host by URL.
   *
   * @param kind makes the host of the URL a service of this kind
   * @throws Failure `usage` if it is neither, or the service is not for this tool
   */
  place(text: string, tool: string, kind?: string): ServicePlace {
    const named = this.named(text);
    if (named !== undefined) {
      const [target] = named.tools[tool]?.targets ?? [];
      if (target === undefined) {
        const tools = Object.keys(named.tools).join(", ");
        throw new Failure("usage", `there is nothing for ${tool} at ${named.title}`, { hint: `it is for: ${tools}; or give a URL` });
      }
      return { service: named.name, target };
    }
    if (kindNamed(text) !== undefined)
      throw new Failure("usage", `there are many services of the kind '${text}'`, { hint: `name one: ${text}@HOST` });
    if (!/[.:/]/.test(text) && text !== "localhost") throw this.#unknown(text);
    const target = newTarget(text, tool);
    if (kind === undefined) return { service: this.nameOf(target), target };
    const known = kindNamed(kind);
    if (known === undefined)
      throw new Failure("usage", `'${kind}' is not a kind of service`, { hint: `kinds: ${KINDS.map(({ name }) => name).join(", ")}` });
    return { service: instanceName(known, target), target };
  }

  /** A service by its name. @throws Failure `usage` */
  existing(name: string): Service {
    const service = this.named(name);
    if (service !== undefined) return service;
    if (kindNamed(name) !== undefined)
      throw new Failure("usage", `there are many services of the kind '${name}'`, { hint: `name one: ${name}@HOST` });
    throw this.#unknown(name);
  }

  #unknown(name: string): Failure {
    const names = this.#services.map((service) => service.name);
    const meant = nearest(name, [...names, ...KINDS.map((kind) => kind.name)]);
    const host = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(name) ? name : "HOST";
    // A URL with a password, or the half of one, is not repeated.
    // A URL was given where none is taken.
    const others = /[.:/]/.test(name) ? "services" : "give a URL, or one of";
    const what = /:.*@/.test(name) ? "there is no service of that name" : `there is no service '${name}'`;
    return new Failure("usage", meant === undefined ? what : `${what}; did you mean '${meant}'?`, {
      hint: `${others}: ${[...names, ...KINDS.map((kind) => `${kind.name}@${host}`)].join(", ")}`,
    });
  }
}

function kindNamed(name: string): Kind | undefined {
  return KINDS.find((kind) => kind.name === name);
}

function instance(kind: Kind, name: string, url: string): Service {
  return serviceOf(kind, { name, title: `${kind.anyHost.title} at ${url}`, url, tools: kind.anyHost.tools(url) });
}

/** `jfrog@acme.jfrog.io`, `npm-registry@http://127.0.0.1:4873`: the scheme is named unless it is https. */
function instanceName(kind: Kind, target: Target): string {
  return `${kind.name}@${origin(target).replace(/^https:\/\//, "")}`;
}

function instanceUrl(host: string): string {
  const target = newTarget(host);
  if (target.path.length > 0) throw new Failure("usage", "name the service by its host alone", { hint: "KIND@HOST[:PORT]" });
  assertPrivate(target);
  return formatTarget(target);
}

/** @throws Failure `usage` where tokens would travel in clear: http is only for this machine */
export function assertPrivate(target: Target): void {
  if (/^https?$/.test(target.scheme) && !isReadableOnTheWay(target)) return;
  throw new Failure("usage", "a service is reached over https", { hint: "http is for localhost only" });
}
