/** The calls of macOS's C library that tell of processes, through koffi. Loaded on macOS alone (dist/macos.cjs). */
import type { LibraryHandle } from "koffi";
import { loadKoffi } from "./libc-addon.ts";
import { FLAVORS, SOCKET, type Kernel } from "./macos/kernel.ts";
import { processesOf } from "./macos/processes.ts";
import type { ConnectionTable, ProcessTable } from "./processes/process-table.ts";

/** PROC_PIDPATHINFO_MAXSIZE of bsd/sys/proc_info.h. */
const MAX_PATH_BYTES = 4096;
/** What is told of grows meanwhile. */
const TRIES = 3;

/** What this system tells of its processes. */
export function processTable(): ProcessTable & ConnectionTable {
  return processesOf(kernelOf(loadKoffi().load(null)), { pid: process.pid, uid: process.getuid?.() ?? 0 });
}

/**
 * @param libc libSystem, of which libproc is a part: libsyscall/wrappers/libproc/libproc.h of xnu, sysctl(3). The functions of libproc
 *   return how many bytes they have written, 0 if they failed; without a buffer, how many it takes.
 */
export function kernelOf(libc: Pick<LibraryHandle, "func">): Kernel {
  const pidInfo = libc.func("int proc_pidinfo(int pid, int flavor, uint64_t arg, _Out_ void *buffer, int size)");
  const descriptorInfo = libc.func("int proc_pidfdinfo(int pid, int fd, int flavor, _Out_ void *buffer, int size)");
  const listPids = libc.func("int proc_listpids(uint32_t type, uint32_t of, _Out_ void *buffer, int size)");
  const pidPath = libc.func("int proc_pidpath(int pid, _Out_ void *buffer, uint32_t size)");
  const value = "_Out_ void *value, _Inout_ size_t *size, const void *fresh, size_t length";
  const sysctl = libc.func(`int sysctl(const int *name, uint32_t count, ${value})`);
  const sysctlByName = libc.func(`int sysctlbyname(const char *name, ${value})`);

  const written = (bytes: number, buffer: Buffer): Buffer | undefined => (bytes > 0 ? buffer.subarray(0, bytes) : undefined);
  const list = (call: (buffer: Buffer | null, size: number) => number): Buffer | undefined => {
    const buffer = Buffer.alloc(Math.max(call(null, 0), 0));
    return buffer.length === 0 ? undefined : written(call(buffer, buffer.length), buffer);
  };
  const sizes = new Map<number, number | undefined>(Object.values(FLAVORS).map(({ flavor, bytes }) => [flavor, bytes]));

  return {
    processInfo(pid, flavor, argument = 0n) {
      const bytes = sizes.get(flavor);
      if (bytes === undefined) return list((buffer, size) => pidInfo(pid, flavor, argument, buffer, size) as number);
      const buffer = Buffer.alloc(bytes);
      // A part of a structure tells nothing.
      return (pidInfo(pid, flavor, argument, buffer, bytes) as number) === bytes ? buffer : undefined;
    },
    socketInfo(pid, descriptor) {
      const buffer = Buffer.alloc(SOCKET.bytes);
      return (descriptorInfo(pid, descriptor, SOCKET.flavor, buffer, buffer.length) as number) === buffer.length ? buffer : undefined;
    },
    processes: (type, of) => list((buffer, size) => listPids(type, of, buffer, size) as number),
    programOf(pid) {
      const buffer = Buffer.alloc(MAX_PATH_BYTES);
      return written(pidPath(pid, buffer, buffer.length) as number, buffer)?.toString("utf8");
    },
    setting(name) {
      const [call, named] = typeof name === "string" ? [sysctlByName, [name]] : [sysctl, [[...name], name.length]];
      const ask = (buffer: Buffer | null, size: [number]): boolean => call(...named, buffer, size, null, 0) === 0;
      for (let tried = 0; tried < TRIES; tried += 1) {
        const size: [number] = [0];
        if (!ask(null, size) || size[0] === 0) return undefined;
        const buffer = Buffer.alloc(size[0]);
        if (ask(buffer, size)) return buffer.subarray(0, size[0]);
      }
      return undefined;
    },
  };
}
