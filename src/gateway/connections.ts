/** Whose connections the phantoms are used on. */
import type { Socket } from "node:net";
import type { Clock } from "../core/clock.ts";
import { Holders, type Owner } from "./phantoms/holder.ts";
import type { Phantom } from "./phantoms/phantoms.ts";

export class Connections {
  readonly #holders: Holders;
  /** Of each connection: whose it is, by phantom. */
  readonly #owners = new WeakMap<Socket, Map<string, Owner>>();
  readonly #sockets = new Map<string, Set<Socket>>();

  constructor(clock: Clock) {
    this.#holders = new Holders(clock);
  }

  /** Whether a connection is kept: it comes from 127.0.0.1, and from our own user. */
  async isOurs(socket: Socket): Promise<boolean> {
    return this.#holders.isOurs(socket);
  }

  /** Found out once for each connection. */
  async ownerOf(socket: Socket, phantom: Phantom): Promise<Owner> {
    const known = this.#owners.get(socket)?.get(phantom.id);
    if (known !== undefined) return known;
    const sockets = this.#sockets.get(phantom.id) ?? new Set();
    this.#sockets.set(phantom.id, sockets);
    if (!sockets.has(socket)) socket.once("close", () => sockets.delete(socket));
    sockets.add(socket);
    const owner = await this.#holders.owner(socket, phantom);
    const owners = this.#owners.get(socket) ?? new Map<string, Owner>();
    this.#owners.set(socket, owners.set(phantom.id, owner));
    return owner;
  }

  /** The executable that asks, inside of a session; undefined where that is not known yet. */
  askedBy(socket: Socket, { id }: Phantom): string | undefined {
    return this.#owners.get(socket)?.get(id)?.by;
  }

  /** Ends those on which a phantom was used. */
  disconnect({ id }: Phantom): void {
    for (const socket of this.#sockets.get(id) ?? []) socket.destroy();
    this.#sockets.delete(id);
  }
}
