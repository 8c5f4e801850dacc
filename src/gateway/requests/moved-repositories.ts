/**
 * Repositories that their host has moved. git takes the new URL for all that follows, but before 2.46 only if it was redirected in
 * its very first request (git's http.c, `http_request_reauth`), and that one the gateway answers, by asking for the phantom.
 */
import type { Phantom } from "../phantoms/phantoms.ts";
import { isRefusal } from "../answers/refusal.ts";
import { readPath, type Demand } from "./request-head.ts";

const ADVERTISEMENT = /\/info\/refs$/;
const SERVICE = /\/git-(upload|receive)-pack$/;

export class MovedRepositories {
  /** By phantom: from where to where, as paths of the gateway. */
  readonly #moves = new WeakMap<Phantom, Map<string, string>>();

  /**
   * @param demand of git's, which was redirected; not of what a script has started, whose requests are no other git's
   * @param location where to, if that is at the gateway
   */
  note(phantom: Phantom, { path }: Demand, location: URL): void {
    if (phantom.tool !== "git" || !ADVERTISEMENT.test(path) || !ADVERTISEMENT.test(location.pathname)) return;
    const moves = this.#moves.get(phantom) ?? new Map<string, string>();
    this.#moves.set(phantom, moves);
    moves.set(path.replace(ADVERTISEMENT, ""), location.pathname.replace(ADVERTISEMENT, ""));
  }

  /** A repository that is at its place after all: it may have been moved back, or be another one by now. */
  stays(phantom: Phantom, { path }: Demand): void {
    if (ADVERTISEMENT.test(path)) this.#moves.get(phantom)?.delete(path.replace(ADVERTISEMENT, ""));
  }

  /** What git means by a request. */
  meant(phantom: Phantom, demand: Demand): Demand {
    const to = SERVICE.test(demand.path) ? this.#moves.get(phantom)?.get(demand.path.replace(SERVICE, "")) : undefined;
    if (to === undefined) return demand;
    const read = readPath(`${to}/${demand.path.slice(demand.path.lastIndexOf("/") + 1)}${demand.query}`);
    return isRefusal(read) ? demand : { ...demand, ...read };
  }
}
