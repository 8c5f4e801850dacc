import type { Node } from "jsonc-parser";
import { Secret } from "../../core/secret.ts";
import { entriesAt, entryPieces, keyAndValue, readJsonTree, textIn } from "../plaintext/json.ts";
import { isReference, isSecretName, reported, type PlaintextSecret } from "../plaintext/plaintext-secret.ts";
import { lineAt } from "../plaintext/text-lines.ts";

/** How a login of each kind is written: where its secret is, in an object or alone. */
const KINDS: Readonly<Record<string, string>> = {
  "http-basic": "password",
  "github-oauth": "token",
  "gitlab-oauth": "token",
  "gitlab-token": "token",
  bearer: "token",
  "bitbucket-oauth": "consumer-secret",
};
const STAYS: Readonly<Record<string, string>> = {
  "gitlab-token": "Composer sends it as PRIVATE-TOKEN, which toolkey has no way for",
  "bitbucket-oauth": "it is a client's, and no token",
};

/**
 * The logins of Composer's `auth.json`, or of `config` in its `config.json` and `composer.json`.
 *
 * @throws Failure `unavailable` with line and column
 */
export function findInComposerAuth(text: string): PlaintextSecret[] {
  const root = readJsonTree(text);
  return Object.keys(KINDS).flatMap((kind) => {
    return [...findIn(text, kind, entriesAt(root, kind)), ...findIn(text, kind, entriesAt(root, "config", kind))];
  });
}

function findIn(text: string, kind: string, all: readonly Node[]): PlaintextSecret[] {
  const found = new Map(all.map((node) => [node, loginIn(text, kind, node)]));
  const pieces = entryPieces(text, all, (node) => found.get(node)?.stays === undefined && found.get(node) !== undefined);
  return [...found].flatMap(([node, login]) => {
    if (login === undefined) return [];
    return login.stays === undefined ? [{ ...login, pieces: pieces.get(node) ?? [] }] : [login];
  });
}

function loginIn(text: string, kind: string, node: Node): PlaintextSecret | undefined {
  const { key, value } = keyAndValue(node);
  const secret = textIn(value) ?? textIn(value, KINDS[kind] ?? "");
  if (secret === undefined || secret === "" || isReference(secret)) return undefined;
  const username = kind === "http-basic" ? textIn(value, "username") : undefined;
  const isNameless = kind === "http-basic" && (username === undefined || username === "" || isSecretName(username));
  const found = { ...placeOf(key), line: lineAt(text, node.offset), secret: new Secret(secret) };
  const stays = isNameless ? "it has no user name" : STAYS[kind];
  return stays === undefined ? { ...found, username, stays, pieces: [] } : reported({ ...found, username: undefined, stays });
}

function placeOf(host: string): Pick<PlaintextSecret, "tool" | "name" | "url"> {
  const isHost = /^[^\s/@]+(\/[^\s@]*)?$/.test(host);
  return { tool: "composer", name: isHost ? host : "host", url: isHost ? `https://${host}` : undefined };
}
