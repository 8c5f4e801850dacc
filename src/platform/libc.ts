/**
 * The few calls of the C library that Node doesn't offer, through koffi: who is at the other end of a
 * socket, a lock that is free again once its process has ended, and keeping our memory from other programs.
 */
import { closeSync, readdirSync } from "node:fs";
import { constants } from "node:os";
import { getSystemErrorName } from "node:util";
import { Failure } from "../core/failure.ts";
import { loadKoffi } from "./libc-addon.ts";

const koffi = loadKoffi();
const libc = koffi.load(null);
const isLinux = process.platform === "linux";

const LOCK_EX = 2;
const LOCK_NB = 4;
const SHUT_WR = 1;
const RLIMIT_CORE = 4;
const RLIMIT_NOFILE = isLinux ? 7 : 8;
const SIGUSR1 = isLinux ? 10 : 30;
const SIG_IGN = 1;
const F_GETFD = 1;
const FD_CLOEXEC = 1;

// Linux only.
const PR_SET_DUMPABLE = 4;
const PR_SET_CHILD_SUBREAPER = 36;
const P_ALL = 0;
const WNOHANG = 1;
const WEXITED = 4;
const WNOWAIT = 0x0100_0000;
/** Of siginfo_t, with 64 bits. */
const SI_PID = 16;
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const SO_PEERPIDFD = 77;
const POLLIN = 1;
const AF_NETLINK = 16;
const NETLINK_SOCK_DIAG = 4;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2_000_000;
const MSG_DONTWAIT = 0x40;
/** Where a message of netlink has its number. */
const SEQUENCE = 8;
// macOS only: <sys/ptrace.h>, <sys/un.h>
const PT_DENY_ATTACH = 31;
const SOL_LOCAL = 0;
const LOCAL_PEERPID = 2;

const flock = libc.func("int flock(int fd, int operation)");

/**
 * Takes an exclusive lock on an open file without waiting. The kernel gives it back when the descriptor is
 * closed, or its process ends, however it ends.
 *
 * @returns false if another process holds it.
 * @throws Failure `unavailable` if there are no locks on this file system
 */
export function tryLock(fileDescriptor: number): boolean {
  if ((flock(fileDescriptor, LOCK_EX | LOCK_NB) as number) === 0) return true;
  const error = koffi.errno();
  if (error === constants.errno.EWOULDBLOCK) return false;
  throw new Failure("unavailable", `the file system has no locks: ${getSystemErrorName(-error)}`);
}

/**
 * Closes what this process has inherited from its starter, but for the first `kept` descriptors: locks, pipes and
 * terminals that would stay open until we end. Node opens all of its own so that no other program inherits them, by which they
 * are told apart.
 */
export function closeInherited(kept: number): void {
  const fcntl = libc.func("int fcntl(int fd, int command, ...)");
  for (const name of ownDescriptors()) {
    const flags = Number(name) < kept ? FD_CLOEXEC : (fcntl(Number(name), F_GETFD) as number);
    // The directory itself has been closed since.
    if (flags !== -1 && (flags & FD_CLOEXEC) === 0) closeSync(Number(name));
  }
}

/** @throws Failure `unavailable` where the kernel tells nothing of processes: then it can't be told who asks, either */
function ownDescriptors(): string[] {
  const directory = isLinux ? "/proc/self/fd" : "/dev/fd";
  try {
    return readdirSync(directory);
  } catch (error) {
    const hint = "in a container or chroot: mount -t proc proc /proc";
    throw new Failure("unavailable", `there is no ${directory}, and toolkey tells by it who asks`, { hint, cause: error });
  }
}

/** The process at the other end of a Unix socket, as the kernel knows it. */
export interface Peer {
  readonly uid: number;
  /** Not told by every platform. */
  readonly pid: number | undefined;
}

/** Undefined where the platform doesn't tell. */
export function peerOf(fileDescriptor: number): Peer | undefined {
  return isLinux ? linuxPeer(fileDescriptor) : bsdPeer(fileDescriptor);
}

/**
 * Keeps the memory of this process to itself: no core dump, no ptrace or /proc/PID/mem by other
 * programs of the same user, and no debugger on SIGUSR1, which Node would open to the whole machine.
 */
export function hardenProcess(): void {
  const limit = Buffer.alloc(16);
  libc.func("int setrlimit(int resource, const void *limit)")(RLIMIT_CORE, limit);
  if (isLinux) {
    libc.func("int prctl(int option, ulong a, ulong b, ulong c, ulong d)")(PR_SET_DUMPABLE, 0, 0, 0, 0);
  } else if (process.platform === "darwin") {
    libc.func("int ptrace(int request, int pid, void *address, int data)")(PT_DENY_ATTACH, 0, null, 0);
  }
  libc.func("intptr_t signal(int signal, intptr_t handler)")(SIGUSR1, SIG_IGN);
}

/** How many files, sockets and the like this process may have open at once. Node has raised it as far as it may. */
export function descriptorLimit(): number {
  const limits = Buffer.alloc(16);
  if ((libc.func("int getrlimit(int resource, _Out_ void *limits)")(RLIMIT_NOFILE, limits) as number) !== 0) return Infinity;
  const soft = limits.readBigUInt64LE(0);
  return soft > BigInt(Number.MAX_SAFE_INTEGER) ? Infinity : Number(soft);
}

/**
 * Whether the process that connected to a Unix socket still runs: its id is not another's then. Undefined where the system doesn't tell:
 * before Linux 6.5, and on macOS, where all that is told of a peer is looked up by its id (uipc_ctloutput of xnu).
 */
export function isPeerThere(fileDescriptor: number): boolean | undefined {
  if (!isLinux) return undefined;
  const descriptor = Buffer.alloc(4);
  if (socketOption(fileDescriptor, SO_PEERPIDFD, descriptor) !== 0)
    return koffi.errno() === constants.errno.ENOPROTOOPT ? undefined : false;
  poll ??= libc.func("int poll(_Inout_ void *descriptors, ulong count, int milliseconds)");
  // A struct pollfd. There is something to read once the process has ended: pidfd_open(2).
  const asked = Buffer.concat([descriptor, Buffer.from([POLLIN, 0, 0, 0])]);
  try {
    return uninterrupted(poll, asked, 1, 0) === 0;
  } finally {
    closeSync(descriptor.readInt32LE(0));
  }
}

/** Whether a socket is at an end of a connection still: getpeername(2). Not once the other end has cut it off. */
export function isConnected(fileDescriptor: number): boolean {
  getpeername ??= libc.func("int getpeername(int fd, _Out_ void *address, _Inout_ uint32_t *length)");
  const address = Buffer.alloc(128);
  return getpeername(fileDescriptor, address, [address.length]) === 0;
}

/** Tells the other end of a socket that all was sent: shutdown(2). */
export function endSending(fileDescriptor: number): void {
  libc.func("int shutdown(int fd, int how)")(fileDescriptor, SHUT_WR);
}

/** Whether the system has it, and this process is now the parent of all orphans below it. */
export function setChildSubreaper(): boolean {
  return isLinux && libc.func("int prctl(int option, ulong a, ulong b, ulong c, ulong d)")(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) === 0;
}

/** A child that has ended and waits to be reaped: waitid(2). It goes on waiting. */
export function orphanWaiting(): number | undefined {
  const found = Buffer.alloc(128);
  waitid ??= libc.func("int waitid(int kind, uint id, _Out_ void *found, int options)");
  if (waitid(P_ALL, 0, found, WNOHANG | WEXITED | WNOWAIT) !== 0) return undefined;
  const pid = found.readInt32LE(SI_PID);
  return pid === 0 ? undefined : pid;
}

export function reapChild(pid: number): void {
  waitpid ??= libc.func("int waitpid(int pid, void *status, int options)");
  waitpid(pid, null, WNOHANG);
}

/**
 * What the kernel answers to a message of sock_diag(7), which it does before the message's call returns. Undefined where it does not.
 *
 * @param question its sequence number is set here
 */
export function askKernel(question: Buffer): Buffer | undefined {
  socketDiagnosis ??= openSocketDiagnosis();
  return socketDiagnosis(question);
}

let socketDiagnosis: ((question: Buffer) => Buffer | undefined) | undefined;

function openSocketDiagnosis(): (question: Buffer) => Buffer | undefined {
  const send = libc.func("intptr_t send(int fd, const void *bytes, size_t length, int flags)");
  const receive = libc.func("intptr_t recv(int fd, _Out_ void *bytes, size_t length, int flags)");
  const open = libc.func("int socket(int domain, int type, int protocol)");
  const socket = open(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG) as number;
  const answer = Buffer.alloc(1024);
  let sequence = 0;
  return (question) => {
    sequence = (sequence + 1) >>> 0;
    question.writeUInt32LE(sequence, SEQUENCE);
    if ((send(socket, question, question.length, 0) as number) !== question.length) return undefined;
    for (;;) {
      const length = receive(socket, answer, answer.length, MSG_DONTWAIT) as number;
      if (length < 0) return undefined;
      // What else is there is the answer to an earlier question, or a message of somebody who may send such.
      if (answer.readUInt32LE(SEQUENCE) === sequence) return answer.subarray(0, length);
    }
  };
}

let waitid: ((...values: unknown[]) => number) | undefined;
let waitpid: ((...values: unknown[]) => number) | undefined;
let poll: ((...values: unknown[]) => number) | undefined;
let getpeername: ((...values: unknown[]) => number) | undefined;
let getsockopt: ((...values: unknown[]) => number) | undefined;

/** What a call returns that no signal has cut short: signal(7). */
function uninterrupted(call: (...values: unknown[]) => number, ...values: readonly unknown[]): number {
  for (;;) {
    const result = call(...values);
    if (result !== -1 || koffi.errno() !== constants.errno.EINTR) return result;
  }
}

function socketOption(fileDescriptor: number, name: number, value: Buffer, level = SOL_SOCKET): number {
  getsockopt ??= libc.func("int getsockopt(int fd, int level, int name, _Out_ void *value, _Inout_ uint32_t *length)");
  return getsockopt(fileDescriptor, level, name, value, [value.length]);
}

function linuxPeer(fileDescriptor: number): Peer | undefined {
  const credentials = Buffer.alloc(12);
  if (socketOption(fileDescriptor, SO_PEERCRED, credentials) !== 0) return undefined;
  return { pid: credentials.readInt32LE(0), uid: credentials.readUInt32LE(4) };
}

/** The user by getpeereid(3), the process by <sys/un.h> of macOS: the one that has used the socket last (uipc_ctloutput of xnu). */
function bsdPeer(fileDescriptor: number): Peer | undefined {
  const [uid, gid, pid] = [Buffer.alloc(4), Buffer.alloc(4), Buffer.alloc(4)];
  const getpeereid = libc.func("int getpeereid(int fd, _Out_ void *uid, _Out_ void *gid)");
  if ((getpeereid(fileDescriptor, uid, gid) as number) !== 0) return undefined;
  const isTold = process.platform === "darwin" && socketOption(fileDescriptor, LOCAL_PEERPID, pid, SOL_LOCAL) === 0;
  return { uid: uid.readUInt32LE(0), pid: isTold ? pid.readInt32LE(0) : undefined };
}
