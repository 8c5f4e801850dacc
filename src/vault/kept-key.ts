/** The key that is kept: read it, make it, put another one in its place. All but reading is done under the vault's lock. */
import { Failure } from "../core/failure.ts";
import type { Secret } from "../core/secret.ts";
import type { Environment, Paths } from "../platform/paths.ts";
import { newIdentity, type VaultIdentity } from "./envelope.ts";
import { findKeySource, unusedSources, type KeySource } from "./key-source.ts";

/** An identity in memory, and whether it is the one that is kept by now. */
export interface HeldKey {
  readonly identity: VaultIdentity;
  /** @throws Failure `unavailable` if that can't be told */
  isKept(): Promise<boolean>;
}

/** Reads the key of a source. @throws as `KeySource.read` */
export async function readKey(source: KeySource, paths: Paths, environment: Environment, passphrase?: Secret): Promise<HeldKey> {
  // Before the key: if that is replaced in between, it seems to be another one, which does no harm.
  const mark = await source.mark();
  return {
    identity: await source.read(passphrase),
    async isKept() {
      const now = await findKeySource(paths, environment);
      if (now.provided) {
        throw new Failure(
          "unavailable",
          `a change of the key of ${paths.vault} was not completed, and whether ${now.where} is the new one or the old one can't be told`,
          {
            hint: "complete it without TOOLKEY_IDENTITY_FILE: toolkey init --rekey",
          },
        );
      }
      return now.where === source.where && (await now.mark()) === mark;
    },
  };
}

/**
 * The key that a source has already (of a vault before, or provided), or a new one kept there.
 *
 * @throws Failure `exists` if another source has a key that would be found in its place, and as `KeySource`
 */
export async function adoptOrMakeKey(
  source: KeySource,
  paths: Paths,
  environment: Environment,
  passphrase: Secret | undefined,
): Promise<HeldKey> {
  await assertFound(source, paths, environment);
  try {
    return await readKey(source, paths, environment, passphrase);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "not-found") throw error;
  }
  const identity = await newIdentity();
  await source.write(identity, passphrase);
  return readBack(identity, source, paths, environment, passphrase);
}

/** Where the key is kept. @throws Failure `denied` if somebody else provides it */
export async function changeableSource(paths: Paths, environment: Environment): Promise<KeySource> {
  const source = await findKeySource(paths, environment);
  if (!source.provided) return source;
  throw new Failure("denied", `the key comes from ${source.where}, which toolkey does not change`, {
    hint: "unset TOOLKEY_IDENTITY_FILE to let toolkey keep the key",
  });
}

/**
 * Keeps a key in the place of the one that is kept: at every instant one of them is found.
 *
 * Keys that nothing uses, which a killed change can leave, are removed first: once the source in use is gone, one
 * of them would be found in the place of the new one.
 */
export async function moveKey(
  next: VaultIdentity,
  { from, to }: { readonly from: KeySource; readonly to: KeySource },
  paths: Paths,
  environment: Environment,
  passphrase: Secret | undefined,
): Promise<HeldKey> {
  for (const unused of await unusedSources(paths, from)) await unused.remove();
  await to.write(next, passphrase);
  const kept = await readBack(next, to, paths, environment, passphrase);
  if (to.where !== from.where) await from.remove();
  return kept;
}

/** What can't be read back would lock the vault for ever. */
async function readBack(
  written: VaultIdentity,
  source: KeySource,
  paths: Paths,
  environment: Environment,
  passphrase: Secret | undefined,
): Promise<HeldKey> {
  const kept = await readKey(source, paths, environment, passphrase);
  if (!kept.identity.equals(written)) throw new Failure("unavailable", `${source.where} did not keep the key`);
  return kept;
}

/** Sources are told apart by what is there: one that would hide the new key must not lie around. */
async function assertFound(source: KeySource, paths: Paths, environment: Environment): Promise<void> {
  const found = await findKeySource(paths, environment);
  if (found.name === "keychain" || found.where === source.where) return;
  if (source.name === "passphrase" && !found.provided) return;
  throw new Failure("exists", `a key from an earlier vault still exists: ${found.where}`, {
    hint: `move it away, or take it for the new vault: toolkey init --key ${found.name}`,
  });
}
