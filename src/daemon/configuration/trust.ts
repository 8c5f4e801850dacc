/** What decides where tokens go and whom toolkey trusts, as TOML in one form and as what it means. Pure. */
import { stringify } from "smol-toml";
import { NO_SANDBOX_SETTINGS, type SandboxSettings } from "../../core/sandbox.ts";
import { readOwnService } from "../../issuers/own-services.ts";
import type { Service } from "../../issuers/service.ts";
import { acceptedDocument, isOfTrust, type TrustValues } from "./settings.ts";
import { readText } from "./reading.ts";

/** Settings by their names, with values of the right form. */
export type Settings = ReadonlyMap<string, unknown>;

export interface Trust {
  /** Executables whose mark is their own (inside.ts). */
  readonly trusted: readonly string[];
  readonly sandbox: SandboxSettings;
  readonly services: readonly Service[];
  readonly network: NonNullable<TrustValues["network"]>;
}

/** Accepted certificates: SHA-256 → description. No file can name any so. */
export type AcceptedCertificates = Readonly<Record<string, string>>;

/** What was accepted. */
export interface Accepted {
  readonly settings: Settings;
  readonly certificates: AcceptedCertificates;
}

export function trustOf(settings: Settings): Trust {
  const { sealed, sandbox = {}, service = {}, network = {} } = nested(settings) as TrustValues;
  return {
    trusted: sealed?.trusted ?? [],
    sandbox: { ...NO_SANDBOX_SETTINGS, ...(sandbox as Partial<SandboxSettings>) },
    services: Object.entries(service).map(([name, table]) => readOwnService(name, table)),
    network,
  };
}

/** As TOML, in one form whatever the file's own is; empty if nothing is said. */
export function trustText(settings: Settings, certificates: AcceptedCertificates = {}): string {
  const sorted = Object.entries(certificates).sort(([one], [other]) => (one < other ? -1 : 1));
  const { sealed, sandbox, service, network } = nested(settings);
  const said = Object.entries({ sealed, sandbox, service, network }).filter(([, table]) => table !== undefined);
  return [Object.fromEntries(said), sorted.length === 0 ? {} : { certificates: Object.fromEntries(sorted) }]
    .filter((part) => Object.keys(part).length > 0)
    .map((part) => stringify(part))
    .join("\n");
}

/** The text of `trustText` as what it says. Of what an earlier toolkey accepted and this one does not understand, nothing holds. */
export function parseTrust(text: string): Accepted {
  const { settings, faults } = readText(acceptedDocument, text, "what was accepted");
  if (faults.length > 0) return { settings: new Map(), certificates: {} };
  const { certificates = {} } = nested(settings);
  return {
    settings: new Map([...settings].filter(([name]) => isOfTrust(name))),
    certificates: certificates as AcceptedCertificates,
  };
}

function nested(settings: Settings): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const tables: Record<string, Record<string, unknown>> = {};
  for (const [name, value] of settings) {
    const [table = "", key = ""] = name.split(".");
    (tables[table] ??= {})[key] = value;
  }
  return tables;
}
