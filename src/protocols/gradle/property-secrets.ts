/**
 * The secrets in `gradle.properties`. What they are for only the build scripts know that read them, so they stay: such a script fails
 * without its property. Pure.
 */
import { Secret } from "../../core/secret.ts";
import { bareUrl, isReference, isSecretName, reported, type PlaintextSecret } from "../plaintext/plaintext-secret.ts";
import { readProperties } from "../plaintext/properties.ts";

/** How properties with secrets end, by what plugins and people call them: `acmePassword`, `artifactory_password`, `nexus.token`. */
const SECRET = /^(.*?)[._-]?(password|passwd|passphrase|token|secret|api[._-]?key|authheadervalue)$/i;
const USER = /^[._-]?(user|username|login)$/i;
const URL_OF = /^[._-]?(url|uri|repo(sitory)?[._-]?url|context[._-]?url)$/i;

export function findInGradleProperties(text: string): PlaintextSecret[] {
  const properties = readProperties(text);
  return properties.flatMap(({ key, value, line }) => {
    const stem = SECRET.exec(key)?.[1];
    if (stem === undefined || value === "" || isReference(value)) return [];
    const beside = (pattern: RegExp): string | undefined =>
      properties.find((other) => other.key.startsWith(stem) && pattern.test(other.key.slice(stem.length)))?.value;
    const username = beside(USER);
    const stays = "only build scripts know what it is for";
    const found = { tool: "gradle", name: key, url: bareUrl(beside(URL_OF) ?? ""), secret: new Secret(value), line, stays };
    return [reported({ ...found, username: username === undefined || isSecretName(username) ? undefined : username })];
  });
}
