/** The person's settings with ours put in, and everything else as it was, byte for byte. */
import { pastGateway, type SettingsProxy } from "../places/proxies.ts";
import { child, escapeXml, isSelfClosing } from "../../text/xml.ts";
import type { SettingsDocument, SettingsMirror } from "./settings-document.ts";

/** What is put into settings. Texts are as Maven is to read them. */
export interface Additions {
  readonly servers: readonly AddedServer[];
  /** Before those that are there: the first that names a repository is taken. No two may have the same id. */
  readonly mirrors: readonly AddedMirror[];
  /** After those that are there. */
  readonly lastMirrors: readonly AddedMirror[];
  /** Mirrors that are there, under a name of ours, and with the URL that was checked. */
  readonly renamed: readonly { readonly mirror: SettingsMirror; readonly id: string; readonly url: string }[];
  /** Properties of a profile that is active. */
  readonly properties: Readonly<Record<string, string>>;
  readonly profile: string;
  /**
   * If it is there, no proxy is asked for the gateway: none of the settings, and none of these, which are of other settings
   * and put in, so that they count instead.
   */
  readonly proxiesPastLoopback: readonly SettingsProxy[] | undefined;
}

export interface AddedServer {
  readonly id: string;
  readonly credentials: { readonly username: string; readonly password: string } | { readonly authorization: string };
}

export interface AddedMirror {
  readonly id: string;
  readonly mirrorOf: string;
  readonly url: string;
}

/** A part of a text that is replaced. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export function mergeSettings(document: SettingsDocument, additions: Additions): string {
  return apply(document.text, settingsEdits(document, additions));
}

/** What of the document is replaced, and by what. No two overlap. */
export function settingsEdits(document: SettingsDocument, additions: Additions): Edit[] {
  const hasProfile = Object.keys(additions.properties).length > 0;
  const properties = Object.entries(additions.properties).map(([name, value]) => tag(name, escapeXml(value))).join("");
  const { proxiesPastLoopback: proxies } = additions;
  const lists = [
    listEdit(document, "proxies", "last", (proxies ?? []).map(repeatedProxy)),
    listEdit(document, "servers", "first", additions.servers.map(serverXml)),
    listEdit(document, "mirrors", "first", additions.mirrors.map(mirrorXml), additions.lastMirrors.map(mirrorXml)),
    // The last of several profiles wins.
    listEdit(
      document,
      "profiles",
      "last",
      hasProfile ? [tag("profile", tag("id", escapeXml(additions.profile)) + tag("properties", properties))] : [],
    ),
    listEdit(document, "activeProfiles", "last", hasProfile ? [tag("activeProfile", escapeXml(additions.profile))] : []),
  ];
  const missing = lists.map((list) => ("missing" in list ? list.missing : "")).join("");
  return [
    ...(proxies === undefined ? [] : document.proxies.filter(({ element }) => !isSelfClosing(element)).map(pastGateway)),
    ...lists.flatMap((list) => ("edits" in list ? list.edits : [])),
    ...additions.renamed.flatMap(renameEdits),
    ...(missing === "" ? [] : [rootEdit(document, missing)]),
  ];
}

function repeatedProxy(proxy: SettingsProxy): string {
  const { start, end, text } = pastGateway(proxy);
  const offset = proxy.element.start;
  return apply(proxy.text, [{ start: start - offset, end: end - offset, text }]);
}

function serverXml({ id, credentials }: AddedServer): string {
  const http = (content: string): string => tag("httpConfiguration", tag("all", content));
  if ("authorization" in credentials) {
    const header = tag("httpHeaders", propertyXml("Authorization", credentials.authorization));
    // Apache's client repeats a header where it is redirected to, at any host.
    const stay = http(tag("params", propertyXml("http.protocol.handle-redirects", "false")));
    return tag("server", tag("id", escapeXml(id)) + tag("configuration", header + stay));
  }
  const login = tag("username", escapeXml(credentials.username)) + tag("password", escapeXml(credentials.password));
  return tag("server", tag("id", escapeXml(id)) + login + tag("configuration", http(tag("usePreemptive", "true"))));
}

function propertyXml(name: string, value: string): string {
  return tag("property", tag("name", escapeXml(name)) + tag("value", escapeXml(value)));
}

function mirrorXml({ id, mirrorOf, url }: AddedMirror): string {
  return tag("mirror", tag("id", escapeXml(id)) + tag("mirrorOf", escapeXml(mirrorOf)) + tag("url", escapeXml(url)));
}

function tag(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}

function listEdit(
  { root }: SettingsDocument,
  name: string,
  where: "first" | "last",
  entries: readonly string[],
  last: readonly string[] = [],
): { edits: readonly Edit[] } | { missing: string } {
  const all = [...entries, ...last];
  if (all.length === 0) return { edits: [] };
  const list = child(root, name);
  if (list === undefined) return { missing: tag(name, all.join("")) };
  if (isSelfClosing(list)) return { edits: [{ start: list.start, end: list.end, text: tag(name, all.join("")) }] };
  return {
    edits: [
      insertion(where === "first" ? list.contentStart : list.contentEnd, entries.join("")),
      insertion(list.contentEnd, last.join("")),
    ],
  };
}

function renameEdits({ mirror: { element }, id, url }: Additions["renamed"][number]): Edit[] {
  const replaced = (name: string, text: string): Edit => {
    const found = child(element, name);
    const whole = tag(name, escapeXml(text));
    return found === undefined ? insertion(element.contentStart, whole) : { start: found.start, end: found.end, text: whole };
  };
  return [replaced("id", id), replaced("url", url)];
}

function rootEdit({ root, text }: SettingsDocument, content: string): Edit {
  // `<settings/>` as a whole: within it there is no place for a comment.
  if (isSelfClosing(root))
    return { start: root.start, end: root.end, text: `${text.slice(root.start, root.end - 2)}>${content}</${root.name}>` };
  return insertion(root.contentEnd, content);
}

function insertion(at: number, text: string): Edit {
  return { start: at, end: at, text };
}

/** Edits at the same place keep their order. */
export function apply(text: string, edits: readonly Edit[]): string {
  let done = 0;
  let result = "";
  for (const { start, end, text: inserted } of edits.toSorted((a, b) => a.start - b.start)) {
    result += text.slice(done, start) + inserted;
    done = end;
  }
  return result + text.slice(done);
}
