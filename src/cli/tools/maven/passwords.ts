import { isAbsolute, join } from "node:path";
import { Failure } from "../../../core/failure.ts";
import type { Secret } from "../../../core/secret.ts";
import { homeOf, type Environment } from "../../../platform/paths.ts";
import { readExactFile } from "../../../platform/files/text-file.ts";
import { encryptedPart, readSettingsSecurity } from "../../../protocols/maven/settings/settings-secrets.ts";
import type { PlaintextSecret } from "../../../protocols/plaintext/plaintext-secret.ts";
import { decryptMaster, decryptPassword } from "./plexus-cipher.ts";

/** How often one `settings-security.xml` may lead to another. */
const MAX_RELOCATIONS = 5;

/**
 * Secrets with Maven's encrypted passwords in clear. One that can't be decrypted with what is on this machine
 * stays as it is; it is no secret in plain text either.
 */
export async function decryptMavenPasswords(
  secrets: readonly PlaintextSecret[],
  environment: Environment,
): Promise<readonly PlaintextSecret[]> {
  if (secrets.every(({ encrypted }) => encrypted !== true)) return secrets;
  const master = await masterPassword(join(homeOf(environment), ".m2", "settings-security.xml"));
  return secrets.map((found) => {
    if (found.encrypted !== true) return found;
    const secret = master && decryptPassword(encryptedPart(found.secret.reveal()) ?? "", master);
    if (secret !== undefined) return { ...found, secret, encrypted: false };
    return { ...found, stays: found.stays ?? "its master password is not here" };
  });
}

/** @throws Failure `unavailable` if a file on the way can't be read */
async function masterPassword(path: string): Promise<Secret | undefined> {
  let next = path;
  for (let step = 0; step < MAX_RELOCATIONS; step += 1) {
    const file = await readExactFile(next);
    if (file === undefined) return undefined;
    const { master, relocation } = read(next, file.text);
    if (relocation === undefined) return master === undefined ? undefined : decryptMaster(master);
    // Maven takes URLs as well, but none is fetched here.
    if (!isAbsolute(relocation)) return undefined;
    next = relocation;
  }
  return undefined;
}

function read(path: string, text: string): ReturnType<typeof readSettingsSecurity> {
  try {
    return readSettingsSecurity(text);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.code, `${path}, ${error.message}`, { hint: "it was left as it is", cause: error });
  }
}
