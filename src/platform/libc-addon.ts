/** koffi, which calls the C library, without its own loader: that takes three times as long as all else of it, at each start. */
import { closeSync, openSync, readSync } from "node:fs";
import { createRequire } from "node:module";
import { isAbsolute } from "node:path";
import type koffi from "koffi";
import { Failure } from "../core/failure.ts";

const require = createRequire(import.meta.filename);

/** koffi's packages of addons, which find out by themselves with which C library Node runs. */
const PACKAGES: Readonly<Record<string, () => unknown>> = {
  "darwin-arm64": () => require("@koromix/koffi-darwin-arm64"),
  "darwin-x64": () => require("@koromix/koffi-darwin-x64"),
  "linux-arm64": () => require("@koromix/koffi-linux-arm64"),
  "linux-x64": () => require("@koromix/koffi-linux-x64"),
};

/** Their addons for glibc. */
const FOR_GLIBC: Readonly<Record<string, () => unknown>> = {
  "linux-arm64": () => require("@koromix/koffi-linux-arm64/linux_arm64/koffi.node"),
  "linux-x64": () => require("@koromix/koffi-linux-x64/linux_x64/koffi.node"),
};

/** A function of C that returns a number. */
export type NativeCall = (...values: readonly unknown[]) => number;

/** Where a program says by which loader it is started, in bytes: its ELF header and the first of what follows. */
const BEGINNING = 4096;

/** @throws Failure `unavailable` where there is no build for this system; Error if its package was not installed */
export function loadKoffi(): typeof koffi {
  const system = `${process.platform}-${process.arch}`;
  const load = (hasGlibc() ? FOR_GLIBC[system] : undefined) ?? PACKAGES[system];
  if (load === undefined) throw new Failure("unavailable", `toolkey has no native code for ${system}`);
  return load() as typeof koffi;
}

/** Whether Node surely runs with glibc, as seen at once. False also where Node can't tell which program it is: without /proc. */
function hasGlibc(): boolean {
  if (process.platform !== "linux" || !isAbsolute(process.execPath)) return false;
  const program = openSync(process.execPath, "r");
  try {
    const bytes = Buffer.alloc(BEGINNING);
    readSync(program, bytes);
    return bytes.includes("/ld-linux-");
  } finally {
    closeSync(program);
  }
}
