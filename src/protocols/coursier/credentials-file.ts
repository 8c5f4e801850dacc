import { Secret } from "../../core/secret.ts";
import { isReference, isSecretName, reported, type PlaintextSecret } from "../plaintext/plaintext-secret.ts";
import { readProperties } from "../plaintext/properties.ts";
import { lineAt } from "../plaintext/text-lines.ts";

const OF_COURSIER = /^(.*)\.password$/;
/** A call of sbt's, with texts alone: realm, host, user name, password. */
const TEXT = String.raw`\s*"((?:[^"\\\n]|\\.)*)"\s*`;
const IN_SCALA = new RegExp(String.raw`\bCredentials\s*\(${TEXT},${TEXT},${TEXT},${TEXT}\)`, "g");

/** coursier's `credentials.properties`, which wants all of an entry or nothing: `NAME.host`, `NAME.username`, `NAME.password`. */
export function findInCoursierCredentials(text: string): PlaintextSecret[] {
  const properties = readProperties(text);
  return properties.flatMap(({ key, value, line }) => {
    const name = OF_COURSIER.exec(key)?.[1];
    if (name === undefined || value === "" || isReference(value)) return [];
    const own = properties.filter((property) => property.key.startsWith(`${name}.`));
    const valueOf = (word: string): string | undefined => own.findLast((property) => property.key === `${name}.${word}`)?.value;
    return loginOf({ host: valueOf("host"), username: valueOf("username"), value, line }, own);
  });
}

/** sbt's and Ivy's `.credentials`: `host`, `user`, `password`. */
export function findInIvyCredentials(text: string): PlaintextSecret[] {
  const properties = readProperties(text);
  return properties.flatMap(({ key, value, line }) => {
    if (!/^(password|pass|pwd)$/i.test(key) || value === "" || isReference(value)) return [];
    const own = properties.filter((property) => property.key === key || /^(user|username)$/i.test(property.key));
    const username = own.find((property) => property.key !== key)?.value;
    const host = properties.find((property) => /^(host|hostname)$/i.test(property.key))?.value;
    return loginOf({ host, username, value, line }, own);
  });
}

/** Logins that are written in a build's own language. */
export function findInSbt(text: string): PlaintextSecret[] {
  return [...text.matchAll(IN_SCALA)].map((match) => {
    const [, , host = "", , password = ""] = match;
    const line = lineAt(text, match.index);
    return reported({ ...placeOf(host), username: undefined, secret: new Secret(password), line, stays: "it is in a program" });
  });
}

function loginOf(
  { host, username, value, line }: { host: string | undefined; username: string | undefined; value: string; line: number },
  own: readonly { readonly piece: PlaintextSecret["pieces"][number] }[],
): PlaintextSecret[] {
  const found = { ...placeOf(host ?? ""), line, secret: new Secret(value) };
  if (username === undefined || username === "" || isSecretName(username))
    return [reported({ ...found, username: undefined, stays: "it has no user name" })];
  return [{ ...found, username, stays: undefined, pieces: own.map(({ piece }) => piece) }];
}

function placeOf(host: string): Pick<PlaintextSecret, "tool" | "name" | "url"> {
  const isHost = /^[\w.-]+(:\d+)?$/.test(host);
  return { tool: "coursier", name: isHost ? host : "host", url: isHost ? `https://${host}` : undefined };
}
