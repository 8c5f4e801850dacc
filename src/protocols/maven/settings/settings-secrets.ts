/** Maven's `settings.xml`: servers with their passwords, and whatever else may lie there. */
import { SaxesParser } from "saxes";
import { Failure } from "../../../core/failure.ts";
import { isPhantom } from "../../../core/gateway/phantom.ts";
import { Secret } from "../../../core/secret.ts";
import { childrenOf, childText, isFault, parseXml, type Element } from "../../text/xml.ts";
import { isReference, isSecretName, reported, type PlaintextSecret } from "../../plaintext/plaintext-secret.ts";
import { lineAt } from "../../plaintext/text-lines.ts";

/** All that a server may hold to be taken: with more, Maven would still take it from here, but without a password. */
const TAKEN: ReadonlySet<string> = new Set(["id", "username", "password"]);

/** Elements that name a place by an id, as servers do. */
const PLACES: ReadonlySet<string> = new Set(["mirror", "repository", "pluginRepository", "snapshotRepository", "site"]);

const SECRET_NAME = /(password|passphrase|token|secret|apikey|api-key)$/i;
const MAX_ENCRYPTED_LENGTH = 8192;
// As plexus-cipher tells what it encrypted: in the first braces that are not escaped.
const ENCRYPTED = /(?<!\\)\{(.*?[^\\])\}/s;

/** The secrets in a `settings.xml`; none in a document that is something else. @throws Failure as `rootOf` */
export function findInMavenSettings(text: string): PlaintextSecret[] {
  const root = rootOf(text);
  if (root.name !== "settings") return [];
  return [
    ...childrenOf(root, "servers", "server").flatMap((server) => findInServer(text, server)),
    ...childrenOf(root, "proxies", "proxy").flatMap((proxy) =>
      onlyReported(text, childrenOf(proxy, "password"), childText(proxy, "host") ?? "proxy", "it is for a proxy"),
    ),
    ...childrenOf(root, "profiles", "profile", "properties").flatMap(({ children }) =>
      onlyReported(text, children.filter(({ name }) => SECRET_NAME.test(name)), undefined, "it is a property"),
    ),
  ];
}

/** The URLs that a `settings.xml` or `pom.xml` has for each id. @throws Failure as `rootOf` */
export function placesById(text: string): ReadonlyMap<string, readonly string[]> {
  const places = new Map<string, string[]>();
  const visit = (element: Element): void => {
    const id = childText(element, "id");
    const url = childText(element, "url");
    if (PLACES.has(element.name) && id !== undefined && url !== undefined && !isReference(url)) {
      places.set(id, [...(places.get(id) ?? []), url]);
    }
    for (const child of element.children) visit(child);
  };
  visit(rootOf(text));
  return places;
}

/** What is between the braces of an encrypted password. */
export function encryptedPart(password: string): string | undefined {
  return password.length > MAX_ENCRYPTED_LENGTH ? undefined : ENCRYPTED.exec(password)?.[1];
}

/** What `settings-security.xml` says: the encrypted master password, or the file that has it. @throws Failure as `rootOf` */
export function readSettingsSecurity(text: string): { readonly master: string | undefined; readonly relocation: string | undefined } {
  const root = rootOf(text);
  return { master: encryptedPart(childText(root, "master") ?? ""), relocation: childText(root, "relocation") };
}

/**
 * The element that a document is, read strictly: nothing of one that is not well-formed is used.
 *
 * @throws Failure `unavailable` with line and column
 */
function rootOf(text: string): Element {
  const root = parseXml(text, new SaxesParser(), { otherEntities: "fault" });
  if (!isFault(root)) return root;
  // What follows a colon is a name from the text.
  const reason = root.reason.replace(/[:.].*$/s, "");
  throw new Failure("unavailable", `line ${root.line}, column ${root.column}: it is not well-formed XML (${reason})`);
}

function findInServer(text: string, server: Element): PlaintextSecret[] {
  const id = childText(server, "id") ?? "";
  const others = [
    ...onlyReported(text, childrenOf(server, "passphrase"), id, "it is of a private key"),
    ...onlyReported(text, childrenOf(server, "configuration", "httpHeaders", "property", "value"), id, "it is in a header"),
  ];
  const [password, ...more] = childrenOf(server, "password");
  const value = password?.text ?? "";
  if (password === undefined || value === "" || isReference(value) || isPhantom(value)) return others;
  const username = childText(server, "username");
  const base = {
    tool: "maven",
    name: id,
    url: undefined,
    secret: new Secret(value),
    encrypted: encryptedPart(value) !== undefined,
    line: lineAt(text, password.start),
  };
  const stays = reasonToStay(server, id, username, more.length > 0);
  if (stays !== undefined) return [reported({ ...base, username: undefined, stays }), ...others];
  const pieces = [
    { start: server.start, end: server.contentStart },
    ...server.children.map(({ start, end }) => ({ start, end })),
    { start: server.contentEnd, end: server.end },
  ];
  return [{ ...base, username, stays: undefined, pieces }, ...others];
}

function reasonToStay(server: Element, id: string, username: string | undefined, isRepeated: boolean): string | undefined {
  if (id === "") return "its server has no id";
  if (isRepeated || server.text !== "" || server.children.some(({ name }) => !TAKEN.has(name))) {
    return "its server has more settings";
  }
  if (username === undefined || isReference(username)) return "it has no user name";
  return isSecretName(username) ? "its user name is the secret" : undefined;
}

function onlyReported(text: string, elements: readonly Element[], name: string | undefined, stays: string): PlaintextSecret[] {
  return elements
    .filter((element) => element.text !== "" && !isReference(element.text))
    .map((element) =>
      reported({
        tool: "maven",
        name: name ?? element.name,
        url: undefined,
        username: undefined,
        secret: new Secret(element.text),
        line: lineAt(text, element.start),
        stays,
      }),
    );
}
