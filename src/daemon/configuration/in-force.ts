/**
 * What of `config.toml` holds at this moment. The file is read anew when it has changed. Times hold at once; what decides about trust
 * holds as it was accepted, which only the vault knows (docs/decisions/0027-what-waits-to-be-accepted.md).
 */
import type { LockTimes } from "../../broker/open-time.ts";
import type { Session } from "../../broker/session.ts";
import type { ConfigurationView } from "../../core/administration.ts";
import { Failure } from "../../core/failure.ts";
import { NO_SANDBOX_SETTINGS, type SandboxSettings } from "../../core/sandbox.ts";
import { Services } from "../../issuers/registry.ts";
import type { Paths } from "../../platform/paths.ts";
import { parseTrust, trustText, type Configuration, type Trust } from "./configuration.ts";
import { configurationVersion, readConfiguration } from "./file.ts";
import { TrustedCertificates } from "./trusted-certificates.ts";

const NOTHING: Trust = { text: "", trusted: [], sandbox: NO_SANDBOX_SETTINGS, services: [], certificates: {} };

export class ConfigurationInForce {
  /** As the file says it now. */
  readonly lock: LockTimes;
  readonly certificates = new TrustedCertificates();
  /** Called when other times or another trust hold. */
  onChange: () => void = () => undefined;
  readonly #paths: Paths;
  #version: string;
  /** The last one without fault. */
  #file: Configuration;
  #fault: Failure | undefined;
  /** Undefined until the vault has been open; as its text there, and what that says. */
  #acceptedText: string | undefined;
  #accepted: Trust | undefined;
  #services = new Services([]);
  #unknown = new Failure("locked", "the vault is locked", { hint: "toolkey unlock" });

  private constructor(paths: Paths, version: string, file: Configuration) {
    this.#paths = paths;
    this.#version = version;
    this.#file = file;
    const current = (): LockTimes => this.#file.lock;
    this.lock = {
      get idle() {
        return current().idle;
      },
      get absolute() {
        return current().absolute;
      },
    };
  }

  /** @throws Failure as `readConfiguration`: at the start there is none without fault before */
  static async open(paths: Paths): Promise<ConfigurationInForce> {
    const version = configurationVersion(paths);
    return new ConfigurationInForce(paths, version, await readConfiguration(paths));
  }

  get keepSuspendedMs(): number {
    return this.#file.keepSuspendedMs;
  }

  /** Nobody, until it is known who was accepted. */
  get trusted(): readonly string[] {
    return this.#accepted?.trusted ?? [];
  }

  /** @throws Failure `locked`, `no-vault` or `damaged` where the file has services, and whether they were accepted is not known */
  get services(): Services {
    if (this.#accepted === undefined && this.#file.trust.services.length > 0) throw this.#unknown;
    return this.#services;
  }

  /** As the file has them, accepted or not: only for names to which nothing is given. */
  get written(): Services {
    return new Services(this.#file.trust.services);
  }

  /** The text of what decides about trust, as it would be accepted: as the file has it, and certificates that somebody named. */
  get writtenTrust(): string {
    return trustText(this.#file.trust, this.certificates.all);
  }

  /**
   * Reads the certificates that session and services name, so that what was not accepted waits.
   *
   * @param ofSession a PEM file
   * @param given a PEM file that a person names now
   * @throws Failure `unavailable` if the latter can't be read
   */
  async lookAtCertificates(ofSession: string | undefined, given: string | undefined): Promise<void> {
    if (given !== undefined) await this.certificates.trustedIn(given);
    // One after the other, so that which file a certificate is said to be of is always the same. Who needs one that can't be read is told.
    for (const file of [ofSession, ...this.#file.trust.services.map(({ caFile }) => caFile)]) {
      if (file !== undefined && file !== "") await this.certificates.trustedIn(file).catch(unlessFailure);
    }
  }

  /** @param accepted as the vault holds it */
  learn(accepted: string): void {
    if (accepted === this.#acceptedText) return;
    this.#acceptedText = accepted;
    this.#accepted = readAccepted(accepted);
    this.#services = new Services(this.#accepted.services);
    this.certificates.learn(this.#accepted.certificates);
    this.onChange();
  }

  /** Looks whether file or vault have changed. What is wrong with the file is for `notices`. */
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
    if (this.#file.trust.text !== "") await this.#find(session);
  }

  /**
   * What holds for sandboxes; a file that says nothing of them may have said more once. Where a person has to open the vault first,
   * what the file says and takes nothing away from a sandbox.
   */
  async sandbox(session: Session): Promise<SandboxSettings> {
    await this.#find(session);
    return this.#accepted?.sandbox ?? { ...this.#file.trust.sandbox, show: [], keep: [] };
  }

  async #find(session: Session): Promise<void> {
    if (this.#accepted !== undefined) return;
    try {
      const { vault } = await session.use();
      this.learn(vault.accepted);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#unknown = error;
    }
  }

  /**
   * Accepts what decides about trust in the file.
   *
   * @param shown what the person was shown of it
   * @throws Failure for what is wrong with the file, `denied` if it was changed since it was shown, and as `Session.use`
   */
  async accept(session: Session, shown: string): Promise<void> {
    await this.#readAnew(configurationVersion(this.#paths));
    if (this.#fault !== undefined) throw this.#fault;
    const isShown = (): boolean => this.writtenTrust === shown;
    if (isShown()) {
      await this.#keep(session, (accepted) => {
        // Another daemon may have accepted something meanwhile.
        this.learn(accepted);
        return isShown() ? shown : accepted;
      });
    }
    if (this.#acceptedText !== shown) {
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
      const trust = readAccepted(text);
      const [sha256, ...more] = Object.keys(trust.certificates).filter((each) => each.startsWith(start.toLowerCase()));
      if (sha256 === undefined || more.length > 0) {
        throw new Failure(
          "usage",
          `${sha256 === undefined ? "no accepted certificate" : "more than one accepted certificate"} has a SHA-256 that begins with '${start}'`,
          { hint: "toolkey config shows them" },
        );
      }
      refused = sha256;
      return trustText(trust, Object.fromEntries(Object.entries(trust.certificates).filter(([other]) => other !== sha256)));
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
    if (this.#fault !== undefined) {
      return { notes: [this.#fault.message, "what it said before stays in force"], hints: this.#fault.hints };
    }
    const notes = [
      ...(this.#accepted === undefined || this.#accepted.text === this.#file.trust.text
        ? []
        : [`a change of ${this.#paths.configFile} is not in force yet: it waits to be accepted`]),
      ...(this.#accepted === undefined || Object.keys(this.certificates.waiting).length === 0
        ? []
        : ["certificates that are not trusted yet wait to be accepted"]),
    ];
    return { notes, hints: notes.length === 0 ? [] : ["toolkey config accept, which first shows what waits"] };
  }

  view(): ConfigurationView {
    return {
      file: this.#paths.configFile,
      idleMs: this.lock.idle,
      absoluteMs: this.lock.absolute,
      keepSuspendedMs: this.keepSuspendedMs,
      accepted: this.#acceptedText,
      written: this.writtenTrust,
      waits: this.#acceptedText !== undefined && this.#acceptedText !== this.writtenTrust,
      fault: this.#fault === undefined ? undefined : [this.#fault.message, ...this.#fault.hints].join("; "),
    };
  }

  async #readAnew(version: string): Promise<void> {
    this.#version = version;
    try {
      this.#file = await readConfiguration(this.#paths);
      this.#fault = undefined;
      this.onChange();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#fault = error;
    }
  }
}

/** Of what an earlier toolkey accepted and this one does not understand, nothing holds. */
function readAccepted(text: string): Trust {
  try {
    return parseTrust(text, "what was accepted");
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { ...NOTHING, text };
  }
}

function unlessFailure(error: unknown): void {
  if (!(error instanceof Failure)) throw error;
}
