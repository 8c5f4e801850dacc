/** The calls of the C library that a terminal needs, through koffi: its modes, and the signals that it stops the background with. */
import { loadKoffi } from "./libc-addon.ts";

const libc = loadKoffi().load(null);
const tcgetattr = libc.func("int tcgetattr(int fd, _Out_ void *modes)");
const tcsetattr = libc.func("int tcsetattr(int fd, int when, const void *modes)");
const setHandler = libc.func("intptr_t signal(int signal, intptr_t handler)");

/** More than any system's `struct termios`. */
const MODES_BYTES = 256;
/** <termios.h>: at once; or once all is written, and what was typed and not read is thrown away. */
const TCSANOW = 0;
const TCSAFLUSH = 2;
const SIGTTIN = 21;
const SIGTTOU = 22;
const SIG_IGN = 1;

/** <asm-generic/termbits.h>, and <sys/termios.h> of macOS: where the local modes and the control characters are, and which. */
const { flags, ECHO, ECHONL, ICANON, IEXTEN, VMIN, VTIME } =
  process.platform === "darwin"
    ? { flags: 24, ECHO: 0x8, ECHONL: 0x10, ICANON: 0x100, IEXTEN: 0x400, VMIN: 32 + 16, VTIME: 32 + 17 }
    : { flags: 12, ECHO: 0x8, ECHONL: 0x40, ICANON: 0x2, IEXTEN: 0x8000, VMIN: 17 + 6, VTIME: 17 + 5 };

/** `struct termios`. Modes are equal if their bytes are. */
export type Modes = Buffer;

/** Undefined if it is no terminal, or is gone. */
export function modesOf(fileDescriptor: number): Modes | undefined {
  const modes = Buffer.alloc(MODES_BYTES);
  return (tcgetattr(fileDescriptor, modes) as number) === 0 ? modes : undefined;
}

/**
 * Sets modes, if the terminal is there. Of a process in the background only while it ignores the stops.
 *
 * @param forgets whether what was typed and not read is thrown away
 */
export function setModes(fileDescriptor: number, modes: Modes, forgets: boolean): void {
  tcsetattr(fileDescriptor, forgets ? TCSAFLUSH : TCSANOW, modes);
}

/**
 * The same modes without echo, and by characters: by lines, a terminal keeps 4095 bytes of one (macOS: 1024), and tokens are
 * longer. Ctrl-C, Ctrl-Z and Ctrl-\ stay the terminal's, so that they reach all that runs in its foreground.
 */
export function unseen(modes: Modes): Modes {
  const changed = Buffer.from(modes);
  changed.writeUInt32LE((modes.readUInt32LE(flags) & ~(ECHO | ECHONL | ICANON | IEXTEN)) >>> 0, flags);
  changed[VMIN] = 1;
  changed[VTIME] = 0;
  return changed;
}

/** Until the returned function is called, reading in the background is an error (EIO) and no stop, and setting modes is allowed. */
export function ignoreStops(): () => void {
  const before = [SIGTTIN, SIGTTOU].map((signal) => [signal, setHandler(signal, SIG_IGN) as number | bigint] as const);
  return () => {
    for (const [signal, handler] of before) setHandler(signal, handler);
  };
}
