/**
 * The operating system's key store: on macOS the person's default keychain, on Linux a Secret Service (GNOME Keyring, KWallet, KeePassXC).
 * There it is pinned: left to itself the library falls back to the kernel's key ring, which a reboot empties.
 *
 * Each question is a process of its own (`keychain-process.ts`): the library stays with the D-Bus that it has met first, and
 * the daemon outlives sessions.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../core/failure.ts";
import { NO_DEBUGGER } from "./processes/no-debugger.ts";
import type { Environment } from "./paths.ts";

const BUS = "DBUS_SESSION_BUS_ADDRESS";

/** On macOS a session without a screen (ssh) has a keychain that is locked, and nobody to ask: security(1). */
const HINT =
  process.platform === "darwin"
    ? "unlock it and try again; without a screen, by 'security unlock-keychain'"
    : "it needs a Secret Service on the session's D-Bus, unlocked: GNOME Keyring, KWallet or KeePassXC";

// A key store that needs a person may take a while; one without a D-Bus service never answers.
const TIMEOUT_MS = 60_000;

/** The secret kept for an account, or undefined. @throws Failure `unavailable` */
export async function readKeychain(account: string, environment: Environment): Promise<string | undefined> {
  return (await attempt("read", account, "", environment)) || undefined;
}

/** Keeps a secret for an account. @throws Failure `unavailable` */
export async function writeKeychain(account: string, secret: string, environment: Environment): Promise<void> {
  await attempt("write", account, secret, environment);
}

/** Removes what is kept for an account. @throws Failure `unavailable` */
export async function removeFromKeychain(account: string, environment: Environment): Promise<void> {
  await attempt("remove", account, "", environment);
}

/**
 * The address of the session's D-Bus: of the session that asks, unless that has ended, else the person's, where there is one.
 * Source: sd_bus_default_user(3).
 */
export function sessionBus(environment: Environment): string | undefined {
  const runtimes = [environment["XDG_RUNTIME_DIR"], `/run/user/${process.getuid?.() ?? 0}`].filter((directory) => directory !== undefined);
  const addresses = [environment[BUS] ?? "", ...runtimes.map((directory) => `unix:path=${directory}/bus`)];
  return addresses.find((address) => address !== "" && mayBeThere(address));
}

function mayBeThere(address: string): boolean {
  const path = /^unix:(?:[^;]*,)?path=([^,;]*)/.exec(address)?.[1];
  return path === undefined || existsSync(decodeURIComponent(path));
}

/** What the process says; it is given the secret, and gives it back, by pipes. */
function attempt(operation: "read" | "write" | "remove", account: string, secret: string, environment: Environment): Promise<string> {
  const program = join(import.meta.dirname, "keychain-process.cjs");
  const env = {
    HOME: environment["HOME"],
    PATH: environment["PATH"],
    XDG_RUNTIME_DIR: environment["XDG_RUNTIME_DIR"],
    [BUS]: sessionBus(environment),
  };
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      [NO_DEBUGGER, program, operation, account],
      { env, cwd: "/", timeout: TIMEOUT_MS },
      (error, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        const reason = error.killed === true ? `no answer within ${TIMEOUT_MS / 1000} s` : inShort(stderr);
        reject(
          new Failure("unavailable", `the key store of this system can't be used: ${reason}`, {
            hint: HINT,
          }),
        );
      },
    );
    // It may have ended before it has read anything.
    child.stdin?.on("error", () => undefined).end(secret);
  });
}

// D-Bus explains at length why nobody answers.
function inShort(message: string): string {
  if (/D-?Bus|dbus|org\.freedesktop/i.test(message)) return "there is no Secret Service on this session's D-Bus";
  return message.split("\n", 1)[0] ?? message;
}
