/**
 * Reads what the kernel of macOS writes: structures of C with 64 bits, little-endian on both of its processors. Where their fields
 * are is said with each, and was found by a C compiler from the headers of xnu-11417.101.15 (macOS 15.4);
 * `tests/fixtures/processes/macos/macos-kernel.ts` has bytes that were written by these structures. Pure.
 */

/** `struct proc_bsdshortinfo`: pbsi_ppid. @returns the id of the parent, 0 if there is none */
export function parentOf(ids: Buffer): number {
  return ids.readUInt32LE(4);
}

/** `struct proc_bsdshortinfo`: pbsi_uid. @returns the effective user */
export function userOf(ids: Buffer): number {
  return ids.readUInt32LE(36);
}

/** What tells a process from all others since the system was started. */
export interface Unique {
  /** Given out once, and ever larger. It stays when the process runs another program. */
  readonly id: bigint;
  /** Another one with each program that the process runs. */
  readonly version: number;
  /** The version that the process had which has started this one, whoever its parent is by now. 0 before macOS 15.4, which doesn't tell. */
  readonly startedBy: number;
}

/**
 * `struct proc_uniqidentifierinfo`: p_uniqueid, p_idversion, p_orig_ppidversion. Not p_puniqueid: it becomes the new parent's when a
 * process that has got one runs another program (`pinsertchild` in bsd/kern/kern_proc.c).
 */
export function uniqueOf(unique: Buffer): Unique {
  return { id: unique.readBigUInt64LE(16), version: unique.readInt32LE(32), startedBy: unique.readInt32LE(36) };
}

/** `pid_t` each. Of places that nothing was written to, 0. */
export function processIds(list: Buffer): number[] {
  return numbered(list, 4).map((at) => list.readInt32LE(at)).filter((pid) => pid > 0);
}

/** PROX_FDTYPE_SOCKET */
const IS_SOCKET = 2;

/** `struct proc_fdinfo` each: proc_fd, proc_fdtype. @returns the descriptors that are sockets */
export function socketDescriptors(list: Buffer): number[] {
  return numbered(list, 8).filter((at) => list.readUInt32LE(at + 4) === IS_SOCKET).map((at) => list.readInt32LE(at));
}

/** `struct socket_fdinfo`: psi.soi_so. The kernel's number for a socket, which it has in the table of connections, too. */
export function handleOf(socket: Buffer): string {
  return String(socket.readBigUInt64LE(160));
}

/** `struct proc_vnodepathinfo`: pvi_cdir.vip_path, of MAXPATHLEN bytes. Empty where there is none. */
export function workingDirectory(directories: Buffer): string {
  return textAt(directories, 152, 1024);
}

/** A part of a process's memory, and the file that it is of; empty if none. */
export interface Region {
  readonly end: bigint;
  readonly file: string;
}

/** `struct proc_regionwithpathinfo`: prp_prinfo.pri_address, prp_prinfo.pri_size, prp_vip.vip_path. */
export function regionOf(region: Buffer): Region {
  return { end: region.readBigUInt64LE(80) + region.readBigUInt64LE(88), file: textAt(region, 248, 1024) };
}

/** How a process was started. Bytes, as `latin1`. */
export interface Started {
  readonly commandLine: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * What KERN_PROCARGS2 tells: the number of arguments, the path of the program and as many NULs as it takes, the arguments, the variables.
 * The kernel's own follow, at times without a gap; they look like variables, and are none that anybody reads. Of Apple's own programs it
 * leaves the variables out (bsd/kern/kern_sysctl.c, sysctl_procargsx; bsd/kern/kern_exec.c, exec_extract_strings).
 */
export function startOf(bytes: Buffer): Started {
  const count = bytes.length < 4 ? 0 : bytes.readInt32LE(0);
  const path = bytes.indexOf(0, 4);
  if (count <= 0 || path === -1) return { commandLine: [], environment: {} };
  let at = path;
  while (bytes[at] === 0) at += 1;
  const texts = bytes.toString("latin1", at).split("\0");
  const variables = texts.slice(count);
  const end = variables.indexOf("");
  const environment = variables.slice(0, end === -1 ? undefined : end).flatMap((entry) => {
    const [name, value] = entry.split(/=(.*)/s, 2);
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  });
  return { commandLine: texts.slice(0, count), environment: Object.fromEntries(environment) };
}

/** One end of a TCP connection whose both ends are 127.0.0.1. */
export interface LoopbackEnd {
  readonly localPort: number;
  readonly foreignPort: number;
  readonly uid: number;
  /** As `handleOf`; undefined for a connection that a process has without a socket, by a network stack of its own. */
  readonly handle: string | undefined;
  /** The process that used it last. */
  readonly pid: number;
}

/** `struct xinpgen`, with which the table begins and ends. */
const TABLE_MARK_BYTES = 24;
/** XSO_SOCKET and XSO_INPCB of bsd/sys/socketvar.h. */
const OF_SOCKET = 1;
const OF_PROTOCOL = 0x10;
const LOOPBACK = 0x7f00_0001;

/**
 * `net.inet.tcp.pcblist_n`: records of different kinds, each with its length and kind, and aligned to eight bytes. For each connection
 * `struct xinpcb_n` (inp_fport, inp_lport: of the network's order; inp_dependfaddr, inp_dependladdr: IPv4 in the last four bytes)
 * comes before `struct xsocket_n` (xso_so, so_uid, so_last_pid), and others that are passed over. A connection that nobody has any more has
 * neither a socket nor a process; one without a socket has no user there (nstat_userland_to_xsocket_n in bsd/net/ntstat.c).
 */
export function loopbackEnds(table: Buffer): LoopbackEnd[] {
  const found: LoopbackEnd[] = [];
  let ports: Pick<LoopbackEnd, "localPort" | "foreignPort"> | undefined;
  for (let at = TABLE_MARK_BYTES; at + 8 <= table.length; ) {
    const [length, kind] = [table.readUInt32LE(at), table.readUInt32LE(at + 4)];
    if (length <= TABLE_MARK_BYTES || at + length > table.length) break;
    if (kind === OF_PROTOCOL) ports = length < 80 ? undefined : portsOf(table, at);
    if (kind === OF_SOCKET && ports !== undefined && length >= 72) {
      const [socket, pid] = [table.readBigUInt64LE(at + 8), table.readInt32LE(at + 68)];
      const handle = socket === 0n ? undefined : String(socket);
      if (handle !== undefined || pid > 0) found.push({ ...ports, uid: table.readUInt32LE(at + 64), handle, pid });
      ports = undefined;
    }
    at += Math.ceil(length / 8) * 8;
  }
  return found;
}

/** Undefined unless both ends are 127.0.0.1. */
function portsOf(table: Buffer, at: number): Pick<LoopbackEnd, "localPort" | "foreignPort"> | undefined {
  if (!isLoopback(table, at + 48) || !isLoopback(table, at + 64)) return undefined;
  return { foreignPort: table.readUInt16BE(at + 16), localPort: table.readUInt16BE(at + 18) };
}

/** 127.0.0.1: of IPv4, and as sockets of IPv6 have it (`::ffff:127.0.0.1`), which are those of JVMs. */
function isLoopback(table: Buffer, at: number): boolean {
  const before = table.readUInt32BE(at + 8);
  return table.readBigUInt64BE(at) === 0n && (before === 0 || before === 0xffff) && table.readUInt32BE(at + 12) === LOOPBACK;
}

/** A path: up to the first NUL. */
function textAt(bytes: Buffer, at: number, length: number): string {
  const place = bytes.subarray(at, at + length);
  const end = place.indexOf(0);
  return place.toString("utf8", 0, end === -1 ? undefined : end);
}

/** Where the whole ones of a size begin. */
function numbered(list: Buffer, size: number): number[] {
  return Array.from({ length: Math.floor(list.length / size) }, (_each, index) => index * size);
}
