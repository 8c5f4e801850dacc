/** Where this process stands with its terminal, as proc_pid_stat(5) says; where there is no /proc, ps(1) does. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

export interface Standing {
  /** The process group: the job of a shell. */
  readonly group: number;
  /** Whether the keys of the terminal go to that group. A process in the background is stopped when it reads. */
  readonly isInForeground: boolean;
  /** `/dev/pts/3`; undefined without a terminal, and where its name can't be told. */
  readonly terminal: string | undefined;
}

export function standing(): Standing {
  return fromProc() ?? fromPs();
}

function fromProc(): Standing | undefined {
  let stat: string;
  try {
    stat = readFileSync("/proc/self/stat", "latin1");
  } catch {
    return undefined;
  }
  // The name of the program, in parentheses, may hold anything.
  const [, , group = 0, , terminal = 0, foreground = 0] = stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number);
  return { group, isInForeground: group === foreground, terminal: deviceName(terminal) };
}

/** The number has the major in bits 8 to 19, the minor in the others; the majors are those of the kernel's devices.txt. */
function deviceName(number: number): string | undefined {
  const major = (number >>> 8) & 0xfff;
  const minor = (number & 0xff) | ((number >>> 12) & 0xfff00);
  if (major >= 136 && major <= 143) return `/dev/pts/${(major - 136) * 256 + minor}`;
  return major === 4 && minor < 64 ? `/dev/tty${minor}` : undefined;
}

function fromPs(): Standing {
  return standingInPs(execFileSync("ps", ["-o", "pgid=,tpgid=,tty=", "-p", String(process.pid)], { encoding: "utf8" }));
}

/** @param text the group, the one in the foreground, and the terminal, as ps(1) of macOS has them: `??` where there is none */
export function standingInPs(text: string): Standing {
  const [group = "", foreground = "", terminal = ""] = text.trim().split(/\s+/);
  return {
    group: Number(group),
    isInForeground: group === foreground,
    terminal: terminal.startsWith("tty") ? `/dev/${terminal}` : undefined,
  };
}
