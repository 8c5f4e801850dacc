/**
 * The operating system's key store: Keychain on macOS, Credential Manager on Windows, a Secret
 * Service (GNOME Keyring, KWallet, KeePassXC) on Linux. There it is pinned: left to itself the library
 * falls back to the kernel's key ring, which a reboot empties.
 */
import type { AsyncEntry } from "@napi-rs/keyring";
import { Failure } from "../core/failure.ts";

const SERVICE = "toolkey";

// A key store that needs a person may take a while; one without a D-Bus service never answers.
const TIMEOUT_MS = 60_000;

/** The secret kept for an account, or undefined. @throws Failure `unavailable` */
export async function readKeychain(account: string): Promise<string | undefined> {
  return (await attempt(async () => (await entry(account)).getPassword())) ?? undefined;
}

/** Keeps a secret for an account. @throws Failure `unavailable` */
export async function writeKeychain(account: string, secret: string): Promise<void> {
  await attempt(async () => (await entry(account)).setPassword(secret));
}

/** Removes what is kept for an account. @throws Failure `unavailable` */
export async function removeFromKeychain(account: string): Promise<void> {
  await attempt(async () => (await entry(account)).deletePassword());
}

// Loaded when it is needed: a daemon whose key is elsewhere starts sooner without.
async function entry(account: string): Promise<AsyncEntry> {
  const { AsyncEntry } = await import("@napi-rs/keyring");
  return new AsyncEntry(SERVICE, account, { linux: { store: "secret-service" } });
}

async function attempt<T>(action: () => Promise<T>): Promise<T> {
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
