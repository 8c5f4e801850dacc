/** `credentials.json`, `source_credentials.json` and `remotes.json` of Conan's home. Pure. */
import type { Node } from "jsonc-parser";
import { Failure } from "../../core/failure.ts";
import { Secret } from "../../core/secret.ts";
import { entriesAt, entryPieces, readJsonTree, textIn } from "../plaintext/json.ts";
import { bareUrl, isSecretName, reported, type PlaintextSecret } from "../plaintext/plaintext-secret.ts";
import { lineAt } from "../plaintext/text-lines.ts";

/** What Jinja puts there: Conan renders these files first. */
const TEMPLATE = /\{[{%]/;

/** Logins by the name of a remote. @throws Failure `unavailable` with line and column */
export function findInConanCredentials(text: string): PlaintextSecret[] {
  const all = entriesAt(readJsonTree(text), "credentials");
  const isWhole = (node: Node): boolean => secretIn(node, "password") !== undefined && textIn(node, "remote") !== undefined;
  const pieces = entryPieces(text, all, (node) => isWhole(node) && hasName(node));
  return all.flatMap((node): PlaintextSecret[] => {
    const [name, username, secret] = [textIn(node, "remote"), textIn(node, "user"), secretIn(node, "password")];
    if (name === undefined || secret === undefined) return [];
    const found = { tool: "conan", name, url: undefined, line: lineAt(text, node.offset), secret };
    if (!hasName(node)) return [reported({ ...found, username: undefined, stays: "it has no user name" })];
    return [{ ...found, username, stays: undefined, pieces: pieces.get(node) ?? [] }];
  });
}

/** Logins by URL for sources, for which nobody asks us. @throws as `findInConanCredentials` */
export function findInSourceCredentials(text: string): PlaintextSecret[] {
  return entriesAt(readJsonTree(text), "credentials").flatMap((node) => {
    const url = bareUrl(textIn(node, "url") ?? "");
    return ["token", "password"].flatMap((key) => {
      const secret = secretIn(node, key);
      if (secret === undefined) return [];
      const found = { tool: "conan", name: url ?? "source", url, username: undefined, line: lineAt(text, node.offset), secret };
      return [reported({ ...found, stays: "conan asks nobody for what is for sources" })];
    });
  });
}

/** The URLs of remotes, by name; nothing of what can't be read. */
export function remotesIn(text: string): ReadonlyMap<string, string> {
  try {
    const remotes = entriesAt(readJsonTree(text), "remotes").map((node) => [textIn(node, "name"), textIn(node, "url")] as const);
    return new Map(remotes.filter((entry): entry is readonly [string, string] => entry[0] !== undefined && entry[1] !== undefined));
  } catch (error) {
    if (error instanceof Failure) return new Map();
    throw error;
  }
}

function secretIn(node: Node, key: string): Secret | undefined {
  const text = textIn(node, key);
  return text === undefined || text === "" || TEMPLATE.test(text) ? undefined : new Secret(text);
}

function hasName(node: Node): boolean {
  const user = textIn(node, "user");
  return user !== undefined && user !== "" && !isSecretName(user) && !TEMPLATE.test(user);
}
