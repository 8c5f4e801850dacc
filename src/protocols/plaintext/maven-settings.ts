/** Maven's `settings.xml`: servers with their passwords, and whatever else may lie there. */
import { Secret } from "../../core/secret.ts";
import { isReference, isSecretName, reported, type PlaintextSecret } from "./plaintext-secret.ts";
import { lineAt } from "./text-lines.ts";
import { childText, elementsAt, readXml, type Element } from "./xml.ts";

/** All that a server may hold to be taken: with more, Maven would still take it from here, but without a password. */
const TAKEN: ReadonlySet<string> = new Set(["id", "username", "password"]);

/** Elements that name a place by an id, as servers do. */
const PLACES: ReadonlySet<string> = new Set(["mirror", "repository", "pluginRepository", "snapshotRepository", "site"]);

const SECRET_NAME = /(password|passphrase|token|secret|apikey|api-key)$/i;
// As plexus-cipher tells what it encrypted: in the first braces that are not escaped.
const ENCRYPTED = /(?<!\\)\{(.*?[^\\])\}/s;

/** The secrets in a `settings.xml`; none in a document that is something else. @throws Failure as `readXml` */
export function findInMavenSettings(text: string): PlaintextSecret[] {
  const root = readXml(text);
  if (root?.name !== "settings") return [];
  return [
    ...elementsAt(root, "servers", "server").flatMap((server) => findInServer(text, server)),
    ...elementsAt(root, "proxies", "proxy").flatMap((proxy) =>
      onlyReported(text, elementsAt(proxy, "password"), childText(proxy, "host") ?? "proxy", "it is for a proxy"),
    ),
    ...elementsAt(root, "profiles", "profile", "properties").flatMap(({ children }) =>
      onlyReported(text, children.filter(({ name }) => SECRET_NAME.test(name)), undefined, "it is a property"),
    ),
  ];
}

/** The URLs that a `settings.xml` or `pom.xml` has for each id. @throws Failure as `readXml` */
export function placesById(text: string): ReadonlyMap<string, readonly string[]> {
  const places = new Map<string, string[]>();
  const visit = (element: Element): void => {
    const id = childText(element, "id");
    const url = childText(element, "url");
    if (PLACES.has(element.name) && id !== undefined && url !== undefined && url !== "" && !isReference(url)) {
      places.set(id, [...(places.get(id) ?? []), url]);
    }
    for (const child of element.children) visit(child);
  };
  const root = readXml(text);
  if (root !== undefined) visit(root);
  return places;
}

/** What is between the braces of an encrypted password. */
export function encryptedPart(password: string): string | undefined {
  return ENCRYPTED.exec(password)?.[1];
}

/** What `settings-security.xml` says: the encrypted master password, or the file that has it. @throws Failure as `readXml` */
export function readSettingsSecurity(text: string): { readonly master: string | undefined; readonly relocation: string | undefined } {
  const root = readXml(text);
  const master = root && childText(root, "master");
  return { master: master === undefined ? undefined : encryptedPart(master), relocation: root && childText(root, "relocation") };
}

function findInServer(text: string, server: Element): PlaintextSecret[] {
  const id = childText(server, "id") ?? "";
  const others = [
    ...onlyReported(text, elementsAt(server, "passphrase"), id, "it is of a private key"),
    ...onlyReported(text, elementsAt(server, "configuration", "httpHeaders", "property", "value"), id, "it is in a header"),
  ];
  const [password, ...more] = elementsAt(server, "password");
  const value = password?.text.trim() ?? "";
  if (password === undefined || value === "" || isReference(value)) return others;
  const username = childText(server, "username");
  const base = { tool: "maven", name: id, url: undefined, secret: new Secret(value), encrypted: encryptedPart(value) !== undefined, line: lineAt(text, password.whole.start) };
  const stays = reasonToStay(server, id, username, more.length > 0);
  if (stays !== undefined) return [reported({ ...base, username: undefined, stays }), ...others];
  const pieces = [server.openTag, ...server.children.map(({ whole }) => whole), server.closeTag];
  return [{ ...base, username, stays: undefined, pieces }, ...others];
}

function reasonToStay(server: Element, id: string, username: string | undefined, isRepeated: boolean): string | undefined {
  if (id === "") return "its server has no id";
  if (isRepeated || server.text.trim() !== "" || server.children.some(({ name }) => !TAKEN.has(name))) {
    return "its server has more settings";
  }
  if (username === undefined || username === "" || isReference(username)) return "it has no user name";
  return isSecretName(username) ? "its user name is the secret" : undefined;
}

function onlyReported(text: string, elements: readonly Element[], name: string | undefined, stays: string): PlaintextSecret[] {
  return elements
    .filter((element) => element.text.trim() !== "" && !isReference(element.text))
    .map((element) =>
      reported({
        tool: "maven",
        name: name ?? element.name,
        url: undefined,
        username: undefined,
        secret: new Secret(element.text.trim()),
        line: lineAt(text, element.whole.start),
        stays,
      }),
    );
}
