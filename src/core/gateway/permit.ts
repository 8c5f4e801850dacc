/** What a phantom is good for. Data: the protocols make it, the gateway holds every request against it. */
import { covers, type Target } from "../target.ts";

export interface Permit {
  readonly addressing: Addressing;
  readonly holder: Holder;
  /** Of `launched`: what may run in place of the program that was started. */
  readonly replacement?: Replacement;
  /** Where it leads; of several that cover a request, the one with the longest path. Empty for `service`. */
  readonly routes: readonly Route[];
  /** For `service`, which has no routes: whether requests may change things. */
  readonly publishes: boolean;
  /** How the hosts are reached: as the client would by itself. */
  readonly upstream: Upstream;
  /** Of a session and what is inside of it: the only places whose tokens are used. */
  readonly scope?: readonly ScopePlace[];
  /** Of a session: how tools reach hosts by the person's own settings, where these say more than the environment. */
  readonly ways?: Readonly<Record<string, Upstream>>;
}

/** A place of one tool. */
export interface ScopePlace {
  readonly tool: string;
  readonly target: Target;
}

/** Whether a tool may use its token for a place. */
export function isInScope({ scope }: Pick<Permit, "scope">, tool: string, place: Target): boolean {
  return scope === undefined || scope.some((each) => each.tool === tool && covers(each.target, place));
}

/**
 * How the path of a request says where it goes:
 * - `url`: by the whole URL, `/https/host[:port]/path`
 * - `npm`: as if all registries were one: by scope, by the paths of tarballs, else to the default registry
 * - `images`: by the name of an image that begins with its registry, `/v2/HOST[__PORT]/NAME/…`
 * - `service`: `/SERVICE/path` below the host of a service, or as `url`; any token of the tool
 * - `session`: nowhere. What is inside of a session asks by it for phantoms of its own (docs/decisions/0030-sessions.md)
 */
export type Addressing = (typeof ADDRESSINGS)[number];
export const ADDRESSINGS = ["url", "npm", "images", "service", "session"] as const;

/**
 * Whose connections count, where the system tells:
 * - `command`: those of the process that was started with it
 * - `launched`: those of one process: it, or the one that it starts in its place (`replacement`), whichever asks first
 * - `descendants`: its own, and those of all that it starts
 * - `KEPT`: those of a process in which the tool runs, and in no other of its own
 * - `git`: those of git, where it is the command, or the command itself started it (or one that it started in its place)
 */
export type Holder = (typeof HOLDERS)[number];
/** As files with phantoms have it since there was but one such tool. */
export const KEPT = "maven";
export const HOLDERS = ["command", "launched", "descendants", KEPT, "git"] as const;

/** A script, by its file; or one of a package, wherever that is installed, of one version if it is named. */
export type Replacement = { readonly file: string } | { readonly package: string; readonly version?: string };

export interface Route {
  /** The place; what is below it by whole segments is reached. */
  readonly target: Target;
  /** Whether requests get the token of the tool for this place. Else they are passed on without one. */
  readonly isAuthorized: boolean;
  /** Whether requests may change what is there. */
  readonly publishes: boolean;
  /** Of `npm` addressing: the scopes (`@acme`) whose packages are there, `""` for those without. */
  readonly scopes?: readonly string[];
  /** Of `npm` addressing: paths of tarballs that are there, as a lock file names them. */
  readonly tarballs?: readonly string[];
  /** Whether the URLs of tarballs in the answers of a registry are made to lead through the gateway, too. */
  readonly rewritesTarballs?: boolean;
  /** How its host is reached, where that is not as the others are. */
  readonly upstream?: RouteUpstream;
}

/** What holds for one host, in place of what holds for all; certificates are added. */
export interface RouteUpstream extends Partial<Upstream> {
  /** Sent with each request. They may be secrets. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

/** Certificates and proxies of the person's, where the command was started; no others. */
export interface Upstream {
  /** PEM files of certificates that are trusted besides Node's own. */
  readonly caFiles: readonly string[];
  readonly httpProxy?: string;
  readonly httpsProxy?: string;
  readonly noProxy?: string;
}
