import type { Socket } from "node:net";

/** Not documented, but the only way to it. -1, with which every call to the kernel fails, if there is none. */
export function descriptorOf(socket: Socket): number {
  const { _handle: handle } = socket as unknown as { _handle?: { fd?: number } };
  return handle?.fd ?? -1;
}
