import { Secret } from "../../core/secret.ts";
import { bareUrl, isReference, isSecretName, reported, splitCredential, type PlaintextSecret } from "../plaintext/plaintext-secret.ts";
import { lineAt } from "../plaintext/text-lines.ts";
import { mappingAt, readYaml, textAt, type Mapping } from "../plaintext/yaml.ts";

const DEFAULT_REGISTRY = "https://registry.yarnpkg.com";

/** `.yarnrc.yml` of yarn 2 and later. @throws Failure as `readYaml` */
export function findInYarnrc(text: string): PlaintextSecret[] {
  const top = readYaml(text);
  const registry = textAt(top, "npmRegistryServer") ?? DEFAULT_REGISTRY;
  return [
    ...findInMapping(text, top, registry),
    ...mappingAt(top, "npmScopes").flatMap(({ value }) => {
      const scope = typeof value === "object" ? value : [];
      return findInMapping(text, scope, textAt(scope, "npmRegistryServer") ?? registry);
    }),
    ...mappingAt(top, "npmRegistries").flatMap(({ key, value }) =>
      findInMapping(text, typeof value === "object" ? value : [], key.startsWith("//") ? `https:${key}` : key),
    ),
  ];
}

function findInMapping(text: string, mapping: Mapping, registry: string): PlaintextSecret[] {
  return mapping.flatMap(({ key, value, start, piece }) => {
    if ((key !== "npmAuthToken" && key !== "npmAuthIdent") || typeof value !== "string") return [];
    if (value === "" || isReference(value)) return [];
    const url = bareUrl(registry);
    const base = { tool: "yarn", name: url ?? "registry", url, line: lineAt(text, start) };
    if (key === "npmAuthToken") return [{ ...base, username: undefined, secret: new Secret(value), stays: undefined, pieces: [piece] }];
    const credential = splitCredential(value);
    if (credential === undefined || credential.username === "" || isSecretName(credential.username)) {
      return [reported({ ...base, username: undefined, secret: new Secret(value), stays: "it has no user name" })];
    }
    return [{ ...base, username: credential.username, secret: new Secret(credential.password), stays: undefined, pieces: [piece] }];
  });
}
