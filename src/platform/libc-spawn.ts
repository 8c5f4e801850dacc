/** posix_spawn(3) by koffi, as glibc and musl have it: it starts a program without a copy of this process, which takes milliseconds. */
import { loadKoffi, type NativeCall } from "./libc-addon.ts";

const libc = loadKoffi().load(null);

const POSIX_SPAWN_SETSIGDEF = 0x4;
const POSIX_SPAWN_SETSIGMASK = 0x8;
const O_CLOEXEC = 0o2_000_000;
const O_NONBLOCK = 0o4000;
const F_GETFL = 3;
const F_SETFL = 4;
const WNOHANG = 1;
const STANDARD_STREAMS = 3;
/** The exit code 1. */
const FAILED = 0x100;

/** More than either library's posix_spawnattr_t, posix_spawn_file_actions_t and sigset_t. */
const STRUCTURE_BYTES = 512;

/**
 * Starts a program as a child of this process, with no signal blocked or ignored, and standard streams that wait, as Node does (uv_spawn).
 * Whoever starts one has to reap it.
 *
 * @param program its path
 * @param words its arguments, from the name of the program on
 * @param descriptors which of ours it has as its first, in that order; no others
 * @returns its id; undefined if it can't be started
 */
export function spawnProcess(
  program: string,
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  descriptors: readonly number[],
): number | undefined {
  const variables = Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  // C would take what is before it for all.
  if ([program, ...words, ...variables].some((text) => text.includes("\0"))) return undefined;
  const [attributes, actions, pid] = [Buffer.alloc(STRUCTURE_BYTES), Buffer.alloc(STRUCTURE_BYTES), Buffer.alloc(4)];
  if (calls.attrInit(attributes) !== 0) return undefined;
  if (calls.actionsInit(actions) !== 0) return undefined;
  try {
    calls.setDefault(attributes, Buffer.alloc(STRUCTURE_BYTES, 0xff));
    calls.setMask(attributes, Buffer.alloc(STRUCTURE_BYTES));
    calls.setFlags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    for (const stream of descriptors.slice(0, STANDARD_STREAMS)) makeWait(stream);
    // Not each to its place at once: it may be the next one's.
    const aside = Math.max(...descriptors, descriptors.length) + 1;
    const failed = [
      ...descriptors.map((descriptor, at) => calls.addDup2(actions, descriptor, aside + at)),
      ...descriptors.flatMap((_each, at) => [calls.addDup2(actions, aside + at, at), calls.addClose(actions, aside + at)]),
    ].some((error) => error !== 0);
    if (failed || calls.spawn(pid, program, actions, attributes, [...words, null], [...variables, null]) !== 0) return undefined;
    return pid.readInt32LE();
  } finally {
    calls.actionsDestroy(actions);
    calls.attrDestroy(attributes);
  }
}

/** Node writes to a pipe without waiting, and whoever else has it would do so, too: few programs expect that. */
function makeWait(descriptor: number): void {
  const flags = calls.fcntl(descriptor, F_GETFL, "int", 0);
  if (flags !== -1 && (flags & O_NONBLOCK) !== 0) calls.fcntl(descriptor, F_SETFL, "int", flags & ~O_NONBLOCK);
}

/**
 * How a child ended, as wait(2) says it, which is reaped then; undefined as long as it runs. Where somebody else has reaped it, that is
 * lost: it has failed.
 */
export function reapProcess(pid: number): number | undefined {
  const status = Buffer.alloc(4);
  const reaped = calls.waitpid(pid, status, WNOHANG);
  return reaped === 0 ? undefined : reaped === pid ? status.readInt32LE() : FAILED;
}

/** A pipe that no other program inherits; undefined if there can be none. */
export function openPipe(): { readonly reader: number; readonly writer: number } | undefined {
  const ends = Buffer.alloc(8);
  return calls.pipe2(ends, O_CLOEXEC) === 0 ? { reader: ends.readInt32LE(0), writer: ends.readInt32LE(4) } : undefined;
}

const calls = {
  attrInit: libc.func("int posix_spawnattr_init(_Inout_ void *attributes)") as NativeCall,
  attrDestroy: libc.func("int posix_spawnattr_destroy(_Inout_ void *attributes)") as NativeCall,
  setDefault: libc.func("int posix_spawnattr_setsigdefault(_Inout_ void *attributes, const void *signals)") as NativeCall,
  setMask: libc.func("int posix_spawnattr_setsigmask(_Inout_ void *attributes, const void *signals)") as NativeCall,
  setFlags: libc.func("int posix_spawnattr_setflags(_Inout_ void *attributes, short flags)") as NativeCall,
  actionsInit: libc.func("int posix_spawn_file_actions_init(_Inout_ void *actions)") as NativeCall,
  actionsDestroy: libc.func("int posix_spawn_file_actions_destroy(_Inout_ void *actions)") as NativeCall,
  addDup2: libc.func("int posix_spawn_file_actions_adddup2(_Inout_ void *actions, int from, int to)") as NativeCall,
  addClose: libc.func("int posix_spawn_file_actions_addclose(_Inout_ void *actions, int fd)") as NativeCall,
  spawn: libc.func(
    "int posix_spawn(_Out_ void *pid, const char *path, const void *actions, const void *attributes, const char **argv, const char **envp)",
  ) as NativeCall,
  fcntl: libc.func("int fcntl(int fd, int command, ...)") as NativeCall,
  waitpid: libc.func("int waitpid(int pid, _Out_ void *status, int options)") as NativeCall,
  pipe2: libc.func("int pipe2(_Out_ void *ends, int flags)") as NativeCall,
};
