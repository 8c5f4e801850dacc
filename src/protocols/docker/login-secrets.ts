import type { Node } from "jsonc-parser";
import { Failure } from "../../core/failure.ts";
import { Secret } from "../../core/secret.ts";
import { formatTarget } from "../../core/target.ts";
import { entriesAt, entryPieces, keyAndValue, readJsonTree, textIn } from "../plaintext/json.ts";
import { isSecretName, reported, splitCredential, type PlaintextSecret } from "../plaintext/plaintext-secret.ts";
import { lineAt } from "../plaintext/text-lines.ts";
import { targetOfLogin } from "./server-url.ts";

/** Of a login: what is a secret, or a user name by it. `password` and `username` are of docker's before 1.7. */
const LOGIN: ReadonlySet<string> = new Set(["auth", "password", "identitytoken", "registrytoken"]);
/** The user name by which docker and its helpers mark a token that is exchanged for others (docker/cli `config/types`). */
const IDENTITY = "<token>";

/**
 * The logins in docker's `config.json`, which are also those of podman's family in `auth.json` (containers-auth.json(5)).
 *
 * @throws Failure `unavailable` with line and column
 */
export function findInDockerConfig(text: string): PlaintextSecret[] {
  return entriesAt(readJsonTree(text), "auths").flatMap((entry) => {
    const { key: registry, value: login } = keyAndValue(entry);
    const all = entriesAt(login);
    const found = new Map(all.map((node) => [node, secretIn(text, registry, login, node)]));
    const pieces = entryPieces(text, all, (node) => found.get(node) !== undefined && found.get(node)?.stays === undefined);
    return [...found].flatMap(([node, secret]) => {
      if (secret === undefined) return [];
      return secret.stays === undefined ? [{ ...secret, pieces: pieces.get(node) ?? [] }] : [secret];
    });
  });
}

/** Of one entry of a login. */
function secretIn(text: string, registry: string, login: Node | undefined, entry: Node): PlaintextSecret | undefined {
  const { key, value } = keyAndValue(entry);
  const written = textIn(value);
  const secret = key === "auth" && written !== undefined ? splitCredential(written)?.password : written;
  if (!LOGIN.has(key) || written === undefined || written === "" || secret === "") return undefined;
  const url = urlOf(registry);
  const place = { tool: "docker", name: url ?? "registry", url, line: lineAt(text, entry.offset) };
  const found = { ...place, secret: new Secret(secret ?? written) };
  const left = (stays: string): PlaintextSecret => reported({ ...found, username: undefined, stays });
  if (key === "registrytoken") return left("it is the registry's own, and over soon");
  if (secret === undefined) return left("it is no user name with a secret, in base64");
  // Beside an identity token there is but a user name.
  if (key !== "identitytoken" && textIn(login, "identitytoken")) return undefined;
  const name = key === "identitytoken" ? IDENTITY : (textIn(login, "username") ?? nameIn(textIn(login, "auth")));
  if (name === undefined || isSecretName(name)) return left("it has no user name");
  return { ...found, username: name, stays: undefined, pieces: [] };
}

function nameIn(auth: string | undefined): string | undefined {
  const name = auth === undefined ? undefined : splitCredential(auth)?.username;
  return name === "" ? undefined : name;
}

/** Undefined for what is no registry's. */
function urlOf(registry: string): string | undefined {
  try {
    return formatTarget(targetOfLogin(registry));
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
