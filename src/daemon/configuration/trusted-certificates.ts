/** Which certificates are trusted besides Node's own (docs/decisions/0028-whose-certificates-are-trusted.md). */
import { describeCertificate, needsNoAcceptance, readCertificates, type Certificate } from "../../platform/network/certificates.ts";
import type { CertificateTrust } from "../../platform/network/dispatcher.ts";
import { othersSayOver } from "../../platform/files/roots-alone.ts";
import type { AcceptedCertificates } from "./trust.ts";

/** More than this a person does not read; who has written them may not be one. */
const MAX_WAITING = 50;

interface Named {
  readonly accepted: AcceptedCertificates;
  readonly ofRoot: readonly string[];
  readonly everywhere: readonly string[];
}

export class TrustedCertificates implements CertificateTrust {
  version = 0;
  /** Files whose certificates count at every place. */
  everywhere: readonly string[] = [];
  /** Files that root has named: what is in them counts, if root alone has a say over them. */
  #ofRoot: readonly string[] = [];
  #accepted: AcceptedCertificates = {};
  /** Those that were named by something and left out. */
  #named: Record<string, string> = {};

  /** Takes over whom a person, and root, has named. */
  learn({ accepted, ofRoot, everywhere }: Named): void {
    [this.#accepted, this.#ofRoot, this.everywhere] = [accepted, ofRoot, everywhere];
    this.version += 1;
  }

  /** @throws Failure `unavailable` if the file can't be read */
  async trustedIn(file: string): Promise<string[]> {
    const found = await readCertificates(file);
    if (this.#ofRoot.includes(file) && othersSayOver(file) === undefined) return found.map(({ pem }) => pem);
    const others = await this.#notAccepted(found);
    for (const each of others) this.#name(each, file);
    return found.filter((each) => !others.has(each)).map(({ pem }) => pem);
  }

  /** Accepted ones, and those that wait. */
  get all(): AcceptedCertificates {
    return { ...this.waiting, ...this.#accepted };
  }

  get waiting(): AcceptedCertificates {
    return Object.fromEntries(Object.entries(this.#named).filter(([sha256]) => !Object.hasOwn(this.#accepted, sha256)));
  }

  /** What waits was named by something that may not be there any more. */
  forgetWaiting(): void {
    this.#named = {};
  }

  async #notAccepted(found: readonly Certificate[]): Promise<ReadonlySet<Certificate>> {
    const others = found.filter(({ sha256 }) => !Object.hasOwn(this.#accepted, sha256));
    if (others.length === 0) return new Set();
    const known = await needsNoAcceptance();
    return new Set(others.filter(({ sha256 }) => !known.has(sha256)));
  }

  #name(certificate: Certificate, file: string): void {
    if (Object.hasOwn(this.#named, certificate.sha256) || Object.keys(this.#named).length >= MAX_WAITING) return;
    const words = describeCertificate(certificate);
    if (words !== undefined) this.#named[certificate.sha256] = `${words}; ${file}`;
  }
}
