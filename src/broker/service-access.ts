import { Failure } from "../core/failure.ts";
import { parseTarget } from "../core/target.ts";
import { ADMINISTRATION } from "../core/wire/administration.ts";
import { NO_TOKEN, type NoToken } from "../core/tokens/sign-in.ts";
import type { Token } from "../core/tokens/token.ts";
import { httpClient, type Http, type HttpSettings } from "../issuers/http.ts";
import type { Issuer } from "../issuers/issuer.ts";
import type { ServiceCredential, Inspection } from "../issuers/outcomes.ts";
import type { Services } from "../issuers/registry.ts";
import type { Service } from "../issuers/service.ts";
import { readTokenText } from "../issuers/reading.ts";
import { trustingAllIn, type CertificateTrust } from "../platform/network/dispatcher.ts";
import type { Environment } from "../platform/paths.ts";
import { RequestStore } from "../platform/request-store.ts";
import type { TokenRecords } from "./token-records.ts";

/** A service with what speaks to it. */
export interface ReachedService {
  readonly service: Service;
  readonly issuer: Issuer;
  readonly http: Http;
  /** With which another process reaches it the same way. */
  readonly settings: HttpSettings;
}

/** The certificates that a person named for one request (`--cacert`): a PEM file, trusted besides the others. */
export const caFileOfRequest = new RequestStore<string>();

/** Finds the service of a token, the issuer that speaks to it, and toolkey's own login there. */
export class ServiceAccess {
  readonly #services: () => Services;
  readonly #records: TokenRecords;
  readonly #environment: Environment;
  readonly #certificates: CertificateTrust;
  readonly #clients = new Map<string | undefined, Http>();

  constructor(world: { services: () => Services; records: TokenRecords; environment: Environment; certificates: CertificateTrust }) {
    this.#services = world.services;
    this.#records = world.records;
    this.#environment = world.environment;
    this.#certificates = world.certificates;
  }

  /** The same for what nobody asked for. */
  unasked(): ServiceAccess {
    return new ServiceAccess({
      services: this.#services,
      records: this.#records.unasked(),
      environment: this.#environment,
      certificates: this.#certificates,
    });
  }

  /** Those in force now. @throws Failure as whoever knows them does, where that is not known yet */
  get services(): Services {
    return this.#services();
  }

  /**
   * Undefined for a plain host, which nobody knows how to ask. What was filed by a host whose service became known later is that
   * service's.
   */
  reach(serviceName: string): ReachedService | undefined {
    const service = this.#known(serviceName);
    if (service === undefined) return undefined;
    return { service, issuer: service.issuer, ...this.#way(service) };
  }

  /** The same where it is needed. @throws Failure `usage` */
  reached(serviceName: string): ReachedService {
    const reached = this.reach(serviceName);
    if (reached !== undefined) return reached;
    throw new Failure("usage", `tokens of ${serviceName} can't be made by program`, {
      hint: "make one there, then: toolkey add URL --tool TOOL",
    });
  }

  /** The way to what is none of the services: with none of their own certificates. */
  elsewhere(): Http {
    return this.#way({ caFile: undefined }).http;
  }

  /** What `toolkey login` keeps for a service, to ask with; undefined if there is nothing. */
  async login(serviceName: string): Promise<ServiceCredential | undefined> {
    const token = await this.loginToken(serviceName);
    return token && credentialOf(token);
  }

  /** The same as a token, the latest. */
  async loginToken(serviceName: string): Promise<Token | undefined> {
    return this.#records.read((tokens) =>
      tokens
        .all()
        .filter(({ tool, service, state }) => tool === ADMINISTRATION && service === serviceName && state === "active")
        .sort((a, b) => b.createdAt.localeCompare(a.createdAt))
        .at(0),
    );
  }

  /**
   * The service that a person means by a name or by the kind of which they are logged in at one.
   *
   * @throws Failure `usage`
   */
  async named(name: string): Promise<Service> {
    const known = this.#known(name);
    if (known !== undefined) return known;
    const logins = await this.#records.read((tokens) =>
      tokens.all().filter((token) => token.tool === ADMINISTRATION && token.state === "active" && token.service.startsWith(`${name}@`)),
    );
    const [only, ...more] = new Set(logins.map((token) => token.service));
    if (only !== undefined && more.length === 0) return this.services.existing(only);
    if (more.length > 0) {
      throw new Failure("usage", `you are logged in at several services of the kind '${name}'`, {
        hint: `name one: ${[only, ...more].join(", ")}`,
      });
    }
    return this.services.existing(name);
  }

  /** By its name, or by the host under which tokens are filed whose service is known by now. */
  #known(name: string): Service | undefined {
    const known = this.services.named(name);
    if (known !== undefined || !/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(name)) return known;
    const target = parseTarget(name);
    return this.services.at(target) ?? this.services.named(this.services.nameOf(target));
  }

  #way({ caFile }: Pick<Service, "caFile">): Pick<ReachedService, "http" | "settings"> {
    const [environment, given] = [this.#environment, caFileOfRequest.get()];
    if (given !== undefined) {
      const settings = { environment, caFile: given, certificates: trustingAllIn(given, this.#certificates) };
      // Not kept: the file may say something else the next time.
      return { http: httpClient(settings), settings };
    }
    const settings = { environment, caFile, certificates: this.#certificates };
    const http = this.#clients.get(caFile) ?? httpClient(settings);
    this.#clients.set(caFile, http);
    return { http, settings };
  }
}

/** What a service says of a token; `unknown` where there is no way to ask, or nothing left to ask with. */
export async function inspect(reached: ReachedService | undefined, credential: ServiceCredential): Promise<Inspection> {
  if (reached?.issuer.inspect === undefined || credential.secret.isEmpty) return { outcome: "unknown" };
  return reached.issuer.inspect(reached.service, credential, reached.http);
}

/** Whether the service of a token says that it is valid. False also where it can't be asked. */
export async function isValid(access: ServiceAccess, token: Token): Promise<boolean> {
  const { outcome } = await inspect(access.reach(token.service), credentialOf(token));
  return outcome === "valid" || outcome === "not-permitted";
}

/**
 * The ids of these tokens at their services, also those that tokens only claim: what a service lists under one of them is
 * not taken for a token that nobody has.
 */
export function remoteIds(tokens: readonly Token[]): ReadonlySet<string> {
  const ids = tokens.flatMap(({ facts: { tokenId }, secret }) => [tokenId, readTokenText(secret.reveal()).claimedId]);
  return new Set(ids.filter((id) => id !== undefined));
}

/** What a login is that is no token, which only a person can change; undefined for any other. */
export function noToken(token: Token, { issuer: { signIn } }: Service): NoToken | undefined {
  return token.tool !== ADMINISTRATION || signIn === undefined || signIn === "token" ? undefined : NO_TOKEN[signIn];
}

/** With what a token asks its service about itself. */
export function credentialOf(token: Token): ServiceCredential {
  const { secret, username, refreshToken } = token;
  return { secret, username, refreshToken, isLogin: token.tool === ADMINISTRATION };
}
