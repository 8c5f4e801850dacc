/**
 * The operating system's key store: Keychain on macOS, Credential Manager on Windows, a Secret
 * Service (GNOME Keyring, KWallet, KeePassXC) on Linux. There it is pinned: left to itself the library
 * falls back to the kernel's key ring, which a reboot empties.
 */
import type { AsyncEntry } from "@napi-rs/keyring";
import { existsSync } from "node:fs";
import { Failure } from "../core/failure.ts";
import type { Environment } from "./paths.ts";

const SERVICE = "toolkey";
const BUS = "DBUS_SESSION_BUS_ADDRESS";

// A key store that needs a person may take a while; one without a D-Bus service never answers.
const TIMEOUT_MS = 60_000;

/** The secret kept for an account, or undefined. @throws Failure `unavailable` */
export async function readKeychain(account: string, environment: Environment): Promise<string | undefined> {
  return (await attempt(environment, async () => (await entry(account)).getPassword())) ?? undefined;
}

/** Keeps a secret for an account. @throws Failure `unavailable` */
export async function writeKeychain(account: string, secret: string, environment: Environment): Promise<void> {
  await attempt(environment, async () => (await entry(account)).setPassword(secret));
}

/** Removes what is kept for an account. @throws Failure `unavailable` */
export async function removeFromKeychain(account: string, environment: Environment): Promise<void> {
  await attempt(environment, async () => (await entry(account)).deletePassword());
}

// Loaded when it is needed: a daemon whose key is elsewhere starts sooner without.
async function entry(account: string): Promise<AsyncEntry> {
  const { AsyncEntry } = await import("@napi-rs/keyring");
  return new AsyncEntry(SERVICE, account, { linux: { store: "secret-service" } });
}

/** One after the other: the library finds the bus by a variable of the process. */
let before: Promise<unknown> = Promise.resolve();

async function attempt<T>(environment: Environment, action: () => Promise<T>): Promise<T> {
  const bus = sessionBus(environment);
  const result = before.then(() => {
    if (bus !== process.env[BUS]) setOrDelete(BUS, bus);
    return inTime(action);
  });
  before = result.catch(() => undefined);
  return result;
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

function setOrDelete(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

async function inTime<T>(action: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  // A call that has begun can't be cancelled, so the wait for it is what ends.
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS);
  });
  try {
    return await Promise.race([action(), timeout]);
  } catch (error) {
    const reason = error instanceof Error ? inShort(error.message) : "unknown error";
    throw new Failure("unavailable", `the key store of this system can't be used: ${reason}`, {
      hint:
        process.platform === "linux"
          ? "it needs a Secret Service on the session's D-Bus, unlocked: GNOME Keyring, KWallet or KeePassXC"
          : "unlock it and try again",
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}

// D-Bus explains at length why nobody answers.
function inShort(message: string): string {
  if (/D-?Bus|dbus|org\.freedesktop/i.test(message)) return "there is no Secret Service on this session's D-Bus";
  return message.split("\n", 1)[0] ?? message;
}
