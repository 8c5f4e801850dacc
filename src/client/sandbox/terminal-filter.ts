/**
 * A filter of system calls by which nothing in a sandbox types into its terminal: that would be read by the shell outside when the
 * command has ended. seccomp(2), ioctl_tty(2).
 */

/** Of classic BPF, as in linux/bpf_common.h: load a word, compare it, end. */
const LOAD = 0x20;
const IF_EQUAL = 0x15;
const END = 0x06;

/** In `struct seccomp_data`: the number of the call, the architecture, the lower half of the second argument. */
const NUMBER = 0;
const ARCHITECTURE = 4;
const REQUEST = 24;

const ALLOW = 0x7fff0000;
/** Fails with EPERM. */
const REFUSE = 0x00050001;

/** TIOCSTI, and TIOCLINUX, by which a console is pasted into. */
const TYPING = [0x5412, 0x541c];

/** By architecture as Node names it: those that a process may have (linux/audit.h), each with the numbers of `ioctl`. */
const IOCTL: Readonly<Record<string, readonly (readonly [architecture: number, numbers: readonly number[]])[]>> = {
  // Also of x32, and of 32 bits.
  x64: [
    [0xc000003e, [16, 0x40000010, 0x40000202]],
    [0x40000003, [54]],
  ],
  arm64: [
    [0xc00000b7, [29]],
    [0x40000028, [54]],
  ],
};

/** The program of the filter; undefined on machines whose calls are not known here. */
export function terminalFilter(architecture: string): Buffer | undefined {
  const known = IOCTL[architecture];
  if (known === undefined) return undefined;
  const blocks = known.map(([value, numbers]) => block(value, numbers));
  return Buffer.concat([...blocks.flat(), instruction(END, ALLOW)]);
}

/** Looks at the calls of one architecture; goes on behind it for another one. */
function block(architecture: number, numbers: readonly number[]): Buffer[] {
  const request = [instruction(LOAD, REQUEST), ...TYPING.map((value, at) => instruction(IF_EQUAL, value, TYPING.length - at, 0))];
  const ends = [instruction(END, ALLOW), instruction(END, REFUSE)];
  const calls = numbers.map((value, at) => instruction(IF_EQUAL, value, numbers.length - at, 0));
  const rest = [instruction(LOAD, NUMBER), ...calls, instruction(END, ALLOW), ...request, ...ends];
  return [instruction(LOAD, ARCHITECTURE), instruction(IF_EQUAL, architecture, 0, rest.length), ...rest];
}

/** @param then, otherwise how many instructions are passed over */
function instruction(code: number, value: number, then = 0, otherwise = 0): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(then, 2);
  bytes.writeUInt8(otherwise, 3);
  bytes.writeUInt32LE(value, 4);
  return bytes;
}
