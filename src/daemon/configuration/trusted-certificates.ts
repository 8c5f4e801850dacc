/** Which certificates are trusted besides Node's own (docs/decisions/0028-whose-certificates-are-trusted.md). */
import { describeCertificate, publicCertificates, readCertificates, type Certificate } from "../../platform/network/certificates.ts";
import type { CertificateTrust } from "../../platform/network/dispatcher.ts";

/** Certificates in words, by their SHA-256. */
export type DescribedCertificates = Readonly<Record<string, string>>;

export class TrustedCertificates implements CertificateTrust {
  version = 0;
  #accepted: DescribedCertificates = {};
  /** Those that were left out, and nobody has refused. */
  #named: Record<string, string> = {};
  readonly #refused = new Set<string>();

  /** Takes over what a person has accepted. */
  learn(accepted: DescribedCertificates): void {
    this.#accepted = accepted;
    this.version += 1;
  }

  /** @throws Failure `unavailable` if the file can't be read */
  async trustedIn(file: string): Promise<string[]> {
    const found = await readCertificates(file);
    const others = await this.#notAccepted(found);
    for (const each of others) this.#name(each, file);
    const left = new Set(others);
    return found.filter((each) => !left.has(each)).map(({ pem }) => pem);
  }

  /** Accepted ones, and those that wait. */
  get written(): DescribedCertificates {
    return { ...this.waiting, ...this.#accepted };
  }

  get waiting(): DescribedCertificates {
    return Object.fromEntries(Object.entries(this.#named).filter(([sha256]) => !Object.hasOwn(this.#accepted, sha256)));
  }

  /** Says no more of one that waits, until the daemon ends. */
  refuse(sha256: string): void {
    this.#refused.add(sha256);
    this.#named = Object.fromEntries(Object.entries(this.#named).filter(([other]) => other !== sha256));
  }

  async #notAccepted(found: readonly Certificate[]): Promise<readonly Certificate[]> {
    const others = found.filter(({ sha256 }) => !Object.hasOwn(this.#accepted, sha256));
    if (others.length === 0) return others;
    const known = await publicCertificates();
    return others.filter(({ sha256 }) => !known.has(sha256));
  }

  #name(certificate: Certificate, file: string): void {
    const words = describeCertificate(certificate);
    // The first file that named it: a view and what is accepted of it must be the same.
    if (words !== undefined && !this.#refused.has(certificate.sha256)) this.#named[certificate.sha256] ??= `${words}; ${file}`;
  }
}
