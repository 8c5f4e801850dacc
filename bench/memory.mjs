/** The memory of a process, as the kernel counts it, in megabytes. Linux only. */
import { readFile } from "node:fs/promises";

export async function memoryOf(pid) {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const field = (name) => Math.round((Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) * 1024) / 1e5) / 10;
  return { resident: field("VmRSS"), peak: field("VmHWM") };
}
