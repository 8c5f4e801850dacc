/** Unix sockets of Linux by koffi: unix(7). Node's own take it milliseconds to get ready. */
import { closeSync } from "node:fs";
import { getSystemErrorName } from "node:util";
import { loadKoffi, type NativeCall } from "./libc-addon.ts";

const koffi = loadKoffi();
const libc = koffi.load(null);

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2_000_000;
const POLLIN = 1;
/** As Node has it: net.Server.listen. */
const BACKLOG = 511;

/** A socket that is connected to who listens at a path, and never waits. @throws the system's error, as Node's has its code */
export function connectSocket(path: string): number {
  return socketWith("connect", path, (socket, address) => calls.connect(socket, address, address.length));
}

/** A socket that listens at a path, and never waits. @throws as `connectSocket` */
export function listeningSocket(path: string): number {
  return socketWith("listen", path, (socket, address) => calls.bind(socket, address, address.length) || calls.listen(socket, BACKLOG));
}

/** Whether there is something to be read, or an end, before the time is over. A signal ends it, too. */
export function isReadable(socket: number, milliseconds: number): boolean {
  const asked = Buffer.alloc(8);
  asked.writeInt32LE(socket);
  asked.writeInt16LE(POLLIN, 4);
  return calls.poll(asked, 1, milliseconds) > 0;
}

function socketWith(what: string, path: string, use: (socket: number, address: Buffer) => number): number {
  const family = Buffer.alloc(2);
  family.writeUInt16LE(AF_UNIX);
  const socket = calls.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket === -1) throw systemError(what, path);
  if (use(socket, Buffer.concat([family, Buffer.from(`${path}\0`)])) === 0) return socket;
  const error = systemError(what, path);
  closeSync(socket);
  throw error;
}

function systemError(what: string, path: string): Error {
  const code = getSystemErrorName(-koffi.errno());
  return Object.assign(new Error(`${what} ${code} ${path}`), { code });
}

const calls = {
  socket: libc.func("int socket(int family, int type, int protocol)") as NativeCall,
  connect: libc.func("int connect(int fd, const void *address, uint32_t length)") as NativeCall,
  bind: libc.func("int bind(int fd, const void *address, uint32_t length)") as NativeCall,
  listen: libc.func("int listen(int fd, int backlog)") as NativeCall,
  poll: libc.func("int poll(_Inout_ void *descriptors, ulong count, int milliseconds)") as NativeCall,
};
