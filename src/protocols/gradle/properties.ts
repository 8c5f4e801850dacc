/**
 * `gradle.properties`: `.properties` of Java's, and the secrets in them. What they are for only the build scripts know that read them, so
 * they stay: such a script fails without its property. Pure.
 *
 * @see https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/Properties.html#load(java.io.Reader)
 */
import { Secret } from "../../core/secret.ts";
import { bareUrl, isReference, isSecretName, reported, type PlaintextSecret } from "../plaintext/plaintext-secret.ts";
import { linesOf } from "../plaintext/text-lines.ts";

interface Property {
  readonly key: string;
  readonly value: string;
  /** Of its first line, from one. */
  readonly line: number;
}

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

/** In the order of the file; a line that ends with a backslash goes on in the next. */
export function readProperties(text: string): Property[] {
  const properties: Property[] = [];
  let open: { text: string; line: number } | undefined;
  for (const { text: raw, number } of linesOf(text)) {
    const content = raw.replace(/^[ \t\f]+/, "");
    if (open === undefined && /^([#!]|$)/.test(content)) continue;
    const line: string = (open?.text ?? "") + content;
    const first: number = open?.line ?? number;
    if (/(^|[^\\])(\\\\)*\\$/.test(content)) {
      open = { text: line.slice(0, -1), line: first };
      continue;
    }
    open = undefined;
    properties.push({ ...keyAndValue(line), line: first });
  }
  return open === undefined ? properties : [...properties, { ...keyAndValue(open.text), line: open.line }];
}

function keyAndValue(line: string): Pick<Property, "key" | "value"> {
  const [, key = "", value = ""] = /^((?:\\.|[^\\=: \t\f])*)[ \t\f]*[=:]?[ \t\f]*(.*)$/s.exec(line) ?? [];
  return { key: unescaped(key), value: unescaped(value) };
}

const ESCAPES: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", f: "\f" };

function unescaped(text: string): string {
  return text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_all, code: string | undefined, character = "") =>
    code === undefined ? (ESCAPES[character as string] ?? String(character)) : String.fromCharCode(parseInt(code, 16)),
  );
}
