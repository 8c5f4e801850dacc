/** The daemon's gateway: there once somebody needs it, with the tokens of the vault behind it. */
import { existsSync } from "node:fs";
import type { Session } from "../../broker/session.ts";
import type { Events } from "../../core/event.ts";
import { Failure } from "../../core/failure.ts";
import { covers, formatTarget, origin, type Target } from "../../core/target.ts";
import type { FindCredential, Verdicts } from "../../gateway/credentials.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import type { CertificateTrust } from "../../platform/network/dispatcher.ts";
import type { Proxies } from "../../platform/network/proxies.ts";
import type { Environment, Paths } from "../../platform/paths.ts";
import { authorization } from "../../protocols/authorization.ts";
import { grantFor, type GrantWorld } from "./grants.ts";
import { errorFields, type Logger } from "../log.ts";
import { noteOn } from "./refusal-notes.ts";
import type { TokenLife } from "../token-life.ts";

/** What the gateway is made of. */
export interface GatewayGround extends GrantWorld {
  readonly paths: Paths;
  readonly environment: Environment;
  readonly certificates: CertificateTrust;
  readonly proxies: () => Proxies;
  readonly events: Events;
  readonly log: Logger;
  /** Keeps the vault from closing for lack of use until the returned function is called. */
  readonly using: () => () => void;
  readonly afterRefusal: TokenLife["afterRefusal"];
  readonly session: Session;
}

export class GatewayAccess {
  readonly #ground: GatewayGround;
  #opening: Promise<Gateway> | undefined;
  #gateway: Gateway | undefined;

  constructor(ground: GatewayGround) {
    this.#ground = ground;
  }

  /**
   * Takes up the phantoms that an earlier daemon left, if it left any. What goes wrong is for who needs the gateway to see.
   *
   * @returns undefined if nobody has needed it
   */
  async takeUp(): Promise<Gateway | undefined> {
    if (this.#opening === undefined && !existsSync(this.#ground.paths.gatewayFile)) return undefined;
    return this.open().catch((error: unknown) => {
      this.#ground.log.warn(errorFields(error), "no gateway");
      return undefined;
    });
  }

  /** @throws Failure if what is kept of it can't be read */
  async open(): Promise<Gateway> {
    this.#opening ??= this.#make().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  /** Undefined if nobody has needed it. */
  ifOpen(): Gateway | undefined {
    return this.#gateway;
  }

  async #make(): Promise<Gateway> {
    const { paths, clock, events, environment, certificates, proxies, log, access, using } = this.#ground;
    const { Gateway: GatewayOfDaemon } = await import("../../gateway/gateway.ts");
    const { answerInner } = await import("./inner.ts");
    const made: Gateway = await GatewayOfDaemon.open({
      paths, clock, events, environment, certificates, proxies, using,
      find: findCredential(this.#ground),
      verdicts: verdictsOf(this.#ground),
      key: () => this.#ground.session.deriveKey("gateway.json"),
      serviceUrl: (name) => access.services.named(name)?.url,
      inner: (phantom, operation, body) => answerInner(this.#ground, made, phantom, { operation, body }),
      warn: (error, what) => log.warn(errorFields(error), what),
    });
    this.#gateway = made;
    return made;
  }
}

function findCredential(ground: GrantWorld): FindCredential {
  return async (tool, place, { username, aim }) => {
    try {
      const { grant, notes, hints } = await grantFor(ground, tool, { target: place, username, aim });
      if (grant === undefined) {
        return {
          why: notes[0] ?? `there is no ${tool} token ${username === undefined ? "" : `of ${username} `}for ${formatTarget(place)}`,
          hint: hints[0] ?? `toolkey add ${whatToAdd(ground, tool, place)} --tool ${tool}`,
        };
      }
      const { token } = grant;
      return {
        token: token.id,
        secret: token.secret,
        authorization: authorization(grant),
        caFile: ground.access.services.named(token.service)?.caFile,
      };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return { why: error.message, hint: error.hints[0] };
    }
  };
}

/** What upstreams say of a token counts as what git says. */
function verdictsOf({ broker, afterRefusal, log }: GatewayGround): Verdicts {
  return {
    accepted(_tool, credential, place) {
      broker.worked(credential.token, place).catch((error: unknown) => log.warn(errorFields(error), "not noted that a token was accepted"));
    },
    async refused(tool, credential, place) {
      try {
        const judged = await broker.refuse({ tool, target: place, secret: credential.secret });
        afterRefusal(judged.map((each) => ({ ...each, place })));
        const [told] = judged.map((each) => noteOn(each, place));
        if (told !== undefined) return { why: told.note, hint: told.hints[0] };
      } catch (error) {
        log.warn(errorFields(error), "a refused token is left as it is");
      }
      // It was judged already, has another secret by now, or the vault was locked meanwhile.
      return { why: `${place.host} refused the ${tool} token ${credential.token}`, hint: `toolkey show ${credential.token}` };
    },
  };
}

/** By its name, a service; else a repository, or the host of which a script asked for one page. */
function whatToAdd({ access: { services } }: GrantWorld, tool: string, place: Target): string {
  const service = services.at(place);
  if (service?.tools[tool]?.targets.some((target) => covers(target, place)) === true) return service.name;
  return tool === "http" ? origin(place) : formatTarget(place);
}
