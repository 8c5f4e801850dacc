import { Secret } from "../../core/secret.ts";
import { isReference, isSecretName, reported, type PlaintextSecret } from "../plaintext/plaintext-secret.ts";
import { lineAt } from "../plaintext/text-lines.ts";
import { mappingAt, readYaml, textAt, type Entry, type Mapping } from "../plaintext/yaml.ts";

/** Those whose value is the secret. */
const ALONE = ["github-oauth", "gitlab-oauth", "gitlab-token", "bearer"];

/**
 * The logins of Composer's `auth.json`, or of `config` in its `config.json` and `composer.json`.
 *
 * @throws Failure as `readYaml`
 */
export function findInComposerAuth(text: string): PlaintextSecret[] {
  const document = readYaml(text);
  return [...findIn(text, document), ...findIn(text, mappingAt(document, "config"))];
}

function findIn(text: string, logins: Mapping): PlaintextSecret[] {
  const basic = mappingAt(logins, "http-basic").flatMap(({ key, value, start, piece }): PlaintextSecret[] => {
    const login = typeof value === "object" ? value : [];
    const [username, password] = [textAt(login, "username"), textAt(login, "password")];
    if (password === undefined || password === "" || isReference(password)) return [];
    const found = { ...placeOf(key), line: lineAt(text, start), secret: new Secret(password) };
    if (username === undefined || username === "" || isSecretName(username))
      return [reported({ ...found, username: undefined, stays: "it has no user name" })];
    return [{ ...found, username, stays: undefined, pieces: [piece] }];
  });
  const alone = ALONE.flatMap((kind) => mappingAt(logins, kind).flatMap((entry) => aloneIn(text, kind, entry)));
  const bitbucket = mappingAt(logins, "bitbucket-oauth").flatMap(({ key, value, start }) => {
    const secret = typeof value === "object" ? textAt(value, "consumer-secret") : undefined;
    if (secret === undefined || secret === "") return [];
    const stays = "it is a client's, and no token";
    return [reported({ ...placeOf(key), line: lineAt(text, start), secret: new Secret(secret), username: undefined, stays })];
  });
  return [...basic, ...alone, ...bitbucket];
}

function aloneIn(text: string, kind: string, { key, value, start, piece }: Entry): PlaintextSecret[] {
  const secret = typeof value === "object" ? textAt(value, "token") : value;
  if (secret === undefined || secret === "" || isReference(secret)) return [];
  const found = { ...placeOf(key), line: lineAt(text, start), secret: new Secret(secret), username: undefined };
  // Composer sends these in a header of GitLab's own.
  if (kind === "gitlab-token") return [reported({ ...found, stays: "Composer sends it as PRIVATE-TOKEN, which toolkey has no way for" })];
  return [{ ...found, stays: undefined, pieces: [piece] }];
}

function placeOf(host: string): Pick<PlaintextSecret, "tool" | "name" | "url"> {
  const isHost = /^[^\s/@]+(\/[^\s@]*)?$/.test(host);
  return { tool: "composer", name: isHost ? host : "host", url: isHost ? `https://${host}` : undefined };
}
