/** Every request, held against its phantom: refused, or passed on with the real token. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Dispatcher } from "undici";
import { instant } from "../core/clock.ts";
import { Failure } from "../core/failure.ts";
import { gatewayOrigin } from "../core/gateway/url.ts";
import { origin as originOf, type Target } from "../core/target.ts";
import { answerLook, refuse } from "./answers/answer.ts";
import { Credentials, type UpstreamToken } from "./credentials.ts";
import type { GatewayWorld } from "./gateway-world.ts";
import { Connections } from "./connections.ts";
import type { Owner } from "./phantoms/holder.ts";
import { MovedRepositories } from "./requests/moved-repositories.ts";
import { isLive, type Phantom, type Phantoms } from "./phantoms/phantoms.ts";
import { isRefusal, type Refusal } from "./answers/refusal.ts";
import { answerInner, endsInner, innerOperation } from "./inner.ts";
import { rewriting } from "./answers/rewriting.ts";
import { unknownPhantom } from "./answers/unknown-phantom.ts";
import { plainText, refusedInside, upstreamRefusal, withheld } from "./answers/upstream-refusal.ts";
import { relay, type Ending } from "./relay.ts";
import type { Relayed } from "./relayed.ts";
import { isLook } from "./requests/image-address.ts";
import { nameOf, readHead, type Demand } from "./requests/request-head.ts";
import { toolNamed } from "../protocols/tools.ts";
import { requestsOf } from "./requests/tool-requests.ts";
import { leadThrough, redirectTo } from "./answers/leading.ts";
import { passageOf, type Passage } from "./requests/routing.ts";
import { RegistryLogins } from "./registry-logins.ts";
import { Upstreams } from "./upstreams.ts";

/** What requests are held against. */
export interface GateWorld extends Omit<GatewayWorld, "paths" | "key"> {
  readonly phantoms: Phantoms;
  /** The phantom that one from disk is; undefined if nobody knows who wrote it there. @throws Failure if the vault is locked */
  readonly prove: (phantom: Phantom) => Promise<Phantom | undefined>;
}

interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly demand: Demand;
  readonly phantom: Phantom;
  /** How URLs begin that lead here: `http://127.0.0.1:PORT`, with the phantom where the client has it there. */
  readonly gateway: string;
}

/** What this very connection may have. */
interface Admitted {
  readonly passage: Passage;
  /** Whether it goes there without the token that there is. */
  readonly isWithheld: boolean;
}

export class Gate {
  readonly #world: GateWorld;
  readonly #credentials: Credentials;
  readonly #logins: RegistryLogins;
  readonly #upstreams: Upstreams;
  readonly #connections: Connections;
  readonly #moved = new MovedRepositories();
  /** Those that an upstream has accepted since they were found. */
  readonly #accepted = new WeakSet<UpstreamToken>();
  /** What was found in this turn of the event loop: requests that came together share one look at the process. */
  readonly #live = new Map<Phantom, boolean>();

  constructor(world: GateWorld) {
    this.#world = world;
    this.#credentials = new Credentials(world);
    this.#logins = new RegistryLogins(world.clock);
    this.#connections = new Connections(world.clock);
    this.#upstreams = new Upstreams(world.environment, world.certificates, world.proxies);
  }

  /** @param port on which the gateway listens */
  answer(request: IncomingMessage, response: ServerResponse, port: number): void {
    response.on("error", () => undefined);
    const head = readHead({ method: request.method ?? "", url: request.url ?? "", rawHeaders: request.rawHeaders }, port);
    if (isRefusal(head)) {
      refuse(response, head);
      return;
    }
    const phantom = head.phantom === undefined ? undefined : this.#world.phantoms.find(head.phantom);
    if (phantom === undefined) {
      // Clients with a login wait to be asked for it.
      refuse(response, unknownPhantom(request.headers["user-agent"] ?? ""), head.phantom === undefined);
      return;
    }
    const gateway = `${gatewayOrigin(port)}${head.prefix ?? ""}`;
    this.#admit({ request, response, demand: head, phantom, gateway }).catch((error: unknown) => {
      this.#world.warn(error, "gateway");
      if (response.headersSent) response.destroy();
      else
        this.#refuse(response, phantom, head, {
          status: 502,
          why: error instanceof Failure ? plainText(error.message) : "the daemon failed at this request; its log says where",
        });
    });
  }

  /** Whether a connection is kept: it comes from 127.0.0.1, and from our own user. */
  async isWelcome(socket: Socket): Promise<boolean> {
    return this.#connections.isOurs(socket);
  }

  async #admit(asked: Asked): Promise<void> {
    const { request, response, demand } = asked;
    const phantom = asked.phantom.seal === undefined ? asked.phantom : await this.#proof(asked.phantom);
    if (isRefusal(phantom)) return this.#refuse(response, asked.phantom, demand, phantom);
    if (phantom.permit.addressing === "session") return this.#answerInner(asked, phantom);
    if (phantom.permit.addressing === "images" && isLook(demand)) {
      const owner = await this.#examineOwner(request.socket, phantom);
      return isRefusal(owner) ? this.#refuse(response, phantom, demand, owner) : answerLook(response);
    }
    const admitted = await this.#examine(request.socket, this.#moved.meant(phantom, demand), phantom);
    if (isRefusal(admitted)) return this.#refuse(response, phantom, demand, admitted);
    const done = this.#world.using();
    try {
      await this.#passOn(asked, phantom, admitted);
    } finally {
      done();
    }
  }

  /** What a tool that starts inside of a session asks for itself. */
  async #answerInner({ request, response, demand }: Asked, phantom: Phantom): Promise<void> {
    const owner = await this.#examineOwner(request.socket, phantom);
    if (isRefusal(owner) && endsInner(demand)) return refuse(response, owner);
    const operation = isRefusal(owner) ? owner : innerOperation(demand, owner);
    if (isRefusal(operation)) return this.#refuse(response, phantom, demand, operation);
    const done = this.#world.using();
    await answerInner({ request, response, session: phantom, operation: operation.name }, this.#world.inner).finally(done);
  }

  async #proof(phantom: Phantom): Promise<Phantom | Refusal> {
    try {
      const hint = phantom.starter === undefined ? toolNamed(phantom.tool)?.kept?.again : "start the command again";
      return (await this.#world.prove(phantom)) ?? { status: 403, why: "nothing shows that toolkey itself kept this phantom", hint };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return { status: 403, why: plainText(error.message), hint: error.hints[0] && plainText(error.hints[0]) };
    }
  }

  async #passOn({ request, response, demand, gateway }: Asked, phantom: Phantom, { passage, isWithheld }: Admitted): Promise<void> {
    const { socket } = request;
    const { tool, permit } = phantom;
    const found = passage.place === undefined ? undefined : await this.#credentials.of(tool, passage.place, passage);
    if (found !== undefined && "why" in found)
      return this.#refuse(response, phantom, demand, { status: 403, why: plainText(found.why), hint: found.hint && plainText(found.hint) });
    const { proxy, dispatcher } = this.#upstreams.to(passage.origin, permit.upstream, passage.upstream, found?.caFile);
    if (found !== undefined && proxy !== undefined && passage.origin.startsWith("http:"))
      return this.#refuse(response, phantom, demand, {
        status: 403,
        why: `${passage.origin} is asked without TLS, so the proxy ${proxy} would read the token`,
        hint: `no_proxy=${new URL(passage.origin).hostname}, if it is near; else its https URL`,
      });
    const ready = await dispatcher;
    const reach = (origin: string): Promise<Dispatcher> =>
      this.#upstreams.to(origin, permit.upstream, passage.upstream, found?.caFile).dispatcher;
    const isImage = permit.addressing === "images" && found !== undefined;
    const credential = isImage ? await this.#logins.present(found, { ...passage, method: demand.method }, reach) : found;
    if (socket.destroyed) return;
    if (credential !== undefined && isRefusal(credential))
      return this.#refuseToken({ response, phantom, demand }, credential, { found, place: passage.place });
    if (request.headers.expect !== undefined) response.writeContinue();
    const host = passage.origin.slice(passage.origin.indexOf("://") + 3);
    const use = { phantom: this.#world.phantoms.runOf(phantom), by: this.#connections.askedBy(socket, phantom), host, token: found?.token };
    const carried = { received: 0, sent: 0 };
    const way = { permit, gateway, besidePlace: passage.besidePlace, place: passage.place };
    const lead = (url: URL): string | undefined => leadThrough(url, way);
    this.#world.events.append({ kind: "passed", ...use });
    const relayed: Relayed = {
      request, response, passage, proxy,
      dispatcher: ready,
      credential,
      carried,
      reason: (status) => {
        if (status < 300 && !isWithheld) this.#moved.stays(phantom, demand);
        if (status < 400 && found !== undefined && passage.place !== undefined) this.#accept(tool, found, passage.place);
        return isWithheld
          ? withheld(status, passage.origin)
          : upstreamRefusal(status, { tool, origin: passage.origin, credential: found });
      },
      redirect: (url) => {
        const leads = redirectTo(url, { ...way, from: new URL(passage.origin).origin });
        if (!isWithheld && leads?.startsWith(`${gateway}/`) === true) this.#moved.note(phantom, demand, new URL(leads));
        return leads;
      },
      lead,
      rewrite: rewriting(passage, (await requestsOf(tool))?.links, way),
    };
    let end: Ending;
    try {
      end = await relay(relayed);
    } finally {
      this.#world.events.append({ kind: "carried", ...use, ...carried });
    }
    if (end === "held-back") this.#tellRefusal(phantom, "the answer repeated the token, and was cut off", demand, socket);
    else if (typeof end === "object") {
      if (end.isUntrusted === true) this.#upstreams.forget();
      // What a registry has made of the token for one repository is refused there: the token itself is good.
      const isExchanged = credential !== found;
      if (isImage && end.status === 401) this.#logins.doubt(passage.origin);
      await this.#refuseToken({ response, phantom, demand }, isExchanged && end.status === 401 ? { ...end, status: 403 } : end, {
        found,
        place: passage.place,
      });
    }
  }

  async #refuseToken(
    { response, phantom, demand }: Pick<Asked, "response" | "phantom" | "demand">,
    end: Refusal,
    { found, place }: { readonly found: UpstreamToken | undefined; readonly place: Target | undefined },
  ): Promise<void> {
    if (end.status !== 401) return this.#refuse(response, phantom, demand, end);
    if (found === undefined || place === undefined) return refuse(response, end);
    // Inside of a session anything may ask for what nobody has access to: that says nothing of the token.
    const { why, hint } =
      phantom.session === undefined
        ? await this.#world.verdicts.refused(phantom.tool, found, place)
        : refusedInside(originOf(place), phantom.tool, found);
    refuse(response, { ...end, why: plainText(why), hint: hint && plainText(hint) });
  }

  #accept(tool: string, credential: UpstreamToken, place: Target): void {
    if (this.#accepted.has(credential)) return;
    this.#accepted.add(credential);
    this.#world.verdicts.accepted(tool, credential, place);
  }

  async #examineOwner(socket: Socket, phantom: Phantom): Promise<Owner | Refusal> {
    if (!this.#isLive(phantom)) {
      return {
        status: 403,
        why: "the phantom is not valid any more: its command is over, it expired, or it was revoked",
        hint: phantom.starter === undefined ? toolNamed(phantom.tool)?.kept?.again : undefined,
      };
    }
    const owner = await this.#connections.ownerOf(socket, phantom);
    return owner.is === "stranger" ? { status: 403, why: "the connection is not of the user that the phantom belongs to" } : owner;
  }

  async #examine(socket: Socket, demand: Demand, phantom: Phantom): Promise<Admitted | Refusal> {
    const owner = await this.#examineOwner(socket, phantom);
    if (isRefusal(owner)) return owner;
    const { tool, permit } = phantom;
    const passage = passageOf(demand, { tool, permit, requests: await requestsOf(tool) }, this.#world.serviceUrl);
    if (isRefusal(passage)) return passage;
    if (owner.is === "holder" || (passage.place === undefined && !passage.changes)) return { passage, isWithheld: false };
    // Most repositories of a host with a token are everybody's; the host says which.
    if (tool === "git" && !passage.changes) return { passage: { ...passage, place: undefined }, isWithheld: true };
    return {
      status: 403,
      why: "the phantom belongs to another process, and does not work for this one",
      hint: "toolkey run --direct, if what it starts is to have the token",
    };
  }

  #isLive(phantom: Phantom): boolean {
    if (this.#live.size === 0) setImmediate(() => this.#live.clear());
    const live = this.#live.get(phantom) ?? isLive(phantom, instant(this.#world.clock.now()));
    this.#live.set(phantom, live);
    return live;
  }

  #refuse(response: ServerResponse, phantom: Phantom, demand: Demand, refusal: Refusal): void {
    this.#tellRefusal(phantom, refusal.why, demand, response.socket);
    refuse(response, refusal);
  }

  #tellRefusal(phantom: Phantom, why: string, demand: Demand, socket: Socket | null): void {
    const by = socket === null ? undefined : this.#connections.askedBy(socket, phantom);
    this.#world.events.append({ kind: "refused", phantom: this.#world.phantoms.runOf(phantom), why, what: nameOf(demand), by });
  }

  /** Ends the connections on which a phantom was used. */
  disconnect(phantom: Phantom): void {
    this.#connections.disconnect(phantom);
  }

  /** Drops all secrets. */
  forget(): void {
    this.#credentials.forget();
    this.#logins.forget();
  }
}
