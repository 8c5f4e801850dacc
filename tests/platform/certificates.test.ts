import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { describe, expect, it } from "vitest";
import { certificatesIn, describeCertificate, needsNoAcceptance } from "../../src/platform/network/certificates.ts";
import { makeCertificate } from "../fixtures/network/certificate.mjs";

const { ca, cert, key } = makeCertificate();
const sha256 = (pem: string): string => new X509Certificate(pem).fingerprint256.replaceAll(":", "").toLowerCase();

describe("certificates in a PEM file", () => {
  it("are found among whatever stands around them, with the SHA-256 that others show", () => {
    const found = certificatesIn(`# of the company\r\n${ca.replaceAll("\n", "\r\n")}\nsubject=CN=x\n${key.toString()}${cert.replaceAll("BEGIN CERT", "BEGIN X509 CERT").replaceAll("END CERT", "END X509 CERT")}-----BEGIN CERTIFICATE-----\n`);
    expect(found.map((each) => each.sha256)).toEqual([sha256(ca), sha256(cert)]);
    expect(found.map(({ pem }) => new X509Certificate(pem).fingerprint256)).toEqual([ca, cert].map((pem) => new X509Certificate(pem).fingerprint256));
  });

  it("are none in other text", () => expect(certificatesIn("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n")).toEqual([]));

  it("are described in one line by whose they are and when they end", () => {
    const { validTo } = new X509Certificate(ca);
    expect(describeCertificate({ pem: ca, sha256: "" })).toBe(`CN=git-server test authority; ends ${new Date(validTo).toISOString().slice(0, 10)}`);
    expect(rootCertificates.map((pem) => describeCertificate({ pem, sha256: "" }) ?? "").filter((words) => /\n|^$|NaN/.test(words))).toEqual([]);
    expect(describeCertificate({ pem: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", sha256: "" })).toBeUndefined();
  });
});

it("Node's own are public, one of a company is not", async () => {
  const known = await needsNoAcceptance();
  expect(rootCertificates.filter((pem) => !known.has(sha256(pem)))).toEqual([]);
  expect(known.has(sha256(ca))).toBe(false);
});
