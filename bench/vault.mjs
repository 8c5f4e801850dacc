/** Fills a vault with as many tokens as wanted, with the product's own code for its format. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HOST, PASSWORD, USERNAME } from "./credential.mjs";
import { importSource } from "./source.mjs";

const SOURCES = ["src/core/secret", "src/core/target", "src/vault/envelope", "src/vault/format", "src/vault/token-map"];

/**
 * Puts `count` tokens into the vault of a TOOLKEY_HOME with a key file; its daemon must not run. One of
 * them answers for HOST; of the others, one half are for paths of that host, and the rest for as many
 * other hosts.
 */
export async function fillVault(toolkeyHome, count) {
  const { parseTarget, parseIdentityFile, Secret, TokenMap, serializeVault, seal } = await importSource(...SOURCES);
  const identityFile = join(toolkeyHome, "data", "identity.txt");
  const identity = parseIdentityFile(await readFile(identityFile, "utf8"), identityFile);
  const tokens = Array.from({ length: count }, (_, index) => ({
    id: `git-b${index}`,
    tool: "git",
    service: HOST,
    target: parseTarget(targetOf(index)),
    username: index === 0 ? USERNAME : `user-${index}`,
    secret: new Secret(index === 0 ? PASSWORD : `${index}-`.padEnd(40, "0123456789abcdef")),
    facts: { description: `token ${index} of the benchmark` },
    state: "active",
    createdAt: "2025-01-01T00:00:00Z",
    preferred: false,
  }));
  const sealed = await seal(serializeVault({ generation: 1, tokens: new TokenMap(tokens), backups: [], accepted: "" }), [identity]);
  await writeFile(join(toolkeyHome, "data", "vault.age"), sealed, { mode: 0o600 });
}

function targetOf(index) {
  if (index === 0) return `https://${HOST}`;
  return index % 2 === 0 ? `https://${HOST}/nuxeo/git/project-${index}.git` : `https://host-${index}.example.com`;
}
