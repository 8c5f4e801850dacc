/**
 * The calls of macOS that tell of processes and connections, as far as they are needed: bytes, which `structures.ts` reads. They are
 * made in `libc-macos.ts`. Source: libproc.h (libsyscall/wrappers/libproc of xnu), sysctl(3).
 */
export interface Kernel {
  /** `proc_pidinfo`: what is told of a process, of one of the `FLAVORS`. Undefined if there is none, or it may not be seen. */
  processInfo(pid: number, flavor: number, argument?: bigint): Buffer | undefined;
  /** `proc_pidfdinfo` for a socket. */
  socketInfo(pid: number, descriptor: number): Buffer | undefined;
  /** `proc_listpids`: process ids, of one of the `LISTS`. */
  processes(list: number, of: number): Buffer | undefined;
  /** `proc_pidpath`. */
  programOf(pid: number): string | undefined;
  /** `sysctl`, or `sysctlbyname`. */
  setting(name: string | readonly number[]): Buffer | undefined;
}

/**
 * What `proc_pidinfo` tells, and how many bytes that is; none where it is a list. Source: bsd/sys/proc_info.h, proc_info_private.h. Of
 * other users' processes the kernel tells `ids` and `unique` alone (proc_pidinfo in bsd/kern/proc_info.c).
 */
export const FLAVORS = {
  /** PROC_PIDLISTFDS, `struct proc_fdinfo` each */
  descriptors: { flavor: 1, bytes: undefined },
  /** PROC_PIDREGIONPATHINFO, `struct proc_regionwithpathinfo` */
  region: { flavor: 8, bytes: 1272 },
  /** PROC_PIDVNODEPATHINFO, `struct proc_vnodepathinfo` */
  directories: { flavor: 9, bytes: 2352 },
  /** PROC_PIDT_SHORTBSDINFO, `struct proc_bsdshortinfo` */
  ids: { flavor: 13, bytes: 64 },
  /** PROC_PIDUNIQIDENTIFIERINFO, `struct proc_uniqidentifierinfo` */
  unique: { flavor: 17, bytes: 56 },
} as const;

/** PROC_PIDFDSOCKETINFO, `struct socket_fdinfo` */
export const SOCKET = { flavor: 3, bytes: 792 } as const;

/** PROC_UID_ONLY and PROC_PPID_ONLY, of the same header. */
export const LISTS = { ofUser: 4, ofParent: 6 } as const;

/** Source: bsd/sys/sysctl.h (CTL_KERN, KERN_PROCARGS2), bsd/netinet/in_pcblist.c, bsd/kern/kern_sysctl.c. */
export const SETTINGS = {
  arguments: (pid: number) => [1, 49, pid],
  tcpConnections: "net.inet.tcp.pcblist_n",
  startOfSystem: "kern.bootsessionuuid",
} as const;
