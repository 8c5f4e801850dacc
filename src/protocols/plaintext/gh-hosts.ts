import { Secret } from "../../core/secret.ts";
import { reported, type PlaintextSecret } from "./plaintext-secret.ts";
import { lineAt } from "./text-lines.ts";
import { mappingAt, readYaml, textAt, type Mapping } from "./yaml.ts";

/** `hosts.yml` of GitHub's `gh`, which repeats the token of the active account. @throws Failure as `readYaml` */
export function findInGhHosts(text: string): PlaintextSecret[] {
  return readYaml(text).flatMap(({ key: host, value }) => {
    const mapping = typeof value === "object" ? value : [];
    const users = mappingAt(mapping, "users").flatMap((user) =>
      findToken(text, host, user.key, typeof user.value === "object" ? user.value : []),
    );
    return [...users, ...findToken(text, host, textAt(mapping, "user"), mapping)];
  });
}

function findToken(text: string, host: string, username: string | undefined, mapping: Mapping): PlaintextSecret[] {
  const entry = mapping.find(({ key }) => key === "oauth_token");
  if (entry === undefined || typeof entry.value !== "string" || entry.value === "") return [];
  const stays = "not served";
  return [
    reported({
      tool: "gh",
      name: host,
      url: `https://${host}`,
      username,
      secret: new Secret(entry.value),
      line: lineAt(text, entry.start),
      stays,
    }),
  ];
}
