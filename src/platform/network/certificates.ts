/** Certificates in PEM files (RFC 7468). */
import { createHash, X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { textOfFile } from "../files/regular-file.ts";

export interface Certificate {
  readonly pem: string;
  /** Of its DER, in hexadecimal, as browsers and `openssl x509 -fingerprint -sha256` have it. */
  readonly sha256: string;
}

/** In bytes. Bundles of all public authorities have a quarter of a megabyte. */
const MAX_LENGTH = 4 * 1024 * 1024;

/** In characters. */
const MAX_SUBJECT = 200;

/** Where systems keep what they trust: Debian and Alpine, Fedora, SUSE, BSD and macOS. */
const SYSTEM_BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** @throws Failure `unavailable` if the file can't be read */
export async function readCertificates(file: string): Promise<Certificate[]> {
  // Said where there are none.
  if (file === "/dev/null") return [];
  try {
    return certificatesIn(await textOfFile(file, MAX_LENGTH));
  } catch (error) {
    throw new Failure(
      "unavailable",
      error instanceof Failure ? error.message : `cannot read the certificates in ${file}: ${systemErrorCode(error) ?? "unknown error"}`,
      {
        hint: "check the path: --cacert, NODE_EXTRA_CA_CERTS, cacert in config.toml, or the settings of npm or git",
        cause: error,
      },
    );
  }
}

/** What stands around certificates, and what is none, is left out. */
export function certificatesIn(text: string): Certificate[] {
  return [...text.matchAll(/-----BEGIN (?:X509 )?CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END (?:X509 )?CERTIFICATE-----/g)].map(
    ([, body = ""]) => {
      const der = Buffer.from(body, "base64");
      return { pem: pemOf(der), sha256: createHash("sha256").update(der).digest("hex") };
    },
  );
}

/** The SHA-256 of those that are trusted without a person's word: Node's own, and those of the system's bundle where a file names them. */
export async function needsNoAcceptance(): Promise<ReadonlySet<string>> {
  const bundles = await Promise.all(SYSTEM_BUNDLES.map((file) => textOfFile(file, MAX_LENGTH).catch(() => "")));
  return new Set([...rootCertificates, ...bundles].flatMap((text) => certificatesIn(text).map(({ sha256 }) => sha256)));
}

/** Whose a certificate is and when it ends, for people; undefined for what is no certificate. */
export function describeCertificate({ pem }: Certificate): string | undefined {
  try {
    const { subject = "no name", validTo } = new X509Certificate(pem) as Partial<X509Certificate> & Pick<X509Certificate, "validTo">;
    // Its maker wrote the subject: nothing in it may end a line or turn it around, and none is a letter to the reader.
    return `${subject
      .replace(/\n/g, ", ")
      .replace(/[\p{Cc}\p{Cf}]/gu, "?")
      .slice(0, MAX_SUBJECT)}; ends ${new Date(validTo).toISOString().slice(0, 10)}`;
  } catch {
    return undefined;
  }
}

function pemOf(der: Buffer): string {
  return `-----BEGIN CERTIFICATE-----\n${der.toString("base64").replace(/.{64}(?=.)/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
}
