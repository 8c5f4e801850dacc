/** The gateway: phantoms are issued and ended here, and every request is held against them. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { instant, type Clock } from "../core/clock.ts";
import { Failure, systemErrorCode } from "../core/failure.ts";
import type { GatewayView, PhantomView, RunView } from "../core/gateway-views.ts";
import { gatewayOrigin } from "../core/gateway-url.ts";
import type { Permit } from "../core/permit.ts";
import type { Secret } from "../core/secret.ts";
import { formatTarget } from "../core/target.ts";
import type { Environment, Paths } from "../platform/paths.ts";
import type { ProcessIdentity } from "../platform/process-tree.ts";
import { rewriteTarballs } from "../protocols/npm/tarballs.ts";
import { refuse } from "./answer.ts";
import { Credentials, type Credential, type FindCredential } from "./credentials.ts";
import { drawPort, readGatewayFile, writeGatewayFile } from "./gateway-file.ts";
import { standingOf, type Standing } from "./holder.ts";
import { Journal } from "./journal.ts";
import { hashOf, isLive, newPhantomId, Phantoms, type Phantom } from "./phantoms.ts";
import { isRefusal, type Refusal } from "./refusal.ts";
import { relay } from "./relay.ts";
import { readHead, type Demand } from "./request-head.ts";
import { passageOf, redirectThrough, type Passage, type ServiceUrl } from "./routing.ts";
import { listenOnLoopback, type GatewayServer } from "./server.ts";
import { Upstreams } from "./upstreams.ts";

/** No command runs longer, in milliseconds. */
const COMMAND_LIFE_MS = 24 * 3_600_000;
/** One that is on disk. */
const KEPT_LIFE_MS = 180 * 24 * 3_600_000;
/** How often it is seen that commands have ended, in milliseconds. */
const SWEEP_MS = 30_000;
/** How often a port is drawn: one that is free now may be taken when it is used. */
const DRAWS = 20;

/** What the gateway acts on. */
export interface GatewayWorld {
  readonly paths: Paths;
  readonly clock: Clock;
  readonly environment: Environment;
  readonly find: FindCredential;
  readonly serviceUrl: ServiceUrl;
  /** What went wrong where nobody can be told. */
  readonly warn: (error: unknown, what: string) => void;
}

/** What a phantom is issued for. */
export interface Issued {
  readonly tool: string;
  readonly purpose: string;
  readonly permit: Permit;
  /** Undefined for one that may be on disk. */
  readonly starter: ProcessIdentity | undefined;
}

export class Gateway {
  readonly #world: GatewayWorld;
  readonly #phantoms: Phantoms;
  readonly #journal: Journal;
  readonly #credentials: Credentials;
  readonly #upstreams: Upstreams;
  /** Of each connection: whose it is, by phantom. */
  readonly #standings = new WeakMap<Socket, Map<string, Standing>>();
  readonly #sockets = new Map<string, Set<Socket>>();
  /** Who waits for the end of a phantom. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #port: number | undefined;
  #server: Promise<GatewayServer> | undefined;
  #writing: Promise<void> = Promise.resolve();
  #sweeping: NodeJS.Timeout | undefined;

  private constructor(world: GatewayWorld, port: number | undefined, phantoms: readonly Phantom[]) {
    this.#world = world;
    this.#port = port;
    this.#phantoms = new Phantoms(phantoms);
    this.#journal = new Journal(world);
    this.#credentials = new Credentials(world);
    this.#upstreams = new Upstreams(world.environment);
  }

  /** Takes up what an earlier daemon left, and listens if a phantom of its lives. */
  static async open(world: GatewayWorld): Promise<Gateway> {
    const kept = await readGatewayFile(world.paths);
    const gateway = new Gateway(world, kept?.port, kept?.phantoms ?? []);
    if (gateway.#live().length > 0) await gateway.listen().catch((error: unknown) => world.warn(error, "the gateway does not listen"));
    return gateway;
  }

  /** @returns `http://127.0.0.1:PORT`. @throws Failure `unavailable` if the port is taken */
  async listen(): Promise<string> {
    this.#server ??= this.#bind().catch((error: unknown) => {
      this.#server = undefined;
      throw error;
    });
    return gatewayOrigin((await this.#server).port);
  }

  /** Makes a phantom good. @returns its id. @throws what the file system throws, and then it is not */
  async issue(phantom: Secret, { tool, purpose, permit, starter }: Issued): Promise<string> {
    const now = this.#world.clock.now();
    const issued: Phantom = {
      id: newPhantomId(),
      hash: hashOf(phantom),
      tool, purpose, permit, starter,
      issuedAt: instant(now),
      expiresAt: instant(now + (permit.holder === "maven" ? KEPT_LIFE_MS : COMMAND_LIFE_MS)),
    };
    this.#phantoms.add(issued);
    await this.#save();
    this.#sweeping ??= setInterval(() => void this.#sweep(), SWEEP_MS).unref();
    return issued.id;
  }

  /** Waits for the end of a phantom. */
  async attend(id: string): Promise<"revoked" | "unknown"> {
    if (!this.#live().some((phantom) => phantom.id === id)) return "unknown";
    return new Promise((resolve) => {
      this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), () => resolve("revoked")]);
    });
  }

  /** Ends phantoms and their connections. @returns those that were live */
  async end(ids: readonly string[]): Promise<PhantomView[]> {
    const live = this.#live();
    const ended = this.#phantoms.all().filter(({ id }) => ids.includes(id));
    for (const phantom of ended) {
      this.#phantoms.remove(phantom);
      for (const socket of this.#sockets.get(phantom.id) ?? []) socket.destroy();
      this.#sockets.delete(phantom.id);
      for (const tell of this.#waiting.get(phantom.id) ?? []) tell();
      this.#waiting.delete(phantom.id);
      await this.#journal.end(phantom);
    }
    if (ended.length > 0) await this.#save();
    return ended.filter((phantom) => live.includes(phantom)).map(viewPhantom);
  }

  async endAll(): Promise<PhantomView[]> {
    return this.end(this.#phantoms.all().map(({ id }) => id));
  }

  async view(): Promise<GatewayView> {
    await this.#sweep();
    const server = await this.#server?.catch(() => undefined);
    return { url: server === undefined ? undefined : gatewayOrigin(server.port), phantoms: this.#live().map(viewPhantom) };
  }

  async runs(count: number): Promise<RunView[]> {
    await this.#sweep();
    return this.#journal.latest(count);
  }

  /** Whether one of these processes started a command that holds a phantom of its own. */
  startedByOneOf(pids: readonly number[]): Phantom | undefined {
    return this.#live().find(({ starter }) => starter !== undefined && pids.includes(starter.pid));
  }

  /** Drops all secrets: the vault was closed. */
  forget(): void {
    this.#credentials.forget();
  }

  /** Stops listening. Phantoms stay good for the next daemon. */
  async close(): Promise<void> {
    clearInterval(this.#sweeping);
    const server = await this.#server?.catch(() => undefined);
    await server?.close();
    for (const phantom of this.#phantoms.all()) await this.#journal.end(phantom).catch((error: unknown) => this.#world.warn(error, "journal"));
    await this.#writing.catch(() => undefined);
  }

  async #bind(): Promise<GatewayServer> {
    const fixed = this.#port;
    for (let draw = 1; ; draw += 1) {
      const port = fixed ?? drawPort();
      try {
        const server = await listenOnLoopback(port, (request, response) => this.#serve(request, response));
        this.#port = port;
        if (fixed === undefined) await this.#save();
        return server;
      } catch (error) {
        const code = systemErrorCode(error);
        if (code === "EADDRINUSE" && fixed === undefined && draw < DRAWS) continue;
        throw new Failure("unavailable", `the gateway can't listen on port ${port}: ${code === "EADDRINUSE" ? "another program does" : (code ?? "unknown error")}`, {
          hint: `end that program, or choose another port in ${this.#world.paths.gatewayFile}; 'toolkey run --direct' does without`,
          cause: error,
        });
      }
    }
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    response.on("error", () => undefined);
    const head = readHead({ method: request.method ?? "", url: request.url ?? "", rawHeaders: request.rawHeaders }, this.#port ?? 0);
    if (isRefusal(head)) {
      refuse(response, head);
      return;
    }
    const phantom = head.phantom === undefined ? undefined : this.#phantoms.find(head.phantom);
    if (phantom === undefined) {
      // Clients with a login wait to be asked for it.
      refuse(response, { status: 401, why: "there is no such phantom; commands get one by 'toolkey run'" }, head.phantom === undefined);
      return;
    }
    this.#answer({ request, response, socket, demand: head, phantom }).catch((error: unknown) => {
      this.#world.warn(error, "gateway");
      if (response.headersSent) response.destroy();
      else this.#refuse(response, phantom, head, { status: 502, why: "the daemon failed at this request; its log says where" });
    });
  }

  async #answer(asked: { request: IncomingMessage; response: ServerResponse; socket: Socket; demand: Demand; phantom: Phantom }): Promise<void> {
    const { request, response, socket, demand, phantom } = asked;
    const passage = this.#examine(socket, demand, phantom);
    if (isRefusal(passage)) return this.#refuse(response, phantom, demand, passage);
    const { tool } = phantom;
    const found = passage.place === undefined ? undefined : await this.#credentials.of(tool, passage.place);
    if (found !== undefined && "why" in found) return this.#refuse(response, phantom, demand, { status: 403, why: plainText(found.why), hint: found.hint && plainText(found.hint) });
    const dispatcher = await this.#upstreams.to(phantom.permit.upstream, found?.caFile);
    if (socket.destroyed) return;
    if (request.headers.expect !== undefined) response.writeContinue();
    const gateway = gatewayOrigin(this.#port ?? 0);
    const end = await relay({
      request, response, passage, dispatcher,
      credential: found,
      counted: this.#journal.passed(phantom, new URL(passage.origin).host, found?.token),
      reason: (status) => upstreamRefusal(status, { tool, origin: passage.origin, credential: found }),
      redirect: (location) => redirectThrough(location, phantom.permit, gateway),
      rewrite: passage.rewritesTarballs ? (text) => rewriteTarballs(text, (url) => redirectThrough(url, phantom.permit, gateway)) : undefined,
    });
    if (end === "held-back") this.#journal.refused(phantom, "the answer repeated the token, and was cut off", what(demand));
    else if (typeof end === "object") {
      if (end.status !== 401) this.#refuse(response, phantom, demand, end);
      else refuse(response, end);
    }
  }

  #examine(socket: Socket, demand: Demand, phantom: Phantom): Passage | Refusal {
    if (!isLive(phantom, instant(this.#world.clock.now()))) {
      return { status: 403, why: "the phantom has ended, with the command or the time that it was for", hint: phantom.starter === undefined ? "toolkey setup maven --gateway" : undefined };
    }
    const standing = this.#standing(socket, phantom);
    if (standing === "stranger") return { status: 403, why: "the connection is not of the user that the phantom belongs to" };
    const passage = passageOf(demand, phantom, this.#world.serviceUrl);
    if (isRefusal(passage) || standing === "holder" || (passage.place === undefined && (demand.method === "GET" || demand.method === "HEAD"))) return passage;
    return { status: 403, why: "the phantom belongs to another process, and is of no use to this one", hint: "toolkey run for each command, or toolkey run --direct" };
  }

  #standing(socket: Socket, phantom: Phantom): Standing {
    const known = this.#standings.get(socket) ?? new Map<string, Standing>();
    this.#standings.set(socket, known);
    const standing = known.get(phantom.id) ?? standingOf(socket, phantom);
    known.set(phantom.id, standing);
    const sockets = this.#sockets.get(phantom.id) ?? new Set();
    if (!sockets.has(socket)) {
      this.#sockets.set(phantom.id, sockets.add(socket));
      socket.once("close", () => sockets.delete(socket));
    }
    return standing;
  }

  #refuse(response: ServerResponse, phantom: Phantom, demand: Demand, refusal: Refusal): void {
    this.#journal.refused(phantom, refusal.why, what(demand));
    refuse(response, refusal);
  }

  #live(): Phantom[] {
    const now = instant(this.#world.clock.now());
    return this.#phantoms.all().filter((phantom) => isLive(phantom, now));
  }

  async #sweep(): Promise<void> {
    const live = new Set(this.#live());
    const over = this.#phantoms.all().filter((phantom) => !live.has(phantom));
    await this.end(over.map(({ id }) => id)).catch((error: unknown) => this.#world.warn(error, "ended phantoms"));
  }

  /** One write at a time, the last with all that was changed. */
  #save(): Promise<void> {
    const write = async (): Promise<void> => {
      if (this.#port !== undefined) await writeGatewayFile(this.#world.paths, { port: this.#port, phantoms: this.#phantoms.all() });
    };
    this.#writing = this.#writing.then(write, write);
    return this.#writing;
  }
}

/** What the client reads where the upstream refuses. */
function upstreamRefusal(status: number, { tool, origin, credential }: { tool: string; origin: string; credential: Credential | undefined }): Refusal | undefined {
  if (status !== 401 && status !== 403) return undefined;
  const { host } = new URL(origin);
  if (credential === undefined) return status === 403 ? undefined : { status, why: `${host} wants a token, and there is none of ${tool} for it`, hint: `toolkey add ${origin} --tool ${tool}` };
  return { status, why: `${host} refused the ${tool} token ${credential.token}`, hint: `toolkey check ${credential.token}` };
}

function viewPhantom({ id, tool, purpose, starter, permit, issuedAt, expiresAt }: Phantom): PhantomView {
  return {
    id, tool, purpose, issuedAt, expiresAt,
    pid: starter?.pid,
    places: permit.routes.filter(({ isAuthorized }) => isAuthorized).map(({ target }) => formatTarget(target)),
    publishes: permit.publishes || permit.routes.some(({ publishes }) => publishes),
  };
}

function what({ method, path }: Demand): string {
  return `${method} ${path.slice(0, 300)}`;
}

function plainText(text: string): string {
  return text.replaceAll(/[^ -~]/g, " ");
}
