/** The gateway: listens while it is needed; phantoms are issued and ended here. */
import type { Caller } from "../core/caller.ts";
import { instant } from "../core/clock.ts";
import { Failure, systemErrorCode } from "../core/failure.ts";
import type { GatewayView, PhantomEnd, PhantomView, RunView } from "../core/gateway/views.ts";
import { gatewayOrigin } from "../core/gateway/url.ts";
import { KEPT, type Permit } from "../core/gateway/permit.ts";
import type { Secret } from "../core/secret.ts";
import { CAN_TELL_OWNERS } from "../platform/processes/connection-owner.ts";
import { isRunning } from "../platform/processes/process-tree.ts";
import { Gate } from "./gate.ts";
import { drawPort, isOurs, readGatewayFile, writeGatewayFile } from "./phantoms/gateway-file.ts";
import { runsToolOf } from "./phantoms/holder.ts";
import { Journal } from "./journal.ts";
import type { GatewayWorld, Issued } from "./gateway-world.ts";
import { asKept, isLive, mayRun, newPhantom, newPhantomId, Phantoms, viewPhantom, type Phantom } from "./phantoms/phantoms.ts";
import { listenOnLoopback, type GatewayServer } from "./server.ts";

/** How often it is seen that commands have ended, in milliseconds. */
const SWEEP_MS = 30_000;
/** How often a port is drawn: one that is free now may be taken when it is used. */
const DRAWS = 20;

/** The tool of commands that need none, but are sealed. */
const SEALED = "toolkey";
const NOTHING: Permit = { addressing: "url", holder: "command", routes: [], publishes: false, upstream: { caFiles: [] } };

export class Gateway {
  readonly #world: GatewayWorld;
  readonly #phantoms: Phantoms;
  readonly #journal: Journal;
  readonly #gate: Gate;
  /** Who waits for the end of a phantom. */
  readonly #waiting = new Map<string, ((end: PhantomEnd) => void)[]>();
  #port: number | undefined;
  /** The last that the vault had when it was open. */
  #key: Buffer | undefined;
  #server: Promise<GatewayServer> | undefined;
  #writing: Promise<void> = Promise.resolve();
  /** The write that has not begun. */
  #waitingWrite: Promise<void> | undefined;
  #sweeping: NodeJS.Timeout | undefined;

  private constructor(world: GatewayWorld, port: number | undefined, phantoms: readonly Phantom[]) {
    this.#world = world;
    this.#port = port;
    this.#phantoms = new Phantoms(phantoms);
    this.#journal = new Journal({ ...world, onFailure: (error) => world.warn(error, "journal") });
    world.events.show((event) => this.#journal.take(event));
    this.#gate = new Gate({ ...world, phantoms: this.#phantoms, prove: (phantom) => this.#prove(phantom) });
  }

  /** Takes up what an earlier daemon left, and listens if a phantom of its is still valid. */
  static async open(world: GatewayWorld): Promise<Gateway> {
    const kept = await readGatewayFile(world.paths);
    const gateway = new Gateway(world, kept?.port, kept?.phantoms ?? []);
    if (gateway.#live().length > 0) await gateway.listen().catch((error: unknown) => world.warn(error, "the gateway does not listen"));
    return gateway;
  }

  /** @returns `http://127.0.0.1:PORT`. @throws Failure `unavailable` if the port is taken, and what the file system throws */
  async listen(): Promise<string> {
    this.#server ??= this.#bind().catch((error: unknown) => {
      this.#server = undefined;
      throw error;
    });
    return gatewayOrigin((await this.#server).port);
  }

  /** Makes a phantom good. @returns its id. @throws Failure `unavailable`, and then it is not */
  async issue(phantom: Secret, issued: Issued): Promise<string> {
    const id = newPhantomId();
    await this.issueAll([{ ...issued, phantom, id }]);
    return id;
  }

  /** Makes phantoms good, all or none. @throws Failure `unavailable`; `bad-request` if there is one of them already */
  async issueAll(asked: readonly (Issued & { readonly phantom: Secret; readonly id: string })[]): Promise<void> {
    const now = this.#world.clock.now();
    await this.#takeKey();
    const issued = asked.map(({ phantom, ...of }) => asKept(phantom, of, now));
    // Inside of a session it is the client that says what it is.
    if (issued.some(({ hash }) => this.#phantoms.has(hash))) throw new Failure("bad-request", "there is such a phantom already");
    for (const each of issued) this.#phantoms.add(each);
    try {
      await this.#save();
    } catch (error) {
      for (const each of issued) this.#phantoms.remove(each);
      throw error;
    }
    this.#sweeping ??= setInterval(() => void this.sweep(), SWEEP_MS).unref();
  }

  /** The live phantoms of tools inside of a session, the oldest first. */
  inside(session: Phantom): PhantomView[] {
    return this.#live((phantom) => phantom.session === session.id).map(viewPhantom);
  }

  /** Makes a command known with a phantom that is good for nothing. @returns its id. @throws as `issue` */
  async seal(purpose: string, { process: starter }: Caller): Promise<string> {
    return this.issue(newPhantom(), { tool: SEALED, purpose, permit: NOTHING, starter });
  }

  /** Waits for the end of a phantom. Meanwhile the vault doesn't close for lack of use, if there are tokens to use. */
  async attend(id: string): Promise<PhantomEnd> {
    const [found] = this.#live((phantom) => phantom.id === id);
    if (found === undefined) return "unknown";
    // An agent may think for long, and a build compile; the absolute time of the vault holds.
    const done = found.tool === SEALED ? () => undefined : this.#world.using();
    return new Promise<PhantomEnd>((resolve) => {
      this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), resolve]);
    }).finally(done);
  }

  /** Tells those who wait that the vault will close soon. */
  vaultCloses(): void {
    for (const tell of [...this.#waiting.values()].flat()) tell("vault-closes");
    this.#waiting.clear();
  }

  /** Ends phantoms, all if none are named, and their connections. @returns those that were live */
  async end(ids?: readonly string[]): Promise<PhantomView[]> {
    const isNamed = ({ id, session = id }: Phantom): boolean => ids === undefined || ids.includes(id) || ids.includes(session);
    // Their command may be over when that is told.
    const named = this.#phantoms.all().filter((phantom) => !phantom.isEnded && isNamed(phantom));
    const live = this.#live((phantom) => phantom.session === undefined && named.includes(phantom));
    await this.#part(named);
    return live.map(viewPhantom);
  }

  /** The same at once, for who doesn't wait until it is written down: a daemon that is killed before knows whose commands are over. */
  endUnwaited(ids: readonly string[]): void {
    this.end(ids).catch((error: unknown) => this.#world.warn(error, "ended phantoms"));
  }

  /** Ends those that are in settings which stay, but for one of them if it is named. */
  async endKept(except: string | undefined): Promise<void> {
    const kept = this.#phantoms.all().filter(({ permit, id }) => permit.holder === KEPT && id !== except);
    await this.end(kept.map(({ id }) => id));
  }

  async view(): Promise<GatewayView> {
    await this.sweep();
    const server = await this.#server?.catch(() => undefined);
    return { url: server === undefined ? undefined : gatewayOrigin(server.port), phantoms: this.#live().map(viewPhantom) };
  }

  async runs(count: number): Promise<RunView[]> {
    await this.sweep();
    return this.#journal.latest(count);
  }

  /** The phantom of the command within which a caller runs: of a `toolkey run`, or of a tool whose settings hold one. */
  around({ process, lineage: { ancestors, complete } }: Caller): Phantom | undefined {
    const above = ancestors.map(({ pid }) => pid);
    const line = process === undefined ? above : [process.pid, ...above];
    const now = instant(this.#world.clock.now());
    // Who has ended before it was looked at left its connection to somebody else, and that may be anyone; the same goes for a parent.
    const isUnknown = CAN_TELL_OWNERS && !complete;
    return this.#phantoms.all().find((phantom) => {
      const { starter, permit: { holder } } = phantom;
      if (starter === undefined) return holder === KEPT && isLive(phantom, now) && line.some((pid) => runsToolOf(phantom, pid));
      // Also of one that has ended: else a script would only have to end it.
      return (isUnknown || above.includes(starter.pid)) && isRunning(starter);
    });
  }

  /** A phantom of a command that may run, whoever asks. */
  anyCommand(): Phantom | undefined {
    return this.#phantoms.all().find(({ permit: { holder } }) => holder !== KEPT);
  }

  /** The vault has another key: what is kept is sealed with it. @throws what the file system throws */
  async sealAnew(): Promise<void> {
    await this.#takeKey();
    await this.#save();
  }

  /** Drops all secrets: the vault was closed. */
  forget(): void {
    this.#gate.forget();
  }

  /** Stops listening. Phantoms stay good for the next daemon. */
  async close(): Promise<void> {
    clearInterval(this.#sweeping);
    const server = await this.#server?.catch(() => undefined);
    await server?.close();
    await this.#tellEnd(this.#phantoms.all());
    await this.#writing.catch(() => undefined);
    for (const tell of [...this.#waiting.values()].flat()) tell("daemon-ends");
  }

  async #bind(): Promise<GatewayServer> {
    const fixed = this.#port;
    for (let draw = 1; ; draw += 1) {
      const port = fixed ?? drawPort();
      let server: GatewayServer;
      try {
        server = await listenOnLoopback(port, {
          answer: (request, response) => this.#gate.answer(request, response, port),
          isWelcome: (socket) => this.#gate.isWelcome(socket),
        });
      } catch (error) {
        const code = systemErrorCode(error);
        if (code === "EADDRINUSE" && fixed === undefined && draw < DRAWS) continue;
        throw new Failure(
          "unavailable",
          `the gateway can't listen on port ${port}: ${code === "EADDRINUSE" ? "another program does" : (code ?? "unknown error")}`,
          {
            hint: `end that program, or choose another port in ${this.#world.paths.gatewayFile}; 'toolkey run --direct' does without`,
            cause: error,
          },
        );
      }
      this.#port = port;
      try {
        if (fixed === undefined) await this.#save();
      } catch (error) {
        this.#port = undefined;
        await server.close();
        throw error;
      }
      return server;
    }
  }

  /**
   * The same phantom, which permits something now; undefined if nobody with the key of the vault wrote it. @throws Failure if the vault is
   * locked
   */
  async #prove(phantom: Phantom): Promise<Phantom | undefined> {
    const key = await this.#world.key();
    if (!isOurs(phantom, key)) return undefined;
    this.#key = key;
    const { seal: _seal, ...proven } = phantom;
    this.#phantoms.add(proven);
    return proven;
  }

  /** If it can't be had, what is written has no seal. */
  async #takeKey(): Promise<void> {
    this.#key = await this.#world.key().catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
      return this.#key;
    });
  }

  /** @param which of all: whether one is live is asked of the system */
  #live(which: (phantom: Phantom) => boolean = () => true): Phantom[] {
    const now = instant(this.#world.clock.now());
    return this.#phantoms.all().filter((phantom) => which(phantom) && isLive(phantom, now));
  }

  /** Ends those whose command is over. */
  async sweep(): Promise<void> {
    const live = new Set(this.#live());
    const over = this.#phantoms.all().filter((phantom) => !live.has(phantom) && !(phantom.isEnded && mayRun(phantom)));
    await this.#part(over).catch((error: unknown) => this.#world.warn(error, "ended phantoms"));
  }

  /** What is kept for people comes last: whatever goes wrong with it, the phantoms have ended for good. */
  async #part(phantoms: readonly Phantom[]): Promise<void> {
    for (const phantom of phantoms) {
      // What is inside of a session is known by that of the session itself.
      if (phantom.session === undefined && mayRun(phantom)) this.#phantoms.add({ ...phantom, isEnded: true });
      else this.#phantoms.remove(phantom);
      this.#gate.disconnect(phantom);
      for (const tell of this.#waiting.get(phantom.id) ?? []) tell("revoked");
      this.#waiting.delete(phantom.id);
    }
    if (phantoms.length > 0) await this.#save();
    await this.#tellEnd(phantoms);
  }

  async #tellEnd(phantoms: readonly Phantom[]): Promise<void> {
    for (const phantom of phantoms) this.#world.events.append({ kind: "ended", phantom });
    await this.#journal.written();
  }

  /**
   * One write at a time; what is changed meanwhile goes with the next one, all of it. A phantom that the next daemon would not know
   * is none: what runs with it would be taken for something else.
   */
  #save(): Promise<void> {
    const write = async (): Promise<void> => {
      // With many brief commands there would be many of them until the next sweep, and each is looked at and written each time.
      for (const phantom of this.#phantoms.all()) if (phantom.isEnded && !mayRun(phantom)) this.#phantoms.remove(phantom);
      if (this.#port !== undefined)
        await writeGatewayFile(this.#world.paths, { port: this.#port, phantoms: this.#phantoms.all() }, this.#key);
    };
    this.#waitingWrite ??= this.#writing.catch(() => undefined).then(() => {
      this.#waitingWrite = undefined;
      return write();
    });
    this.#writing = this.#waitingWrite;
    return this.#writing;
  }
}
