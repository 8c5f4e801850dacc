/** What the gateway acts on, and what phantoms are issued for. */
import type { ProcessIdentity } from "../core/caller.ts";
import type { Clock } from "../core/clock.ts";
import type { Events } from "../core/event.ts";
import type { Permit } from "../core/gateway/permit.ts";
import type { CertificateTrust } from "../platform/network/dispatcher.ts";
import type { Proxies } from "../platform/network/proxies.ts";
import type { Environment, Paths } from "../platform/paths.ts";
import type { FindCredential, Verdicts } from "./credentials.ts";
import type { AnswerInner } from "./inner.ts";
import type { ServiceUrl } from "./requests/addressing.ts";

/** What the gateway acts on. */
export interface GatewayWorld {
  readonly paths: Paths;
  readonly clock: Clock;
  readonly events: Events;
  readonly environment: Environment;
  readonly certificates: CertificateTrust;
  /** What is asked where a command names no proxy. */
  readonly proxies: () => Proxies;
  readonly find: FindCredential;
  readonly verdicts: Verdicts;
  readonly serviceUrl: ServiceUrl;
  readonly inner: AnswerInner;
  /** Keeps the vault from closing for lack of use until the returned function is called. */
  readonly using: () => () => void;
  /** The key of the vault for what is kept outside of it. @throws Failure if the vault can't be opened */
  readonly key: () => Promise<Buffer>;
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
  /** The id of the session inside of which it is issued. */
  readonly session?: string;
}
