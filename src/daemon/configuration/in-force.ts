/**
 * What of `config.toml`, the user's own and the system's, holds at this moment. They are read anew when they have changed. Times hold at
 * once; what decides about trust holds as it was accepted, which only the vault knows (docs/decisions/0027-what-waits-to-be-accepted.md).
 */
import type { LockTimes } from "../../broker/open-time.ts";
import type { Session } from "../../broker/session.ts";
import type { ConfigurationFault, ConfigurationSources, ConfigurationView } from "../../core/views/configuration.ts";
import { Failure } from "../../core/failure.ts";
import type { SandboxSettings } from "../../core/sandbox.ts";
import { Services } from "../../issuers/registry.ts";
import { isRootSomebodyElse } from "../../platform/files/roots-alone.ts";
import type { Proxies } from "../../platform/network/proxies.ts";
import type { Paths } from "../../platform/paths.ts";
import { configurationVersion, readOwn, readSystem } from "./file.ts";
import * as layered from "./layers.ts";
import { carriedOn } from "./reading.ts";
import { parseTrust, trustOf, trustText, type Settings } from "./trust.ts";
import { TrustedCertificates } from "./trusted-certificates.ts";

/** So many faults are said with every command. */
const MAX_TOLD = 3;
/** And so many where they are asked for. */
const MAX_SHOWN = 100;

export class ConfigurationInForce {
  /** As the files say it now. */
  readonly lock: LockTimes;
  readonly certificates = new TrustedCertificates();
  /** Called when other times or another trust hold. */
  onChange: () => void = () => undefined;
  readonly #paths: Paths;
  #version: string;
  #layers: layered.Layers;
  #inForce = trustOf(new Map());
  #services = new Services([]);
  #isChanged = false;
  #faults: readonly ConfigurationFault[] = [];
  /** What was accepted, as the vault has it. */
  #heldText: string | undefined;
  #unknown = new Failure("locked", "the vault is locked", { hint: "toolkey unlock" });

  private constructor(paths: Paths, version: string, layers: layered.Layers) {
    this.#paths = paths;
    this.#version = version;
    this.#layers = layers;
    this.lock = layered.lockTimes(layers);
    this.#settle();
  }

  static async open(paths: Paths): Promise<ConfigurationInForce> {
    const version = configurationVersion(paths);
    const [own, system] = await Promise.all([readOwn(paths), readSystem(paths)]);
    return new ConfigurationInForce(paths, version, { own, system, isRootsWord: isRootSomebodyElse(), accepted: undefined });
  }

  get keepSuspendedMs(): number {
    return layered.timeOf(this.#layers, "vault.keep_suspended");
  }

  /** Of the user's own, nobody, until it is known who was accepted. */
  get trusted(): readonly string[] {
    return this.#inForce.trusted;
  }

  /** @throws Failure `locked`, `no-vault` or `damaged` where a file may have services, and whether they were accepted is not known */
  get services(): Services {
    if (this.#layers.accepted === undefined && layered.mayBeAccepted(this.#layers, "service")) throw this.#unknown;
    return this.#services;
  }

  /** As the files have them, accepted or not: only for names to which nothing is given. */
  get written(): Services {
    return new Services(trustOf(new Map([...layered.ofSystem(this.#layers), ...layered.written(this.#layers)])).services);
  }

  /** What is asked where the session names no proxies. */
  get proxies(): Proxies {
    const { proxy, no_proxy: noProxy } = this.#inForce.network;
    return {
      ...(proxy === undefined ? {} : { httpProxy: proxy, httpsProxy: proxy }),
      ...(noProxy === undefined ? {} : { noProxy: noProxy.join(",") }),
    };
  }

  /** The text of what decides about trust, as it would be accepted: as the files have it, and certificates that somebody named. */
  get writtenTrust(): string {
    return trustText(layered.written(this.#layers), this.certificates.all);
  }

  /** The same as it was accepted; undefined while that is not known. */
  get #acceptedTrust(): string | undefined {
    const settings = layered.acceptedNow(this.#layers);
    return settings && trustText(settings, this.#layers.accepted?.certificates);
  }

  /**
   * Reads the certificates that session and files name, so that what was not accepted waits.
   *
   * @param ofSession a PEM file
   * @param given a PEM file that a person names now
   * @throws Failure `unavailable` if the latter can't be read
   */
  async lookAtCertificates(ofSession: string | undefined, given: string | undefined): Promise<void> {
    if (given !== undefined) await this.certificates.trustedIn(given);
    // One after the other, so that which file a certificate is said to be of is always the same. Who needs one that can't be read is told.
    const named = [layered.written(this.#layers), layered.ofSystem(this.#layers)].flatMap(certificateFiles);
    for (const file of [ofSession, ...named]) {
      if (file !== undefined && file !== "") await this.certificates.trustedIn(file).catch(unlessFailure);
    }
  }

  /** @param accepted as the vault holds it */
  learn(accepted: string): void {
    if (accepted === this.#heldText) return;
    this.#heldText = accepted;
    this.#layers = { ...this.#layers, accepted: parseTrust(accepted) };
    this.#settle();
  }

  /** Looks whether files or vault have changed. What is wrong with a file is for `notices`. */
  async refresh(session: Session): Promise<void> {
    const version = configurationVersion(this.#paths);
    if (version !== this.#version) await this.#readAnew(version);
    const open = await session.peek();
    if (open === undefined) return;
    try {
      this.learn((await open.vault.holdings()).accepted);
    } catch (error) {
      // Whoever asks for what is in the vault hears of it.
      if (!(error instanceof Failure)) throw error;
    }
  }

  /** Opens the vault if that needs nobody, where only it can tell what was accepted. */
  async know(session: Session): Promise<void> {
    if (layered.mayBeAccepted(this.#layers)) await this.#find(session);
  }

  /** What holds for sandboxes; a file that says nothing of them may have said more once. */
  async sandbox(session: Session): Promise<SandboxSettings> {
    await this.#find(session);
    return layered.sandboxInForce(this.#layers);
  }

  async #find(session: Session): Promise<void> {
    if (this.#layers.accepted !== undefined) return;
    try {
      const { vault } = await session.use();
      this.learn(vault.accepted);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#unknown = error;
    }
  }

  /**
   * Accepts what decides about trust in the files.
   *
   * @param shown what the person was shown of it
   * @throws Failure `denied` if it was changed since it was shown, and as `Session.use`
   */
  async accept(session: Session, shown: string): Promise<void> {
    await this.#readAnew(configurationVersion(this.#paths));
    const isShown = (): boolean => this.writtenTrust === shown;
    if (isShown()) {
      await this.#keep(session, (accepted) => {
        // Another daemon may have accepted something meanwhile.
        this.learn(accepted);
        return isShown() ? shown : accepted;
      });
    }
    if (this.#acceptedTrust !== shown) {
      throw new Failure(
        "denied",
        `${this.#paths.configFile}, or a file of certificates, was changed since it was shown; nothing was accepted`,
        { hint: "toolkey config accept, again" },
      );
    }
  }

  /**
   * Trusts a certificate no longer.
   *
   * @param start of its SHA-256
   * @throws Failure `usage` if that is of none or several that were accepted, and as `Session.use`
   */
  async refuse(session: Session, start: string): Promise<string> {
    let refused = "";
    await this.#keep(session, (text) => {
      const trust = parseTrust(text);
      const [sha256, ...more] = Object.keys(trust.certificates).filter((each) => each.startsWith(start.toLowerCase()));
      if (sha256 === undefined || more.length > 0) {
        throw new Failure(
          "usage",
          `${sha256 === undefined ? "no accepted certificate" : "more than one accepted certificate"} has a SHA-256 that begins with '${start}'`,
          { hint: "toolkey config shows them" },
        );
      }
      refused = sha256;
      return trustText(trust.settings, Object.fromEntries(Object.entries(trust.certificates).filter(([other]) => other !== sha256)));
    });
    return refused;
  }

  #keep(session: Session, change: (accepted: string) => string): Promise<void> {
    return session.withVault(async ({ vault }) => {
      await vault.change((held) => {
        const accepted = change(held.accepted);
        return accepted === held.accepted ? undefined : { ...held, accepted };
      });
      this.learn(vault.accepted);
    });
  }

  /** What a person is told with every command. */
  notices(): { readonly notes: readonly string[]; readonly hints: readonly string[] } {
    const [told, more] = [this.#faults.slice(0, MAX_TOLD), this.#faults.length - MAX_TOLD];
    const isCarriedOn = told.some(({ kind }) => kind === "fault");
    const waits = [
      ...(this.#isChanged ? [`a change of ${layered.waitingFiles(this.#layers)} is not in force yet: it waits to be accepted`] : []),
      ...(this.#layers.accepted === undefined || Object.keys(this.certificates.waiting).length === 0
        ? []
        : ["certificates that are not trusted yet wait to be accepted"]),
    ];
    const howToAccept = waits.length === 0 ? [] : ["toolkey config accept, which first shows what waits"];
    return {
      notes: [
        ...told.map(({ what }) => what),
        ...(more > 0 ? [`more of it: ${more}; toolkey config shows them`] : []),
        ...(isCarriedOn ? ["that is left out: what held before stays in force, and all else counts"] : []),
        ...waits,
      ],
      hints: [...told.flatMap(({ hints }) => hints), ...howToAccept],
    };
  }

  view(): ConfigurationView {
    const [first] = this.#faults;
    return {
      ...this.sources(),
      file: this.#paths.configFile,
      idleMs: this.lock.idle,
      absoluteMs: this.lock.absolute,
      keepSuspendedMs: this.keepSuspendedMs,
      accepted: this.#acceptedTrust,
      written: this.writtenTrust,
      waits: this.#acceptedTrust !== undefined && this.#acceptedTrust !== this.writtenTrust,
      system: trustText(layered.ofSystem(this.#layers)),
      fault: first && [first.what, ...first.hints].join("; "),
      faults: this.#faults.slice(0, MAX_SHOWN),
    };
  }

  sources(): ConfigurationSources {
    const { file, text, faults } = this.#layers.system;
    return { systemFile: text === "" && faults.length === 0 ? undefined : file, settings: layered.origins(this.#layers) };
  }

  async #readAnew(version: string): Promise<void> {
    this.#version = version;
    const [own, system] = await Promise.all([readOwn(this.#paths), readSystem(this.#paths)]);
    this.#layers = { ...this.#layers, own: carriedOn(this.#layers.own, own), system: carriedOn(this.#layers.system, system) };
    this.#settle();
  }

  /** What follows from files and vault. */
  #settle(): void {
    // The session has this object, and asks it with each request.
    Object.assign(this.lock, layered.lockTimes(this.#layers));
    const system = layered.ofSystem(this.#layers);
    const settings = layered.trustInForce(this.#layers);
    this.#inForce = trustOf(settings);
    this.#services = new Services(this.#inForce.services, layered.servicesInDoubt(this.#layers));
    this.certificates.learn({
      accepted: this.#layers.accepted?.certificates ?? {},
      ofRoot: certificateFiles(system),
      everywhere: certificateFiles(new Map([...settings].filter(([name]) => name === "network.cacert"))),
    });
    this.#isChanged = layered.hasChanged(this.#layers);
    this.#faults = layered.faultsOfFiles(this.#layers);
    this.onChange();
  }
}

/** The files of certificates that settings name. */
function certificateFiles(settings: Settings): string[] {
  const { services, network } = trustOf(settings);
  return [network.cacert, ...services.map(({ caFile }) => caFile)].filter((file) => file !== undefined);
}

function unlessFailure(error: unknown): void {
  if (!(error instanceof Failure)) throw error;
}
