import type { SettingsDocument } from "./settings-document.ts";
import { childrenOf, childText } from "./xml.ts";

/** The servers of settings whose secret everybody can read who can read the file: neither encrypted nor from a variable. */
export function serversInPlainText({ root }: SettingsDocument): string[] {
  return childrenOf(root, "servers")
    .flatMap((servers) => childrenOf(servers, "server"))
    .filter((server) => [childText(server, "password"), childText(server, "passphrase")].some((secret) => secret !== undefined && !/\{.*\}/s.test(secret)))
    .map((server) => childText(server, "id") ?? "default");
}
