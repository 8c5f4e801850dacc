/** `credentials.tfrc.json`, where `terraform login` keeps what it has got if there is no helper. Pure. */
import type { Node } from "jsonc-parser";
import { Secret } from "../../core/secret.ts";
import { entriesAt, entryPieces, keyAndValue, readJsonTree, textIn } from "../plaintext/json.ts";
import { reported, type PlaintextSecret } from "../plaintext/plaintext-secret.ts";
import { lineAt } from "../plaintext/text-lines.ts";

/** @throws Failure `unavailable` with line and column */
export function findInCredentialsFile(text: string): PlaintextSecret[] {
  const hosts = entriesAt(readJsonTree(text), "credentials");
  const pieces = entryPieces(text, hosts, (node) => tokenOf(node) !== undefined && isAlone(node));
  return hosts.flatMap((node) => {
    const token = tokenOf(node);
    if (token === undefined) return [];
    const { key: name } = keyAndValue(node);
    const common = { tool: "terraform", name, url: `https://${name}`, username: undefined };
    const found = { ...common, secret: new Secret(token), line: lineAt(text, node.offset) };
    if (!isAlone(node)) return [reported({ ...found, stays: "there is more than a token" })];
    return [{ ...found, stays: undefined, pieces: pieces.get(node) ?? [] }];
  });
}

function tokenOf(node: Node): string | undefined {
  return textIn(keyAndValue(node).value, "token") || undefined;
}

function isAlone(node: Node): boolean {
  return entriesAt(keyAndValue(node).value).length === 1;
}
